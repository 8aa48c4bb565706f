"""Projects and exports of BORIS, each of the traps in a small file of our own."""

import gzip
import json

import pytest
from tests.unit.annotations.conftest import list_bouts, list_problems

CONF = {
    "0": {"type": "State event", "code": "walk"},
    "1": {"type": "State event", "code": "rest"},
    "2": {"type": "Point event", "code": "sniff"},
}
TABULAR = (
    "Observation id,Source,Time offset (s),Media duration (s),"
    "Subject,Behavior,Modifier #1,Behavior type,Time,Image index"
)


def write_project(*events, media=("m1.mp4",), lengths=None, **changed):
    lengths = lengths or {name: 40.0 for name in media}
    observation = {
        "file": {"1": list(media)} if media else {},
        "type": "MEDIA",
        "time offset": 0.0,
        "events": [list(event) for event in events],
        "media_info": {"length": lengths},
        **changed,
    }
    project = {"project_format_version": "7.0", "behaviors_conf": CONF}
    return json.dumps(project | {"observations": {"first": observation}})


def write_table(*rows, offset=0.0, source="player #1:m1.mp4", durations="40.000"):
    """Write rows of (subject, behavior, modifier, kind, time) and, if there is one, frame."""
    lines = [
        f"first,{source},{offset},{durations},{','.join(map(str, row))}{',NA' if len(row) == 5 else ''}"
        for row in rows
    ]
    return "\r\n".join([TABULAR, *lines, ""])


def test_events_are_paired_by_subject_behavior_and_modifiers(read):
    # By behavior alone, the second event would end the first, and the third begin another.
    project = write_project(
        (1.0, "", "walk", "slow", ""),
        (2.0, "", "walk", "fast", ""),
        (3.0, "", "walk", "slow", ""),
        (4.0, "", "walk", "fast", ""),
    )
    found = read(project)
    assert list_bouts(found) == [(25, 75, "walk"), (50, 100, "walk")]
    assert "bouts of one behavior overlap, in 1 place; they are taken as one" in found.warnings


def test_events_of_several_subjects_are_not_paired_and_one_is_chosen(read):
    project = write_project(
        (1.0, "A", "walk", "", ""),
        (2.0, "B", "walk", "", ""),
        (3.0, "A", "walk", "", ""),
        (4.0, "B", "walk", "", ""),
    )
    assert list_bouts(read(project, subject="b")) == [(50, 100, "walk")]
    (problem,) = list_problems(read(project))
    assert "2 subjects: 'A' (1 bout), 'B' (1 bout); name one in the column subject" in problem


def test_events_of_nobody_are_of_any_subject(read):
    project = write_project((1.0, "", "walk"), (2.0, "", "walk"))
    assert list_bouts(read(project, subject="m07")) == [(25, 50, "walk")]
    named = write_project((1.0, "A", "walk"), (2.0, "A", "walk"))
    assert list_bouts(read(named)) == [(25, 50, "walk")]
    (problem,) = list_problems(read(named, subject="m07"))
    assert problem == "has no subject 'm07', which videos.tsv names; it has: 'A'"


def test_events_need_not_be_in_order(read):
    project = write_project((3.0, "", "walk", "", ""), (1.0, "", "walk", "", ""))
    assert list_bouts(read(project)) == [(25, 75, "walk")]


def test_frame_indexes_count_more_than_times(read):
    project = write_project((1.0, "", "walk", "", "", 26), (2.0, "", "walk", "", "", 49))
    found = read(project)
    assert list_bouts(found) == [(26, 49, "walk")] and not any("apart" in w for w in found.warnings)
    far = write_project((1.0, "", "walk", "", "", 50), (2.0, "", "walk", "", "", 99))
    assert (
        "frame indexes and times lie up to 49 frames apart; the indexes count" in read(far).warnings
    )


@pytest.mark.parametrize("frame", ["NA", None, ""])
def test_without_a_frame_index_times_count(read, frame):
    project = write_project((1.0, "", "walk", "", "", frame), (2.0, "", "walk", "", "", frame))
    assert list_bouts(read(project)) == [(25, 50, "walk")]


