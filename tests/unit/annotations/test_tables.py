"""Tables by frame and of intervals, BENTO, Caltech and Solomon: each trap in a small file of our own."""

import pytest
from tests.unit.annotations.conftest import list_bouts, list_problems

ONE_HOT = "frame,walk,rest\n0,1,0\n1,1,0\n2,0,1\n3,0,0\n"


@pytest.mark.parametrize(
    "text",
    [
        ONE_HOT,
        ONE_HOT.replace("frame,", ",", 1),
        ONE_HOT.replace("frame,", "Frame,", 1).replace(",", "\t"),
        "frame,walk,rest\n1,1,0\n2,1,0\n3,0,1\n4,0,0\n",  # As DeepAction counts.
        "walk,frame,time_s,rest\n1.0,0,0.00,0.0\n1.0,1,0.04,0.0\n0.0,2,0.08,1.0\n0.0,3,0.12,0.0\n",
        ",background,walk,rest\n0,0,1,0\n1,0,1,0\n2,0,0,1\n3,1,0,0\n",
        ",nose_x,nose_y,nose_p,walk,rest\n0,5.5,1,1,1,0\n1,5,1,0.9,1,0\n2,5,1,0.5,0,1\n3,5,7,1,0,0\n",
    ],
)
def test_a_column_for_each_behavior(read, text):
    found = read(text, n_frames=4)
    assert list_bouts(found) == [(0, 2, "walk"), (2, 3, "rest")]
    assert found.format == "table of 0 and 1 by frame"


def test_what_was_not_labeled_is_no_time_without_a_bout(read):
    found = read(",background,walk,rest\n0,-1,-1,-1\n1,1,0,0\n2,0,1,0\n", n_frames=4)
    assert list_bouts(found) == [(0, 1, None), (2, 3, "walk"), (3, 4, None)]
    assert found.warnings == ("has rows for 3 of 4 frames; the rest are unlabeled",)


def test_background_may_be_a_behavior_of_the_study(read):
    text = ",background,walk\n0,1,0\n1,0,1\n"
    bouts = [(0, 1, "background"), (1, 2, "walk")]
    assert list_bouts(read(text, "walk background", n_frames=2)) == bouts


def test_behaviors_in_one_frame_are_refused_unless_one_is_ignored_or_comes_first(read):
    text = "frame,walk,rest\n0,1,0\n1,1,1\n2,0,1\n"
    (problem,) = list_problems(read(text, n_frames=3))
    assert problem.startswith(
        "the bout frames 1-2 rest overlaps the bout frames 0-1 walk of line 2; "
    )
    assert list_bouts(read(text, "walk run", ignored=("rest",), n_frames=3)) == [
        (0, 2, "walk"),
        (1, 3, None),
    ]
    first = read(text, n_frames=3, priority=("rest", "walk"))
    assert [bout.behavior for bout in first.bouts] == ["walk", "rest"]  # The last one counts.
    first = read(text, n_frames=3, priority=("walk", "rest"))
    assert [bout.behavior for bout in first.bouts] == ["rest", "walk"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE_HOT.replace("2,0,1", "2,0,2"), "found '2' under 'rest'; expected 0, 1 or -1"),
        (ONE_HOT.replace("2,0,1", "2,0,nan"), "found 'nan' under 'rest'; expected 0, 1 or -1"),
        (ONE_HOT.replace("2,0,1", "2,,1"), "found '' under 'walk'; expected 0, 1 or -1"),
        (ONE_HOT.replace("2,0,1", "2,0.5,1"), "found '0.5' under 'walk'"),
        (ONE_HOT.replace("2,0,1", "2,0"), "2 cells under 3 columns"),
        (
            ONE_HOT.replace("2,0,1", "3,0,1"),
            "found frame 3; expected 2: a row for each frame, in their",
        ),
        (
            ONE_HOT.replace("2,0,1", "2.5,0,1"),
            "found '2.5'; expected the number of a frame, which has no",
        ),
        ("frame,walk\n7,1\n", "found frame 7; expected 0 or 1: a row for each frame"),
        ("frame,walk\n", "the file has no bouts"),
        (
            ONE_HOT + "4,0,0\n",
            "5 rows, one a frame, reach beyond the video, which has 4 frames: 1 fewer",
        ),
        ("frame,walk,fly\n0,1,0\n1,0,1\n2,0,0\n3,0,0\n", "unknown behavior 'fly'; "),
        (
            ",nose_x,walk\n0,5.5,5\n",
            "found other values than 0 and 1 under 'walk', the last column",
        ),
    ],
)
def test_a_table_of_0_and_1_with_a_mistake(read, text, message):
    (problem,) = list_problems(read(text, n_frames=4))
    assert message in problem


