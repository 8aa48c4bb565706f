"""What a file holds is counted in its own words."""

import pytest

from homecage.annotations.contents import Amount, read_contents
from homecage.errors import AnnotationError


def test_labels_are_counted_as_they_are_written(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("frame: 1-10 walk\nframe: 11-11 Sit up/beg \nframe: 21-25 walk\n")
    contents = read_contents(path)
    assert contents.labels == {"walk": Amount(2, 15), "Sit up/beg": Amount(1, 1)}
    assert contents.videos == ()


def test_a_file_that_is_none_is_refused_by_its_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("frame: 1-10 walk\nsomething\n")
    with pytest.raises(AnnotationError, match=r"a\.txt, line 2: found 'something'"):
        read_contents(path)


def test_an_amount_says_what_there_is():
    assert str(Amount(1234, 56789)) == "1,234 bouts, 56,789 frames"
    assert str(Amount(2, 0, 3.14) + Amount(1, 0, 1.0)) == "3 bouts, 4.1 s"


def test_what_goes_by_time_is_measured_in_seconds_and_events_without_a_length_are_none(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "Observation id,Source,Media duration (s),Subject,Behavior,Behavior type,Start (s),Stop (s)\n"
        "day 1,Player #1: videos/mouse 7.mp4,60.0,a,rear,STATE,1.0,3.5\n"
        "day 1,Player #1: videos/mouse 7.mp4,60.0,b,rear,STATE,4.0,4.5\n"
        "day 1,Player #1: videos/mouse 7.mp4,60.0,a,sneeze,POINT,5.0,5.0\n"
    )
    contents = read_contents(path)
    assert contents.labels == {"rear": Amount(2, seconds=3.0)}
    assert contents.videos == ("mouse 7",)
