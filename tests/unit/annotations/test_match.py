"""An annotation is of the video that it names, or that it is called as; a guess is refused with the names."""

from pathlib import Path

import pytest

from homecage.annotations.contents import Contents
from homecage.annotations.match import match_annotations
from homecage.errors import StudyError

NOTHING = Contents({})


def match(videos, *annotations, **named):
    """Match files by name; those in ``named``, with dots for underscores, say of which videos they are."""
    contents = {Path(f"labels/{name}"): NOTHING for name in annotations}
    contents |= {
        Path(f"labels/{name.replace('_', '.')}"): Contents({}, of) for name, of in named.items()
    }
    found = match_annotations([Path(f"videos/{name}") for name in videos], contents)
    return {video.name: annotation.name for video, annotation in found.items()}


@pytest.mark.parametrize(
    ("videos", "annotation", "video"),
    [
        (["day1.mp4", "day2.mp4"], "day1.txt", "day1.mp4"),
        (["day1.mp4", "day10.mp4"], "day10.txt", "day10.mp4"),
        (["day1.mp4", "day10.mp4"], "day10_labels.csv", "day10.mp4"),
        (["day1.mp4", "day10.mp4"], "day1.boris.gz", "day1.mp4"),
        (["day1.mp4", "day1 top.mp4"], "day1 top.csv", "day1 top.mp4"),
        (["a.mp4", "a.b.mp4"], "a.b.txt", "a.b.mp4"),
        (["Day 1.MP4"], "day 1.mp4.annot", "Day 1.MP4"),
        (["gr\u00fcn.mp4"], "gru\u0308n.txt", "gr\u00fcn.mp4"),
        (["(x) %03d.mp4"], "(x) %03d.txt", "(x) %03d.mp4"),
    ],
)
def test_the_video_of_an_annotation(videos, annotation, video):
    assert match(videos, annotation) == {video: annotation}


def test_a_video_may_have_none_and_a_file_may_name_several():
    videos = ["a.mp4", "b.mp4", "c.mp4"]
    assert match(videos, "c.txt", all_boris=("A", "b")) == {
        "a.mp4": "all.boris",
        "b.mp4": "all.boris",
        "c.mp4": "c.txt",
    }
    # A project that names other videos may still be called as one.
    assert match(videos, a_boris=("old name",)) == {"a.mp4": "a.boris"}


@pytest.mark.parametrize(
    ("videos", "annotations", "message"),
    [
        (["day1.mp4"], ["day10.txt"], r"labels/day10\.txt: is of no video, .* as 'day1\.txt'"),
        (["day1.mp4"], ["notes.txt"], r"labels/notes\.txt: is of no video"),
        (
            ["day1.mp4", "day1 top.mp4"],
            ["day1 top labels.csv"],
            r"day1 top labels\.csv: may be of day1\.mp4 or day1 top\.mp4",
        ),
        (
            ["day1.mp4"],
            ["day1.txt", "day1.second.txt"],
            r"day1\.mp4: may have the annotations labels/day1\.txt and labels/day1\.second\.txt.*"
            r"annotator_2",
        ),
    ],
)
def test_a_guess_is_refused_with_the_names(videos, annotations, message):
    with pytest.raises(StudyError, match=message):
        match(videos, *annotations)


def test_all_guesses_are_refused_at_once():
    with pytest.raises(StudyError, match="2 problems"):
        match(["a.mp4"], "b.txt", "c.txt")