def test_a_slip_in_a_behavior_does_not_make_it_a_feature(read):
    rows = "".join(f"{n},5.5,{n % 2},0\n" for n in range(1, 20))
    (problem,) = list_problems(read(f",nose_x,walk,rest\n0,5.5,7,0\n{rows}", n_frames=20))
    assert problem == "found '7' under 'walk'; expected 0, 1 or -1"


@pytest.mark.parametrize(
    "text",
    [
        "frame,behavior\n0,walk\n1,Walk \n2,rest\n3,\n",
        "frame\tLabel\n1\twalk\n2\twalk\n3\trest\n4\t\n",
        ",behaviour,comment\n0,walk,a\n1,walk,b\n2,rest,\n3,,\n",
    ],
)
def test_a_label_for_each_frame(read, text):
    found = read(text, n_frames=4)
    assert {
        frame for start, stop, b in list_bouts(found) if b == "walk" for frame in range(start, stop)
    } == {0, 1}
    assert list_bouts(found)[-1] == (2, 3, "rest")
    assert found.format == "table of labels by frame"


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("start_frame,stop_frame,behavior", ["0,25,walk", "25,30,rest"]),
        ("start_s,stop_s,behavior", ["0,1,walk", "1,1.2,rest"]),
        ("Start (s)\tEnd (s)\tLabel", ["0\t1\twalk", "1\t1.2\trest"]),
        ("from,to,type", ["0.0,1.0,walk", "1.0,1.2,rest"]),
        ("behavior,onset,offset", ["walk,0,25", "rest,25,30"]),
        ("behavior,start,stop,start_s,stop_s", ["walk,0,25,9,9.5", "rest,25,30,9.5,10"]),
    ],
)
def test_intervals(read, head, rows):
    found = read("\n".join([head, *rows]))
    assert list_bouts(found) == [(0, 25, "walk"), (25, 30, "rest")]
    assert found.format == "table of intervals"
    assert any("taken for frames" in w for w in found.warnings) == (
        "25" in rows[0] and "_frame" not in head
    )


def test_of_several_videos_in_a_table_the_one_of_this_name_is_taken(read):
    text = "video,start_s,stop_s,behavior\nm1,0,1,walk\nm2,0,2,rest\n"
    assert list_bouts(read(text, video=("M2",))) == [(0, 50, "rest")]
    (problem,) = list_problems(read(text, video=("m3",)))
    assert problem.startswith(
        "for the video 'm3': holds 2 observations and none is of this video by its name: 'm1', 'm2'; "
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2,1,walk", "the bout from 2-1 s ends before it starts"),
        ("-1,1,walk", "found '-1'; expected a number from 0"),
        ("nan,1,walk", "found 'nan'; expected a number"),
        ("0,inf,walk", "found 'inf'; expected a number"),
        ("0,1e300,walk", "found '1e300'; expected a number from 0 to "),
        ("0,1_0,walk", "found '1_0'; expected a number"),
        (",1,walk", "found ''; expected a number"),
        (
            "0,41,walk",
            "the bout 0-41 s (frames 0-1024 from 0) walk reaches beyond the video, which has 1000",
        ),
        ("0,1,", "unknown behavior ''"),
    ],
)
def test_intervals_with_a_mistake(read, row, message):
    (problem,) = list_problems(read(f"start_s,stop_s,behavior\n{row}\n"))
    assert message in problem


@pytest.mark.parametrize("row", ["0,1.5,walk", "1.5,2,walk"])
def test_frames_have_no_fractions(read, row):
    (problem,) = list_problems(read(f"start_frame,stop_frame,behavior\n{row}\n"))
    assert "found '1.5'; expected the number of a frame, which has no fraction" in problem


def test_a_bout_of_no_length_is_left_out_with_a_warning(read):
    found = read("start_s,stop_s,behavior\n1,1,walk\n2,3,rest\n")
    assert list_bouts(found) == [(50, 75, "rest")]
    assert found.warnings == ("1 bout shorter than a frame left out, the first: 'walk', 1-1 s",)


def test_out_of_order_is_warned_of_for_the_chosen_annotator_alone(read):
    text = "start_s,stop_s,behavior,annotator\n0,1,walk,A\n2,3,walk,A\n1,2,rest,B\n"
    assert not read(text, annotator="A").warnings
    found = read(text.replace("1,2,rest,B", "1,2,rest,A"))
    assert found.warnings == (
        "bouts are not in the order of time, in 1 place: 1-2 s of line 4 comes before 2-3 s of line 3; "
        "they are sorted",
    )


