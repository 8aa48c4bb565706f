"""What the mouse does: bouts tile the video, in a realistic imbalance."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.simulate.behaviors import BEHAVIORS
from homecage.simulate.cage import LEFT_X, RATE_FPS, RIGHT_X, sample_cage
from homecage.simulate.habits import habits_of
from homecage.simulate.names import video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import (
    HOPPER_REACH_PX,
    SPOUT_REACH_PX,
    cage_of,
    count_frames,
    simulate_bouts,
    true_bouts,
    x_range,
)

SEEDS = (0, 1, 2)


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), n_frames=st.integers(1, 3000))
def test_bouts_tile_the_video(seed: int, n_frames: int) -> None:
    bouts = simulate_bouts(np.random.default_rng(seed), n_frames)
    assert bouts[0].start == 0 and bouts[-1].stop == n_frames
    for before, after in itertools.pairwise(bouts):
        assert before.stop == after.start
        assert before.behavior != after.behavior
    assert all(bout.start < bout.stop and bout.behavior in BEHAVIORS for bout in bouts)


def test_frame_count_is_exact_at_the_broadcast_rate() -> None:
    assert count_frames(SimulationOptions(seconds=1001.0)) == 30000


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_are_those_of_a_home_cage(seed: int) -> None:
    options = SimulationOptions(seed=seed)
    frames: Counter[str] = Counter()
    videos: Counter[str] = Counter()
    for video in video_names(options):
        bouts = true_bouts(video, options)
        videos.update({bout.behavior for bout in bouts})
        for bout in bouts:
            frames[bout.behavior] += bout.stop - bout.start
    shares = {behavior: frames[behavior] / frames.total() for behavior in BEHAVIORS}
    assert 0.002 < shares["drink"] < 0.01
    assert max(shares.values()) < 0.45
    assert all(share > 0.03 for behavior, share in shares.items() if behavior != "drink")
    assert all(videos[behavior] >= 7 for behavior in BEHAVIORS), videos


def test_drinking_happens_at_the_spout_and_nothing_else_needs_to() -> None:
    """Places are told from where the cage's spout is, as cages differ."""
    options = SimulationOptions()
    places: dict[str, list[float]] = {behavior: [] for behavior in BEHAVIORS}
    for video in video_names(options):
        spout = cage_of(video, options).spout[1][0]
        for bout in true_bouts(video, options):
            places[bout.behavior].append(bout.place.x - spout)
    assert np.ptp(places["drink"]) < 20
    low, high = np.min(places["drink"]), np.max(places["drink"])
    for behavior in ("micromovement", "rear"):  # these happen there, too
        assert any(low <= x <= high for x in places[behavior])


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_differ_in_what_the_mouse_does(seed: int) -> None:
    options = SimulationOptions(seed=seed)
    acted = {video: true_bouts(video, options) for video in video_names(options)}
    missing = {v: {*BEHAVIORS} - {bout.behavior for bout in bouts} for v, bouts in acted.items()}
    assert 2 <= sum(bool(behaviors) for behaviors in missing.values()) <= 11
    # A rest of minutes fits into a video of three.
    longest = max(bout.stop - bout.start for bouts in acted.values() for bout in bouts)
    assert longest >= 65 * RATE_FPS
    for video, bouts in acted.items():
        habits = habits_of(video, options)
        behaviors = {bout.behavior for bout in bouts}
        for goal, behavior in (("thirst", "drink"), ("climb", "hang"), ("feed", "eat")):
            assert goal not in habits.missing or behavior not in behaviors


@given(seed=st.integers(0, 1000), mirrored=st.booleans())
def test_hopper_and_spout_are_in_reach_in_every_cage(seed: int, mirrored: bool) -> None:
    cage = sample_cage(np.random.default_rng(seed), mirrored)
    assert cage.hopper[0][0] > LEFT_X + 30 and cage.hopper[1][0] < RIGHT_X - 10
    low, high = x_range(1)
    assert low <= cage.spout[1][0] - SPOUT_REACH_PX <= high
    for facing in (-1, 1):
        low, high = x_range(facing)
        assert low <= cage.hopper_mouth[0] - facing * HOPPER_REACH_PX <= high
