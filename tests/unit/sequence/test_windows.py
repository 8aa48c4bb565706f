import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from homecage.sequence.windows import Sequence, join_windows, plan_windows, window_starts
from homecage.study.behaviors import BEHAVIORS, UNLABELED

WALK, DRINK = BEHAVIORS.index("walk"), BEHAVIORS.index("drink")


def make_sequence(codes, video="v", seed=0):
    fc6 = torch.from_numpy(np.random.default_rng(seed).random((len(codes), 3))).half()
    return Sequence(video, fc6, np.asarray(codes, np.int64))


@given(st.integers(1, 100), st.integers(2, 30))
def test_windows_cover_a_video_and_stay_inside(n_clips, window_clips):
    starts = window_starts(n_clips, window_clips)
    covered = {c for start in starts for c in range(start, min(start + window_clips, n_clips))}
    assert covered == set(range(n_clips))
    assert all(start + window_clips <= n_clips for start in starts) or n_clips < window_clips
    assert len(set(starts)) == len(starts) == -(-n_clips // window_clips)


def test_windows_with_rare_behaviors_are_duplicated():
    codes = np.full(1000, WALK)
    codes[505:510] = DRINK
    plan = plan_windows([make_sequence(codes)], 10, 2.0, np.random.default_rng(0))
    assert len(plan) == 100 and plan["copies"].sum() == 200
    assert plan["copies"].idxmax() == 50
    assert plan.loc[50, "copies"] > 5 * plan["copies"].drop(50).mean()


def test_unlabeled_windows_are_left_out_and_growth_one_duplicates_none():
    codes = np.full(100, UNLABELED)
    codes[20:30] = WALK
    plan = plan_windows([make_sequence(codes)], 10, 1.0, np.random.default_rng(0))
    assert plan.to_numpy().tolist() == [["v", 20, 1]]


def test_windows_hold_their_videos_clips():
    sequences = [
        make_sequence(range(7), "a", seed=1),
        make_sequence(np.arange(23) % 8, "b", seed=2),
    ]
    plan = plan_windows(sequences, 10, 1.0, np.random.default_rng(0))
    all_fc6, all_codes, clips = join_windows(sequences, plan, 10)
    assert len(all_fc6) == len(all_codes) == 7 + 23 + 1
    fc6, codes = all_fc6[clips], all_codes[clips]
    assert fc6.shape == (4, 10, 3) and codes.shape == (4, 10)
    assert torch.equal(fc6[0, :7], sequences[0].fc6) and (fc6[0, 7:] == 0).all()
    assert codes[0].tolist() == [0, 1, 2, 3, 4, 5, 6, UNLABELED, UNLABELED, UNLABELED]
    assert torch.equal(fc6[3], sequences[1].fc6[13:])
    assert codes[3].tolist() == (np.arange(13, 23) % 8).tolist()