BENTO = """\
Bento annotation file
Movie file(s): a.seq

Annotation start frame: 1
Annotation stop frame: 100
Annotation framerate: 25.000000

List of channels:
Ch1

List of annotations:
rest
walk

Ch1----------
>walk
Start\tStop\tDuration
1\t10\t10
20\t20\t1

>rest
Start\tStop\tDuration
11\t19\t9

"""
IN_SECONDS = "0\t0.4\t0.44\n0.8\t0.8\t0.04"


def test_bento_in_frames(read):
    found = read(BENTO)
    assert list_bouts(found) == [(0, 10, "walk"), (10, 19, "rest"), (19, 20, "walk")]
    assert found.format == "BENTO" and not found.warnings
    from_0 = read(BENTO.replace("start frame: 1", "start frame: 0"))
    assert list_bouts(from_0)[0] == (1, 11, "walk")


def test_bento_in_seconds(read):
    text = BENTO.replace("1\t10\t10\n20\t20\t1", IN_SECONDS).replace(
        "11\t19\t9", "0.44\t0.76\t0.36"
    )
    text = text.replace("start frame: 1", "start time: 0.0")
    assert list_bouts(read(text)) == [(0, 11, "walk"), (11, 20, "rest"), (20, 21, "walk")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("11\t19\t9", "10\t19\t10", "the bout 10-19 rest overlaps the bout 1-10 walk of line 18"),
        ("11\t19\t9", "0\t19\t10", "found frame 0; frames of this file count from 1"),
        ("11\t19\t9", "nan\t19\t10", "found 'nan'; expected a number"),
        ("11\t19\t9", "19\t11\t9", "the bout from 19-11 ends before it starts"),
        ("11\t19\t9", "11", "found 1 numbers; expected start, stop and duration"),
        (">walk\n", "walk\n", "found 'walk'; expected a behavior, as '>attack'"),
    ],
)
def test_bento_with_a_mistake(read, old, new, message):
    assert message in list_problems(read(BENTO.replace(old, new)))[0]


def test_channels_are_not_merged(read):
    text = BENTO + "Ch2----------\n>walk\nStart\tStop\tDuration\n5\t6\t2\n"
    assert list_bouts(read(text, subject="Ch2")) == [(4, 6, "walk")]
    (problem,) = list_problems(read(text))
    assert "holds annotations of 2 subjects: 'Ch1' (3 bouts), 'Ch2' (1 bout)" in problem


CALTECH = """\
Caltech Behavior Annotator - Annotation File\r
\r
Configuration file:\r
base\tz\r
walk\ta\r
\r
S1:\tstart\tend\ttype\r
-----------------------------\r
   \t1\t5\tbase\r
   \t6\t10\twalk\r
"""


def test_caltech(read):
    found = read(CALTECH)
    assert list_bouts(found) == [(5, 10, "walk")] and found.format == "Caltech annotator"
    assert list_bouts(read(CALTECH, "walk base")) == [(0, 5, "base"), (5, 10, "walk")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("6\t10", "5\t10", "the bout 5-10 walk overlaps the bout 1-5 rest of line 9"),
        ("6\t10", "0\t10", "frames count from 1, expected no frame 0"),
        ("6\t10", "10\t6", "the bout from 10-6 ends before it starts"),
        ("6\t10", "6", "found '6\\twalk'; expected start, end and type"),
        ("6\t10", "6.5\t10", "found '6.5'; expected the number of a frame"),
    ],
)
def test_caltech_with_a_mistake(read, old, new, message):
    (problem,) = list_problems(read(CALTECH.replace("\tbase", "\trest").replace(old, new)))
    assert message in problem


def test_solomon_by_steps_that_are_no_frames(read):
    text = "Time,Light,Behaviour\n0,,\n0.1,on,walk\n0.2,on,walk\n0.3,,rest\n0.4,,rest\n"
    assert list_bouts(read(text, rate_fps=20)) == [(2, 6, "walk"), (6, 10, "rest")]


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("0.1", "found the time 0.1, which is not after the one before it"),
        ("x", "found 'x'; expected a"),
    ],
)
def test_solomon_with_a_mistake(read, time, message):
    (problem,) = list_problems(read(f"Time,Behaviour\n0,\n0.1,walk\n{time},walk\n"))
    assert message in problem


def test_without_the_times_of_frames_only_labels_are_judged(read):
    text = "start_s,stop_s,behavior\n0,9,walk\n1,2,fly\n"
    (problem,) = list_problems(read(text, n_frames=None))
    assert problem.startswith("unknown behavior 'fly'")
