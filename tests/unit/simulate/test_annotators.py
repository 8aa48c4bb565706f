"""The annotators: what they write can be read back, and they agree as people do."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from homecage.simulate.annotation import annotate, simulate_annotation
from homecage.simulate.annotators import Label, annotate_first, skip_stretches
from homecage.simulate.behaviors import BEHAVIORS
from homecage.simulate.names import names_annotated_twice, video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import count_frames, true_bouts

LINE = re.compile(r"frame: (\d{8})-(\d{8}) (\w+)")


def per_frame(labels: list[Label], n_frames: int) -> NDArray[np.int64]:
    codes = np.full(n_frames, -1)
    for label in labels:
        assert (codes[label.start : label.stop] == -1).all()
        codes[label.start : label.stop] = BEHAVIORS.index(label.behavior)
    return codes


def test_group_1_writes_the_mit_format(tmp_path: Path) -> None:
    options = SimulationOptions()
    video = next(v for v in video_names(options) if not find_skipped(v, options))
    path = tmp_path / "labels.txt"
    simulate_annotation(video=video, annotator=1, options=options, output=path)
    expected_start = 1
    for line in path.read_text(encoding="ascii").splitlines():
        found = LINE.fullmatch(line)
        assert found, line
        start, stop, behavior = int(found[1]), int(found[2]), found[3]
        assert start == expected_start <= stop
        assert behavior in BEHAVIORS
        expected_start = stop + 1
    assert expected_start == count_frames(options) + 1


def find_skipped(video: str, options: SimulationOptions) -> int:
    return int((per_frame(annotate(video, 1, options), count_frames(options)) < 0).sum())


@pytest.mark.parametrize("seed", range(5))
def test_group_1_skips_a_little_of_some_videos(seed: int) -> None:
    options = SimulationOptions(seed=seed)
    skipped = [find_skipped(video, options) for video in video_names(options)]
    assert 0 < np.count_nonzero(skipped) < len(skipped)
    assert max(skipped) <= 0.1 * count_frames(options)


@given(n_frames=st.integers(1, 4000), seed=st.integers(0, 1000))
def test_what_is_not_skipped_stays_as_it_was(n_frames: int, seed: int) -> None:
    edges = [*range(0, n_frames, 70), n_frames]
    labels = [Label(BEHAVIORS[i % 8], *pair) for i, pair in enumerate(itertools.pairwise(edges))]
    left = per_frame(skip_stretches(np.random.default_rng(seed), labels), n_frames)
    kept = left >= 0
    assert (left[kept] == per_frame(labels, n_frames)[kept]).all()
    assert kept.any()


def test_group_1_is_the_truth_but_for_boundaries() -> None:
    options = SimulationOptions()
    for video in video_names(options):
        bouts = true_bouts(video, options)
        labels = annotate_first(np.random.default_rng(0), bouts)
        assert [label.behavior for label in labels] == [bout.behavior for bout in bouts]
        shifts = [label.start - bout.start for label, bout in zip(labels, bouts, strict=True)]
        assert 0 < np.abs(shifts).max() <= 15


def test_humans_agree_on_about_72_percent() -> None:
    shares = [share_agreed(SimulationOptions(seed=seed)) for seed in range(5)]
    assert min(shares) >= 0.65 and max(shares) <= 0.8 and 0.7 <= np.mean(shares) <= 0.75


def share_agreed(options: SimulationOptions) -> float:
    agreed, partial = [], 0
    for video in names_annotated_twice(options):
        n_frames = count_frames(options)
        first = per_frame(annotate(video, 1, options), n_frames)
        second = per_frame(annotate(video, 2, options), n_frames)
        both = second >= 0
        partial += not both.all()
        both &= first >= 0
        agreed.append(first[both] == second[both])
    assert partial < len(agreed)
    return float(np.concatenate(agreed).mean())


def test_group_2_covers_only_part_of_some_videos() -> None:
    options = SimulationOptions(videos=12, videos_annotated_twice=12)
    covered = []
    for video in names_annotated_twice(options):
        labels = annotate(video, 2, options)
        inside = per_frame(labels, count_frames(options)) >= 0
        covered.append(inside.mean())
        edges = np.flatnonzero(np.diff(inside.astype(int)))
        assert len(edges) <= 2  # one piece
    assert min(covered) < 1 and max(covered) == 1