@pytest.mark.parametrize("start_s", [2.0, 2.02, 2.021])
@pytest.mark.parametrize("rate_fps", [25, 1000])
def test_a_stop_a_millisecond_before_the_next_start_touches_it(read, start_s, rate_fps):
    stop = round(start_s - 0.001, 3)
    rest = (start_s, "", "rest"), (3.0, "", "rest")
    touching = write_project((1.0, "", "walk"), (stop, "", "walk"), *rest)
    walk, after = list_bouts(read(touching, n_frames=4000, rate_fps=rate_fps))
    assert walk[1] == after[0]
    apart = write_project((1.0, "", "walk"), (stop - 0.5, "", "walk"), *rest)
    walk, after = list_bouts(read(apart, n_frames=4000, rate_fps=rate_fps))
    assert walk[1] < after[0]


def test_a_state_that_is_never_stopped_lasts_to_the_end_with_a_warning(read):
    found = read(write_project((1.0, "", "walk", "", "")), n_frames=100)
    assert list_bouts(found) == [(25, 100, "walk")]
    assert (
        "'walk', which starts at 1.000 s, is never stopped; it is ended where the video ends"
        in (found.warnings)
    )


def test_point_events_are_no_bouts(read):
    found = read(
        write_project(
            (1.0, "", "walk", "", ""), (1.5, "", "sniff", "", ""), (2.0, "", "walk", "", "")
        )
    )
    assert list_bouts(found) == [(25, 50, "walk")]
    assert "1 point event left out, which do not last ('sniff': 1)" in found.warnings


def test_the_time_offset_is_taken_off(read):
    events = (11.0, "", "walk", "", ""), (12.0, "", "walk", "", "")
    assert list_bouts(read(write_project(*events, **{"time offset": 10.0}))) == [(25, 50, "walk")]
    problems = list_problems(read(write_project(*events, **{"time offset": 11.5})))
    assert (
        "event 1: found the time 11.0, which lies before the beginning of the video" in problems[0]
    )


TWO = {"media": ("C:\\v\\m0.mp4", "/v/m1.mp4"), "lengths": {"C:\\v\\m0.mp4": 2.0, "/v/m1.mp4": 4.0}}
ROW = (
    (1.0, "", "walk", "", "", 25),
    (3.0, "", "walk", "", "", 25),
    (4.0, "", "rest", "", "", 50),
    (5.0, "", "rest", "", "", 75),
)


@pytest.mark.parametrize(
    ("video", "n_frames", "bouts"),
    [
        ("m0", 50, [(25, 50, "walk")]),  # It goes on in the next video.
        ("m1", 100, [(0, 25, "walk"), (50, 75, "rest")]),  # It came from the last one.
    ],
)
def test_of_several_videos_in_a_row_the_one_of_this_name_is_taken(read, video, n_frames, bouts):
    found = read(write_project(*ROW, **TWO), n_frames=n_frames, video=(video,))
    assert list_bouts(found) == bouts
    assert not found.warnings


def test_several_videos_in_a_row_none_of_which_has_the_name(read):
    (problem,) = list_problems(read(write_project(*ROW, **TWO), video=("m2",)))
    assert problem.startswith(
        "for the video 'm2': the observation is of 2 videos, none of which has this video's name: "
    )


def test_a_state_that_is_open_ends_with_the_video_in_which_it_began(read):
    project = write_project((1.0, "", "walk", "", ""), (3.0, "", "rest", "", ""), **TWO)
    assert list_bouts(read(project, n_frames=50, video=("m0",))) == [(25, 50, "walk")]
    assert list_bouts(read(project, n_frames=100, video=("m1",))) == [(25, 100, "rest")]


def test_several_videos_of_which_the_lengths_are_not_known(read):
    text = write_table(
        ("", "walk", "", "START", 1.0),
        ("", "walk", "", "STOP", 2.0),
        source="player #1:m0.mp4;m1.mp4",
        durations="NA",
    )
    (problem,) = list_problems(read(text, video=("m1",)))
    assert (
        "plays 2 videos one after the other and the file does not say how long each is" in problem
    )


def test_a_video_beside_another_has_its_times(read):
    events = (1.0, "", "walk", "", "", 99), (2.0, "", "walk", "", "", 199)
    project = write_project(*events, file={"1": ["m0.mp4"], "2": ["m1.mp4"]})
    found = read(project, video=("m1",))
    assert list_bouts(found) == [(25, 50, "walk")]
    assert found.warnings[0].startswith("the video was shown on player 2, beside 'm0.mp4'")


