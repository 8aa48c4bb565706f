import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.evaluate.habits import Habits, observe, pool
from homecage.evaluate.queue import CLIP_S, Doubts
from homecage.storage.frame_tables import UNLABELED, Prediction

BEHAVIORS = ["drink", "eat", "rest"]
NONE = pool([], len(BEHAVIORS))


def say(codes, sure, time_s):
    """Return predictions that give their behavior ``sure`` (T,), and the others the rest."""
    codes = np.asarray(codes, dtype=np.int8)
    sure = np.broadcast_to(np.asarray(sure, np.float32), codes.shape)
    rest = (1 - sure) / (len(BEHAVIORS) - 1)
    probability = np.where(
        np.arange(len(BEHAVIORS)) == codes[:, None], sure[:, None], rest[:, None]
    )
    probability[codes == UNLABELED] = np.nan
    return Prediction(codes, np.asarray(time_s, float), probability.astype(np.float32))


def doubt(said, habits: Habits = NONE):
    return Doubts(said, next(iter(said)), habits, BEHAVIORS)


@st.composite
def videos(draw):
    """Two methods on a video whose frames last different times, some none at all."""
    n_frames = draw(st.integers(1, 150))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    time_s = np.cumsum(rng.choice([0.0, 0.02, 0.1, 0.4], n_frames, p=[0.05, 0.25, 0.6, 0.1]))
    return {
        name: say(rng.integers(least, 3, n_frames), rng.uniform(0.34, 1, n_frames), time_s)
        for name, least in (("one", 0), ("other", UNLABELED))
    }


@settings(max_examples=60, deadline=None)
@given(videos())
def test_clips_are_the_video_and_none_lies_over_another(said):
    doubts = doubt(said)
    clips = doubts.list_clips()
    frames = np.concatenate([np.arange(clip.start, clip.stop) for clip in clips])
    assert sorted(frames) == list(range(len(said["one"].codes)))
    assert clips == doubt(said).list_clips()
    gain = sum(clip.gain for clip in clips)
    assert gain == pytest.approx((1 - doubts.right).sum(), abs=1e-5)
    for clip in clips:
        assert doubts.explain(clip)


@settings(max_examples=60, deadline=None)
@given(videos())
def test_clips_come_by_what_each_second_gains_and_the_best_is_the_best_there_is(said):
    doubts = doubt(said)
    clips = doubts.list_clips()
    lasting = [clip for clip in clips if clip.seconds]
    rates = [clip.gain / clip.seconds for clip in lasting]
    assert rates == sorted(rates, reverse=True)
    wrong, edges_s = 1 - doubts.right, doubts.edges_s
    whole = []
    for start in range(len(wrong)):
        stop = start
        while stop < len(wrong) and edges_s[stop] - edges_s[start] < CLIP_S - 1e-6:
            stop += 1
        if edges_s[stop] - edges_s[start] >= CLIP_S - 1e-6:
            whole.append(wrong[start:stop].sum())
    if whole:
        assert max(clip.gain for clip in clips if clip.seconds >= CLIP_S - 1e-6) == pytest.approx(
            max(whole), abs=1e-5
        )


def test_a_clip_is_two_seconds_around_what_is_doubtful():
    sure = np.ones(300)
    sure[140:150] = 0.5
    (first, *_) = doubt({"one": say(np.ones(300), sure, np.arange(300) / 30)}).list_clips()
    assert first.stop - first.start == 60 and first.start <= 140 and first.stop >= 150
    assert first.gain == pytest.approx(5)


def test_a_chance_is_half_ones_own_and_half_that_of_all():
    said = {"one": say([1, 1], 0.8, [0, 1]), "other": say([2, UNLABELED], 0.9, [0, 1])}
    # What the other gives the first one's behavior is 0.05 at first, and nothing then.
    assert doubt(said).right == pytest.approx([(0.8 + (0.8 + 0.05) / 2) / 2, 0.8])


def test_an_implausible_bout_is_right_at_most_every_other_time():
    habits = observe(np.repeat([1, 2] * 20, 50).astype(np.int8), np.arange(2001) / 10, 3)
    doubts = doubt({"one": say(np.repeat([1, 2], [60, 5]), 0.9, np.arange(65) / 10)}, habits)
    assert doubts.right == pytest.approx(np.repeat([0.9, 0.5], [60, 5]))


def test_a_clip_says_in_plain_words_why():
    habits = observe(np.repeat([1, 2] * 20, 50).astype(np.int8), np.arange(2001) / 10, 3)
    codes = np.repeat([1, 2, 1], [10, 4, 6])
    said = {
        "one": say(codes, np.where(codes == 2, 0.42, 0.9), np.arange(20) / 10),
        "other": say(np.ones(20), 0.9, np.arange(20) / 10),
        "third": say(np.where(codes == 2, 0, codes), 0.9, np.arange(20) / 10),
    }
    doubts = doubt(said, habits)
    (clip,) = doubts.list_clips()
    assert doubts.explain(clip) == (
        "one says rest, but other eat (0.4 s); one is only 42% sure of rest; eat for 1.00 s, eat for 0.60 s:"
        " all 20 annotated bouts of eat last 5.00 s or longer; rest for 0.40 s: all 20 annotated bouts"
        " of rest last 5.00 s or longer"
    )


def test_where_nothing_is_wrong_it_is_what_is_left():
    doubts = doubt({"one": say(np.ones(20), 0.95, np.arange(20) / 10)})
    assert doubts.explain(doubts.list_clips()[0]) == "one is least sure here of what is left"
