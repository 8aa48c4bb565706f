"""Annotations of one bout a line are read as written, or refused with file, line and cause."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.annotations.bouts import Bout
from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import read_annotation_file
from homecage.study.behaviors import HOME_CAGE, Vocabulary
from homecage.study.choice import Choice

VOCABULARY = Vocabulary(behaviors=HOME_CAGE, ignored_labels=("out of sight",))


def read(path, n_frames=None, **options):
    time_s = None if n_frames is None else np.arange(n_frames) / 30
    return read_annotation_file(path, VOCABULARY, time_s, AnnotationOptions(**options), Choice())


def read_bouts(path, n_frames=None):
    found = read(path, n_frames)
    assert not found.problems, found.problems
    assert found.format == "MIT text"
    return list(found.bouts)


@pytest.fixture
def write(tmp_path):
    def write_annotation(content):
        path = tmp_path / "a.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_annotation


@given(
    pieces=st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 9), st.sampled_from(VOCABULARY.names)),
        min_size=1,
        max_size=20,
    )
)
def test_bouts_are_read_as_they_were_written(tmp_path_factory, pieces):
    bouts, stop = [], 0
    for gap, length, behavior in pieces:
        bouts.append(Bout(stop + gap, stop + gap + length, behavior))
        stop += gap + length
    path = tmp_path_factory.mktemp("annotations") / "a.txt"
    path.write_text("".join(f"frame: {b.start + 1:08d}-{b.stop:08d} {b.behavior}\n" for b in bouts))
    assert read_bouts(path, stop) == bouts
    (problem,) = read(path, stop - 1).problems
    assert "reaches beyond the video" in str(problem)


def test_a_file_counts_from_one_and_includes_both_ends(write):
    path = write("frame: 00000001-00000019 micromovement\nframe: 00000021-00000021 drink\n")
    assert read_bouts(path) == [Bout(0, 19, "micromovement"), Bout(20, 21, "drink")]


def test_a_bout_of_an_ignored_label_keeps_its_place(write):
    bouts = read_bouts(write("frame: 1-9 Out of sight\nframe: 10-12 walk\n"))
    assert bouts == [Bout(0, 9, None), Bout(9, 12, "walk")]
    (problem,) = read(write("frame: 1-9 out of sight\nframe: 9-12 walk\n")).problems
    assert "overlaps the bout 1-9 (an ignored label) of line 1" in str(problem)


@pytest.mark.parametrize(
    "content",
    [
        "frame: 1-19 walk\nframe: 20-30 head\n",
        "frame: 00000001-00000019 walk\r\n\r\nframe: 00000020-00000030 he\r\n",
        "\ufeffframe: 1-19 walk\n\n\n  frame: 20-30 head",
        "frame:1 - 19\twalk  \n  FRAME :  20-30   Head  \n",
        "frames: 1-19 w\nframe: 20-30 micromovement\n\n",
    ],
)
def test_small_differences_of_form_are_read(write, content):
    found = read(write(content))
    assert list(found.bouts) == [Bout(0, 19, "walk"), Bout(19, 30, "micromovement")]
    assert not found.problems and not found.warnings


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", "a.txt, line 1: found 'hello'; expected a line like 'frame: 00000001-"),
        ("frame: 1-2 rest\n3-4 rest\n", "line 2: found '3-4 rest'; expected a line like"),
        ("frame: 1-2\n", "line 1: found 'frame: 1-2'; expected a line like"),
        ("frame: 1.5-2 rest\n", "line 1: found 'frame: 1.5-2 rest'; expected a line like"),
        ("frame: -1-2 rest\n", "line 1: found 'frame: -1-2 rest'; expected a line like"),
        ("frame: nan-2 rest\n", "line 1: found 'frame: nan-2 rest'; expected a line like"),
        ("frame: ١-٢ rest\n", "expected a line like"),
        ("\n\nframe: 1-2 fly\n", "line 3: unknown behavior 'fly'; expected one of: drink, eat"),
        ("frame: 1-2 grom\n", "line 1: unknown behavior 'grom'; "),
        ("frame: 9-2 rest\n", "line 1: the bout starts at frame 9, after its end at frame 2"),
        ("frame: 0-2 rest\n", "line 1: found 'frame: 0-2 rest'; frames count from 1"),
        (
            "frame: 1-9 rest\nframe: 9-12 walk\n",
            "line 2: the bout 9-12 walk overlaps the bout 1-9 rest of line 1; expected one behavior a "
            "frame",
        ),
        (
            "frame: 1-9 rest\nframe: 5-7 rest\n",
            "line 2: the bout 5-7 rest overlaps the bout 1-9 rest of line 1",
        ),
        (
            "frame: 20-29 rest\nframe: 15-21 walk\n",
            "line 2: the bout 15-21 walk overlaps the bout 20-29 rest of line 1",
        ),
        ("", "a.txt: the file has no bouts: it is empty; expected a line like"),
        (" \n\r\n", "a.txt: the file has no bouts: it is empty"),
    ],
)
def test_a_file_with_a_mistake(write, content, message):
    (problem,) = read(write(content)).problems
    assert message in str(problem)


def test_the_nearest_label_stands_for_all_others(write):
    (problem,) = read(write("frame: 1-2 grom\n")).problems
    assert str(problem).endswith("the nearest label is 'groom'")


def test_all_unknown_labels_are_named_at_once_each_with_the_nearest(write):
    found = read(write("frame: 1-2 grom\nframe: 3-4 walk\nframe: 5-6 walkin\nframe: 7-8 grom\n"))
    (problem,) = found.problems
    assert (
        "line 1: 2 unknown behaviors: 'grom' (nearest: 'groom'), 'walkin' (nearest: 'walk'); "
        in str(problem)
    )
    assert "list each among a behavior's labels, or in ignored_labels" in str(problem)


def test_bouts_out_of_order_are_sorted_with_a_warning(write):
    found = read(write("frame: 20-29 rest\n\nframe: 1-9 walk\n"), 29)
    assert found.bouts == (Bout(0, 9, "walk"), Bout(19, 29, "rest")) and not found.problems
    (warning,) = found.warnings
    assert warning == (
        "bouts are not in the order of time, in 1 place: 1-9 of line 3 comes before 20-29 of line 1; "
        "they are sorted"
    )


def test_a_bout_beyond_the_video(write):
    path = write("frame: 1-10 rest\nframe: 11-101 walk\n")
    (problem,) = read(path, 100).problems
    assert (
        "a.txt, line 2: the bout 11-101 walk reaches beyond the video, which has 100 frames: 1 fewer than "
        "the 101 of the labels" in str(problem)
    )
    assert read_bouts(path, 101) == read_bouts(path)


def test_a_tolerance_cuts_off_what_is_too_long(write):
    path = write("frame: 1-10 rest\nframe: 11-101 walk\nframe: 102-102 rest\n")
    found = read(path, 100, tolerance_frames=2)
    assert found.bouts == (Bout(0, 10, "rest"), Bout(10, 100, "walk")) and not found.problems
    assert found.warnings == ("labels reach 2 frames beyond the video's 100 and are cut off",)
    (problem,) = read(path, 100, tolerance_frames=1).problems
    assert "line 3: the bout 102-102 rest reaches beyond the video, which has 100" in str(problem)


def test_all_problems_of_a_file_are_found(write):
    content = "frame: 1-10 rest\nframe: 5-12 fly\nhello\nframe: 8-12 walk\nframe: 13-99 walk\n"
    problems = [str(problem) for problem in read(write(content), 50).problems]
    assert [problem.split("line ")[1][0] for problem in problems] == ["2", "3", "4", "5"]
    assert len(read(write(content)).problems) == 3  # How long the video is is unknown.
    assert read(write("frame: 1-50 rest\n"), 50).problems == ()
