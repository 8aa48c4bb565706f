"""Annotation files are read as written, or refused with file, line and cause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.annotations.mit import Bout, find_problems, read_bouts
from homecage.errors import AnnotationError
from homecage.study.behaviors import HOME_CAGE, Vocabulary

VOCABULARY = Vocabulary(behaviors=HOME_CAGE, ignored_labels=("out of sight",))


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
    assert read_bouts(path, VOCABULARY, stop) == bouts
    with pytest.raises(AnnotationError, match="reaches beyond the video"):
        read_bouts(path, VOCABULARY, stop - 1)


def test_a_file_counts_from_one_and_includes_both_ends(write):
    path = write("frame: 00000001-00000019 micromovement\nframe: 00000021-00000021 drink\n")
    assert read_bouts(path, VOCABULARY) == [Bout(0, 19, "micromovement"), Bout(20, 21, "drink")]


def test_a_bout_of_an_ignored_label_keeps_its_place(write):
    bouts = read_bouts(write("frame: 1-9 Out of sight\nframe: 10-12 walk\n"), VOCABULARY)
    assert bouts == [Bout(0, 9, None), Bout(9, 12, "walk")]
    with pytest.raises(
        AnnotationError, match=r"overlaps the bout 1-9 \(an ignored label\) of line 1"
    ):
        read_bouts(write("frame: 1-9 out of sight\nframe: 9-12 walk\n"), VOCABULARY)


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
    assert read_bouts(write(content), VOCABULARY) == [
        Bout(0, 19, "walk"),
        Bout(19, 30, "micromovement"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", r"a\.txt, line 1: found 'hello'; expected a line like 'frame: 00000001-"),
        ("frame: 1-2 rest\n3-4 rest\n", r"line 2: found '3-4 rest'; expected a line like"),
        ("frame: 1-2\n", "line 1: .*expected a line like"),
        ("frame: 1.5-2 rest\n", "line 1: .*expected a line like"),
        ("frame: -1-2 rest\n", "line 1: .*expected a line like"),
        ("frame: ١-٢ rest\n", "line 1: .*expected a line like"),
        ("\n\nframe: 1-2 fly\n", r"line 3: unknown behavior 'fly'; expected one of: drink, eat"),
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
        read_bouts(write(content), VOCABULARY)


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(AnnotationError, match=r"a\.txt: cannot be read \(No such file"):
        read_bouts(tmp_path / "a.txt", VOCABULARY)


def test_a_bout_beyond_the_video(write):
    path = write("frame: 1-10 rest\nframe: 11-101 walk\n")
    message = r"a\.txt, line 2: the bout 11-101 walk reaches beyond the video, which has 100 frames"
    with pytest.raises(AnnotationError, match=message):
        read_bouts(path, VOCABULARY, 100)
    assert read_bouts(path, VOCABULARY, 101) == read_bouts(path, VOCABULARY)


def test_all_problems_of_a_file_are_found(write):
    content = "frame: 1-10 rest\nframe: 5-12 fly\nhello\nframe: 8-12 walk\nframe: 13-99 walk\n"
    problems = [str(problem) for problem in find_problems(write(content), VOCABULARY, 50)]
    assert [problem.split("line ")[1][0] for problem in problems] == ["2", "3", "4", "5"]
    assert len(find_problems(write(content), VOCABULARY)) == 3  # How long the video is is unknown.
    assert find_problems(write("frame: 1-50 rest\n"), VOCABULARY, 50) == []
    assert len(find_problems(write(b"\xff"), VOCABULARY, 50)) == 1
