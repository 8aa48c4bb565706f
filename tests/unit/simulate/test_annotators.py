"""The annotators: what they write can be read back, and they agree as people do."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from homecage.simulate.annotation import annotate, simulate_annotation
from homecage.simulate.annotators import Label
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


def test_group_1_tiles_the_video_in_the_mit_format(tmp_path: Path) -> None:
    options = SimulationOptions()
    path = tmp_path / "sim02day.txt"
    simulate_annotation(video="sim02day", annotator=1, options=options, output=path)
    expected_start = 1
    for line in path.read_text(encoding="ascii").splitlines():
        found = LINE.fullmatch(line)
        assert found, line
        start, stop, behavior = int(found[1]), int(found[2]), found[3]
        assert start == expected_start <= stop
        assert behavior in BEHAVIORS
        expected_start = stop + 1
    assert expected_start == count_frames(options) + 1


def test_group_1_is_the_truth_but_for_boundaries() -> None:
    options = SimulationOptions()
    for video in video_names(options):
        bouts, labels = true_bouts(video, options), annotate(video, 1, options)
        assert [label.behavior for label in labels] == [bout.behavior for bout in bouts]
        shifts = [label.start - bout.start for label, bout in zip(labels, bouts, strict=True)]
        assert 0 < np.abs(shifts).max() <= 15


@pytest.mark.parametrize("seed", range(5))
def test_humans_agree_on_about_72_percent(seed: int) -> None:
    options = SimulationOptions(seed=seed)
    agreed, partial = [], 0
    for video in names_annotated_twice(options):
        n_frames = count_frames(options)
        first = per_frame(annotate(video, 1, options), n_frames)
        second = per_frame(annotate(video, 2, options), n_frames)
        both = second >= 0
        partial += not both.all()
        agreed.append(first[both] == second[both])
    assert 0.69 <= np.concatenate(agreed).mean() <= 0.75
    assert partial < len(agreed)


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
