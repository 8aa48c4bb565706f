"""Annotation files are read as written, or refused with file, line and cause."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.annotations.mit import (
    Bout,
    bouts_to_codes,
    codes_to_bouts,
    find_problems,
    read_bouts,
    read_codes,
    write_bouts,
)
from homecage.errors import AnnotationError
from homecage.study.behaviors import BEHAVIORS, UNLABELED

codes_of_videos = st.lists(
    st.tuples(st.integers(UNLABELED, len(BEHAVIORS) - 1), st.integers(1, 9)), max_size=20
).map(lambda runs: np.repeat([r[0] for r in runs], [r[1] for r in runs]).astype(np.int8))


@pytest.fixture
def write(tmp_path):
    def write_annotation(content):
        path = tmp_path / "a.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_annotation


@settings(deadline=None)
@given(codes=codes_of_videos.filter(lambda codes: (codes != UNLABELED).any()))
def test_bouts_and_codes_come_back_from_their_file(tmp_path_factory, codes):
    path = tmp_path_factory.mktemp("annotations") / "a.txt"
    bouts = codes_to_bouts(codes)
    write_bouts(path, bouts)
    assert read_bouts(path) == bouts
    assert np.array_equal(read_codes(path, len(codes)), codes)


@given(codes=codes_of_videos)
def test_bouts_are_the_runs_of_codes(codes):
    bouts = codes_to_bouts(codes)
    assert np.array_equal(bouts_to_codes(bouts, len(codes)), codes)
    for bout, following in pairwise(bouts):
        assert bout.start < bout.stop <= following.start
        assert bout.stop < following.start or bout.behavior != following.behavior


def test_a_file_counts_from_one_and_includes_both_ends(write):
    path = write("frame: 00000001-00000019 micromovement\nframe: 00000020-00000020 drink\n")
    assert read_bouts(path) == [Bout(0, 19, "micromovement"), Bout(19, 20, "drink")]
    codes = read_codes(path, 25)
    assert codes.dtype == np.int8
    expected = (
        [BEHAVIORS.index("micromovement")] * 19 + [BEHAVIORS.index("drink")] + [UNLABELED] * 5
    )
    assert codes.tolist() == expected


def test_files_are_written_in_the_form_of_the_data_set(tmp_path):
    write_bouts(tmp_path / "a.txt", [Bout(0, 19, "micromovement")])
    assert (tmp_path / "a.txt").read_bytes() == b"frame: 00000001-00000019 micromovement\n"


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
    assert read_bouts(write(content)) == [Bout(0, 19, "walk"), Bout(19, 30, "micromovement")]


def test_gaps_are_unlabeled(write):
    codes = read_codes(write("frame: 3-4 rest\nframe: 7-7 rest\n"), 8)
    rest = BEHAVIORS.index("rest")
    assert codes.tolist() == [-1, -1, rest, rest, -1, -1, rest, -1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", r"a\.txt, line 1: found 'hello'; expected a line like 'frame: 00000001-"),
        ("frame: 1-2 rest\n3-4 rest\n", r"line 2: found '3-4 rest'; expected a line like"),
        ("frame: 1-2\n", "line 1: .*expected a line like"),
        ("frame: 1.5-2 rest\n", "line 1: .*expected a line like"),
        ("frame: -1-2 rest\n", "line 1: .*expected a line like"),
        ("frame: ١-٢ rest\n", "line 1: .*expected a line like"),
        ("\n\nframe: 1-2 fly\n", r"line 3: unknown behavior 'fly'; expected one of: d, drink"),
        ("frame: 9-2 rest\n", r"line 1: the bout starts at frame 9, after its end at frame 2"),
        ("frame: 0-2 rest\n", r"line 1: .*frames count from 1"),
        (
            "frame: 1-9 rest\nframe: 9-12 walk\n",
            r"line 2: the bout 9-12 walk overlaps the bout 1-9 rest of line 1",
        ),
        (
            "frame: 20-29 rest\n\nframe: 1-9 walk\n",
            r"line 3: the bout 1-9 walk comes before the bout 20-29 rest of line 1",
        ),
        ("", r"a\.txt: the file has no bouts; expected a line like"),
        (" \n\r\n", r"a\.txt: the file has no bouts"),
        (b"frame: 1-2 r\xe9st\n", r"a\.txt: not UTF-8 text \(byte 12\)"),
        (b"\xff\xfef\x00r\x00", r"a\.txt: not UTF-8 text"),
    ],
)
def test_a_file_with_a_mistake(write, content, message):
    with pytest.raises(AnnotationError, match=message):
        read_bouts(write(content))


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(AnnotationError, match=r"a\.txt: cannot be read \(No such file"):
        read_bouts(tmp_path / "a.txt")


def test_a_bout_beyond_the_video(write):
    path = write("frame: 1-10 rest\nframe: 11-101 walk\n")
    message = r"a\.txt, line 2: the bout 11-101 walk reaches beyond the video, which has 100 frames"
    with pytest.raises(AnnotationError, match=message):
        read_codes(path, 100)
    assert len(read_codes(path, 101)) == 101
    with pytest.raises(ValueError, match="11-101 walk reaches beyond 100 frames"):
        bouts_to_codes(read_bouts(path), 100)


def test_all_problems_of_a_file_are_found(write):
    content = "frame: 1-10 rest\nframe: 5-12 fly\nhello\nframe: 8-12 walk\nframe: 13-99 walk\n"
    problems = [str(problem) for problem in find_problems(write(content), 50)]
    assert [problem.split("line ")[1][0] for problem in problems] == ["2", "3", "4", "5"]
    assert len(find_problems(write(content), None)) == 3  # The length of the video is unknown.
    assert find_problems(write("frame: 1-50 rest\n"), 50) == []
    assert len(find_problems(write(b"\xff"), 50)) == 1