def test_a_compressed_project(read):
    project = write_project((1.0, "", "walk", "", ""), (2.0, "", "walk", "", ""))
    assert list_bouts(read(gzip.compress(project.encode()))) == [(25, 50, "walk")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "expected a line like"),
        ('{"a":' * 100_000, "cannot be read as JSON"),
        ("{}", "JSON without observations; expected a project of BORIS"),
        ('{"observations": {"a": 1}}', "observation 'a' is not as BORIS writes it"),
        (write_project((1.0,)), "found '[1.0]'; expected an event of BORIS"),
        (
            write_project(("x", "", "walk")),
            "observation 'first', event 1: found 'x'; expected a number",
        ),
        (write_project((float("nan"), "", "walk")), "found 'nan'; expected a number"),
        (write_project((-1.0, "", "walk")), "found '-1.0'; expected a number from 0"),
        (
            write_project((1.0, "", "walk", "", "", 2.5)),
            "found '2.5'; expected the number of a frame",
        ),
        (write_project((1.0, "", "walk"), **{"time offset": "x"}), "found 'x'; expected a number"),
        (write_project(), "the file has no bouts"),
    ],
)
def test_a_project_with_a_mistake(read, text, message):
    assert message in list_problems(read(text))[0]


def test_a_table_says_what_starts_and_stops(read):
    text = write_table(
        ("", "walk", "a", "START", 1.0),
        ("", "walk", "b", "START", 1.0, 25),
        ("", "sniff", "", "POINT", 1.5),
        ("", "walk", "b", "STOP", 2.0, 50),
        ("", "walk", "a", "STOP", 3.0),
    )
    assert list_bouts(read(text)) == [(25, 50, "walk"), (25, 75, "walk")]
    assert list_bouts(read(text.replace(",0.0,", ",1.0,"))) == [(0, 50, "walk"), (25, 50, "walk")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("", "walk", "", "STOP", 1.0)],
            "found the STOP of 'walk' at 1.000 s (line 2), before which nothing has started",
        ),
        (
            [("", "walk", "", "START", 1.0), ("", "walk", "", "START", 2.0)],
            "found the START of 'walk' at 2.000 s (line 3); expected a STOP, after the START of 'walk' at "
            "1.000 s (line 2)",
        ),
        ([("", "walk", "", "BEGIN", 1.0)], "found 'BEGIN'; expected one of: START, STOP, POINT"),
        ([("", "walk", "", "START", "1,0")], "11 cells under 10 columns"),
        (
            [("", "walk", "", "START", '"1,0"')],
            "found '1,0'; expected a number, with a point and no comma",
        ),
        ([("", "walk", "", "START", 1.0, "1.5")], "found '1.5'; expected the number of a frame"),
    ],
)
def test_a_table_with_a_mistake(read, rows, message):
    assert message in list_problems(read(write_table(*rows)))[0]


PREAMBLE = """\
Observation id,first,,,,,,
,,,,,,,
Media file(s),,,,,,,
Player #1,m1.mp4,,,,,,
"Description","in
two lines",,,,,,
Time offset (s),1.0,,,,,,
variable,value,,,,,,
Time and behavior,x,,,,,,
Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Status
2.0,m1.mp4,40.0,25.0,,walk,,START
3.0,m1.mp4,40.0,25.0,,walk,,STOP
"""


@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_table_under_a_preamble(read, separator):
    found = read(PREAMBLE.replace(",", separator), video=("m1",))
    assert list_bouts(found) == [(25, 50, "walk")]
    assert found.format == "BORIS tabular events" and not found.warnings
    assert found.bouts[0].line == 11


AGGREGATED = """\
Observation id,Subject,Behavior,Behavior type,Start (s),Stop (s),Image index start,Image index stop
first,No focal subject,walk,STATE,1.000,1.999,25,NA
first,No focal subject,rest,STATE,2.000,3.000,NA,74
first,No focal subject,sniff,POINT,2.500,2.500,NA,NA
"""


def test_aggregated_events(read):
    found = read(AGGREGATED)
    assert list_bouts(found) == [(25, 50, "walk"), (50, 74, "rest")]
    assert found.format == "BORIS aggregated events"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1.999", "0.999", "the bout from 1.000 s to 0.999 s ends before it starts"),
        (
            "1.999",
            "2.999",
            "overlaps the bout 1.000 s to 2.999 s (frames 25-74 from 0) walk of line 2",
        ),
        ("1.999", "nan", "found 'nan'; expected a number"),
        ("STATE", "TATE", "found 'TATE'; expected STATE or POINT"),
    ],
)
def test_aggregated_events_with_a_mistake(read, old, new, message):
    assert message in list_problems(read(AGGREGATED.replace(old, new, 1)))[0]
