import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from homecage.sequence.models import Task
from homecage.sequence.sequences import Sequence
from homecage.sequence.windows import (
    plan_windows,
    take_windows,
    weigh_behaviors,
    window_starts,
)
from homecage.storage.frame_tables import UNLABELED

K, DRINK, WALK = 8, 0, 7


def make_task(*sequences):
    return Task(list(sequences), [], K, seed=0)


def make_sequence(codes, video="v", seed=0):
    x = torch.from_numpy(np.random.default_rng(seed).random((len(codes), 3))).half()
    return Sequence(video, x, torch.tensor(list(codes)))


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
    plan = plan_windows(make_task(make_sequence(codes)), 10, 2.0)
    assert len(plan) == 100 and plan["copies"].sum() == 200
    assert plan["copies"].idxmax() == 50
    assert plan.loc[50, "copies"] > 5 * plan["copies"].drop(50).mean()


def test_unlabeled_windows_are_left_out_and_growth_one_duplicates_none():
    codes = np.full(100, UNLABELED)
    codes[20:30] = WALK
    plan = plan_windows(make_task(make_sequence(codes)), 10, 1.0)
    assert plan.to_numpy().tolist() == [["v", 20, 1]]


def test_windows_hold_their_videos_clips():
    a, b = make_sequence(range(7), "a", seed=1), make_sequence(np.arange(23) % 8, "b", seed=2)
    plan = plan_windows(make_task(a, b), 10, 1.0)
    x, codes = take_windows({"a": a, "b": b}, plan, 10)
    assert x.shape == (4, 10, 3) and codes.shape == (4, 10)
    assert torch.equal(x[0, :7], a.x.float()) and (x[0, 7:] == 0).all()
    assert codes[0].tolist() == [0, 1, 2, 3, 4, 5, 6, UNLABELED, UNLABELED, UNLABELED]
    assert torch.equal(x[3], b.x[13:].float())
    assert codes[3].tolist() == (np.arange(13, 23) % 8).tolist()


def test_weights_even_out_behaviors_as_far_as_asked():
    task = make_task(
        make_sequence([WALK] * 90 + [DRINK] * 10 + [UNLABELED] * 50),
        make_sequence([WALK] * 100),
    )
    assert weigh_behaviors(task, 0).tolist() == [1] * 8
    for power in (0.5, 1):
        weights = weigh_behaviors(task, power)
        assert weights[DRINK] / weights[WALK] == pytest.approx((190 / 10) ** power, rel=1e-6)
        assert 190 * weights[WALK] + 10 * weights[DRINK] == pytest.approx(200, rel=1e-6)
        assert (weights[1:7] == 1).all()
