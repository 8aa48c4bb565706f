"""Whatever stands in a file, it is read or refused: never another error, and never a bout off the video."""

import gzip

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.annotations.conftest import FORMATS
from tests.unit.annotations.test_boris import (
    AGGREGATED,
    PREAMBLE,
    ROW,
    TWO,
    write_project,
    write_table,
)
from tests.unit.annotations.test_tables import BENTO, CALTECH, ONE_HOT

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import label_frames, read_annotation_file
from homecage.errors import AnnotationError
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import Choice

N_FRAMES = 300
VOCABULARY = Vocabulary(
    behaviors=(Behavior(name="walk", labels=("s", "attack")), Behavior(name="rest"))
)
OWN = [
    "frame: 1-9 walk\nframe: 10-12 rest\n",
    write_project(*ROW, **TWO),
    write_table(("", "walk", "", "START", 1.0), ("", "walk", "", "STOP", 2.0)),
    PREAMBLE,
    AGGREGATED,
    BENTO,
    CALTECH,
    ONE_HOT,
    ",nose_x,walk,rest\n0,5.5,1,0\n1,5.5,0,1\n",
    "frame,behavior\n0,walk\n1,rest\n",
    "start,stop,behavior,annotator\n0,2,walk,A\n",
    "Time,Behaviour\n0,walk\n0.04,rest\n",
    "time,walk\n0,1\n",
]
MOST = 3000
"""Bytes of a seed: the head and some lines of what it holds."""
SEEDS = [text.encode() for text in OWN] + [
    path.read_bytes()[:MOST] for path in sorted(FORMATS.glob("*/*")) if path.is_file()
]
PIECES = [
    *(
        b"",
        b"\n",
        b"\r",
        b",",
        b";",
        b"\t",
        b'"',
        b"-",
        b"-1",
        b"0",
        b"9" * 30,
        b"1e308",
        b"nan",
        b"inf",
    ),
    *(b".5", b"[", b"]", b"{", b"}", b"null", b"true", b"\0", b"\xff", b"\xef\xbb\xbf", b"\\ud800"),
    *(b"\xe2\x80\xa8", b"START", b"STOP", b"POINT", b"NA", b"player #1:a;b|", b"Time", b"frame"),
    *(b">walk", b"S1:", b"----------"),
]


@st.composite
def damage(draw):
    """Take a file, and put pieces in place of stretches of it."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        n_gone = draw(st.integers(0, 12))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
        data = data[:place] + piece + data[place + n_gone :]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "a.csv"


@given(
    data=damage() | st.binary(max_size=60),
    known=st.booleans(),
    choice=st.sampled_from([Choice(), Choice(subject="S1"), Choice(video=("m1",), annotator="A")]),
    priority=st.sampled_from([(), ("walk", "rest")]),
    packed=st.sampled_from([False, False, False, True]),
)
@example(data=b"", known=True, choice=Choice(), priority=(), packed=True)
@settings(max_examples=400)
def test_every_file_is_read_or_refused(path, data, known, choice, priority, packed):
    path.write_bytes(gzip.compress(data) if packed else data)
    time_s = np.arange(N_FRAMES) / 25 if known else None
    options = AnnotationOptions(priority=priority, tolerance_frames=2)
    found = read_annotation_file(path, VOCABULARY, time_s, options, choice)
    assert all(isinstance(problem, AnnotationError) for problem in found.problems)
    assert all(str(problem).startswith(str(path)) for problem in found.problems)
    for text in (*found.warnings, *map(str, found.problems)):
        text.encode()  # It can be printed,
        assert len(text.splitlines()) == 1  # in one line.
    if known and not found.problems:
        assert all(0 <= bout.start < bout.stop <= N_FRAMES for bout in found.bouts)
        assert len(label_frames(found.bouts, N_FRAMES, VOCABULARY)) == N_FRAMES


@pytest.mark.parametrize("text", OWN[:-1])
def test_the_seeds_are_files_of_their_formats(path, text):
    path.write_text(text)
    found = read_annotation_file(path, VOCABULARY, None, AnnotationOptions(), Choice())
    assert found.format
