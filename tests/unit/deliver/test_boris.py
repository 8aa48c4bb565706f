"""BORIS projects: what they hold comes back frame by frame, by a reader of its own and by BORIS."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.annotations.imports import import_annotation
from homecage.annotations.options import AnnotationOptions
from homecage.deliver.boris import choose_keys, describe_project, export_boris
from homecage.deliver.bouts import Scoring
from homecage.deliver.options import ExportOptions
from homecage.report.options import Palette
from homecage.storage.frame_tables import read_annotation, write_times
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import Choice

COLORS = {"drink": "#332288", "rear": "#882255", "rest": "#BBBBBB", "never": "#44AA99"}
RATES = {"PAL": 25.0, "NTSC": 30000 / 1001, "fast": 120.0}


def make_scoring(codes, time_s):
    codes = np.asarray(codes, np.int8)
    probability = np.random.default_rng(0).dirichlet(np.ones(4), len(codes)).astype(np.float32)
    return Scoring(tuple(COLORS), codes, probability, np.asarray(time_s, float))


def describe(scoring):
    return describe_project(
        scoring, name="day 1", media=Path("v.mpg"), description="by net", palette=Palette(COLORS)
    )


def read_back(project, n_frames, time_s=None):
    """Return the behavior of each frame of a project: START and STOP take turns.

    Args:
        project: what the file holds.
        n_frames: the frames of the video.
        time_s: when they are shown; without it frame indexes are believed.
    """
    (observation,) = project["observations"].values()
    names, open_at = [None] * n_frames, {}
    for second, subject, code, modifier, _, index in observation["events"]:
        at = index if time_s is None else int(np.searchsorted(time_s, second - 0.0005))
        if (begun := open_at.pop((subject, code, modifier), None)) is None:
            open_at[subject, code, modifier] = at
        else:
            assert names[begun:at] == [None] * (at - begun)  # No frame has two.
            names[begun:at] = [code] * (at - begun)
    assert not open_at
    return names


def name_all(scoring):
    return [None if code < 0 else scoring.behaviors[code] for code in scoring.codes]


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=60), st.sampled_from([*RATES, "varies"]))
def test_every_frame_comes_back_by_its_index_and_by_its_time(codes, rate):
    draw = np.random.default_rng(len(codes))
    steps = draw.choice([0.004, 0.04, 0.7], len(codes)) if rate == "varies" else 1 / RATES[rate]
    scoring = make_scoring(codes, np.cumsum(np.full(len(codes), steps)) - np.ravel(steps)[0])
    project = json.loads(json.dumps(describe(scoring)))
    assert read_back(project, len(codes)) == name_all(scoring)
    if len(codes) > 1:  # How long a single frame lasts is not known.
        assert read_back(project, len(codes), scoring.time_s) == name_all(scoring)


def read_as_annotation(path, scoring):
    """Read a file as the annotation of a study."""
    vocabulary = Vocabulary(behaviors=tuple(Behavior(name=name) for name in COLORS))
    times, output = path.with_name("times.parquet"), path.with_name("annotation.parquet")
    write_times(times, scoring.time_s)
    import_annotation(
        annotation=path,
        times=times,
        vocabulary=vocabulary,
        options=AnnotationOptions(),
        choice=Choice(),
        output=output,
    )
    return read_annotation(output, list(COLORS)).tolist()


@pytest.mark.parametrize("rate", [*RATES, "varies"])
@pytest.mark.parametrize("how", ["as it is", "without frame indexes", "by keys"])
def test_a_project_is_an_annotation_of_the_same_frames(tmp_path, rate, how):
    draw = np.random.default_rng(3)
    codes = np.repeat(draw.integers(-1, 3, 80), draw.integers(1, 9, 80))
    steps = draw.choice([0.004, 0.04, 0.7], len(codes)) if rate == "varies" else 1 / RATES[rate]
    edges_s = np.append(0, np.cumsum(np.full(len(codes), steps)))
    scoring = make_scoring(codes, edges_s[:-1])
    project = describe(scoring)
    (observation,) = project["observations"].values()
    starts = {event[0] for event in observation["events"][::2]}
    for event in observation["events"]:
        if how == "without frame indexes":
            event.pop()
        if how == "by keys" and event[4] == "" and event[0] in starts:
            event[0] = round(event[0] - 0.001, 3)  # BORIS ends a behavior that another excludes so.
    path = tmp_path / "v.boris"
    path.write_text(json.dumps(project))
    assert read_as_annotation(path, scoring) == codes.tolist()


def test_what_is_corrected_in_boris_comes_back(lab):
    scoring = make_scoring([0] * 20 + [1] * 5 + [0] * 20 + [2] * 15, np.arange(60) / 25)
    lab.predict("v1", scoring.codes, scoring.time_s)
    (path,) = export(lab)
    project = json.loads(path.read_text())
    (events,) = [one["events"] for one in project["observations"].values()]
    # The bout of rear is rest, and the last one begins three frames later.
    for event in events[2:4]:
        event[2] = "rest"
    events[5][0], events[5][5] = 48 / 25, 48
    events[6][0], events[6][5] = 48 / 25, 48
    path.write_text(json.dumps(project))
    assert read_as_annotation(path, scoring) == [0] * 20 + [2] * 5 + [0] * 23 + [2] * 12


def test_a_bout_is_two_events_with_frame_indexes_and_its_confidence_as_the_comment():
    scoring = make_scoring([0, 0, 1, -1, 1], np.arange(5) / 25)
    (observation,) = describe(scoring)["observations"].values()
    first, second, third = (f"{p:.3f}" for p in scoring.bouts["probability"])
    assert observation["events"] == [
        [0.0, "", "drink", "", first, 0],
        [0.08, "", "drink", "", "", 2],
        [0.08, "", "rear", "", second, 2],
        [0.12, "", "rear", "", "", 3],
        [0.16, "", "rear", "", third, 4],
        [0.2, "", "rear", "", "", 5],
    ]


@pytest.mark.parametrize("fps", RATES.values(), ids=RATES)
def test_the_media_are_one_millisecond_longer_than_the_last_stop(fps):
    scoring = make_scoring([0] * 1000, np.arange(1000) / fps)
    (observation,) = describe(scoring)["observations"].values()
    (length_s,) = observation["media_info"]["length"].values()
    assert length_s == pytest.approx(observation["events"][-1][0] + 0.001, abs=1e-9)
    assert observation["media_info"]["fps"]["v.mpg"] == pytest.approx(fps, abs=1e-5)


def test_behaviors_are_states_that_exclude_each_other_with_a_key_and_a_color_each():
    behaviors = describe(make_scoring([0], [0.0]))["behaviors_conf"]
    assert [behaviors[key]["code"] for key in "0123"] == list(COLORS)
    assert behaviors["1"] == {
        "type": "State event",
        "key": "r",
        "code": "rear",
        "description": "",
        "color": "#882255",
        "category": "",
        "modifiers": {},
        "excluded": "drink,rest,never",
        "coding map": "",
    }
    assert choose_keys(["rear", "rest", "RR", "ré 2"]) == ["r", "e", "a", "2"]
    keys = choose_keys([f"b{number}" for number in range(70)])
    assert len(set(filter(None, keys))) == 62


def export(lab, **options):
    export_boris(
        predictions=lab.predictions,
        videos=lab.sheet,
        palette=Palette(COLORS),
        method=lab.method,
        options=ExportOptions(**options),
        output=lab.root / "exports" / lab.method,
    )
    return [lab.root / "exports" / lab.method / f"{row['video']}.boris" for row in lab.rows]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_project_finds_its_video_from_where_it_lies(lab, elsewhere):
    if elsewhere:  # The results are a link to another disk.
        Path("disk/deep/results").mkdir(parents=True)
        lab.root.symlink_to("disk/deep/results")
    lab.predict("v1", [0, 0, 1], name="día 1 ").predict("v2", [1, 1], path="/disk/v 2.avi")
    first, second = export(lab)
    project = json.loads(first.read_text(encoding="ascii"))
    (name,) = project["observations"]  # BORIS takes no spaces at its ends.
    assert name == "día 1"
    (media,) = project["observations"][name]["file"]["1"]
    assert not Path(media).is_absolute()
    assert (first.parent / media).resolve() == Path("data/v1.mpg").resolve()
    assert json.loads(second.read_text())["observations"]["v2"]["file"] == {"1": ["/disk/v 2.avi"]}


def test_short_bouts_go_where_it_is_asked_for(lab):
    lab.predict("v1", [0] * 20 + [1] + [0] * 20)
    counts = []
    for min_bout_s in (None, 0.1):
        (path,) = export(lab, min_bout_s=min_bout_s)
        (observation,) = json.loads(path.read_text())["observations"].values()
        counts.append(len(observation["events"]))
    assert counts == [6, 2]


ORACLE = """
import json, sys
from decimal import Decimal
from boris import config as cfg, export_observation, project_functions
path = sys.argv[1]
_, _, project, _ = project_functions.open_project_json(path)
assert "error" not in project, project
(name,) = project["observations"]
wrong = project_functions.check_project_integrity(project, cfg.S, path, media_file_available=False)
observation = project["observations"][name]
(length,) = observation["media_info"]["length"].values()
parameters = {
    cfg.SELECTED_SUBJECTS: [cfg.NO_FOCAL_SUBJECT],
    cfg.SELECTED_BEHAVIORS: [one["code"] for one in project[cfg.ETHOGRAM].values()],
    "include modifiers": True,
    "time": cfg.TIME_FULL_OBS,
    cfg.START_TIME: Decimal(0),
    cfg.END_TIME: Decimal(str(length)),
}
rows, _ = export_observation.export_aggregated_events(project, parameters, name)
print(json.dumps({"wrong": wrong, "bouts": [[str(r[i]) for i in (11, 14, 15, 18, 19, 22)] for r in rows]}))
"""


def test_boris_itself_finds_every_frame(lab):
    """With ``BORIS_PYTHON`` a Python that has boris-behav-obs 10."""
    python = os.environ.get("BORIS_PYTHON")
    if not python:
        pytest.skip("no BORIS: BORIS_PYTHON names no Python that has boris-behav-obs")
    codes = np.repeat(np.random.default_rng(1).integers(-1, 3, 300), 7)
    lab.predict("v1", codes, np.arange(len(codes)) * 1001 / 30000)
    (path,) = export(lab)
    ran = subprocess.run(
        # Without --ipc it wants mpv's library, and a display.
        [python, "-c", ORACLE, path.resolve(), "--ipc"],
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(ran.stdout.splitlines()[-1])
    assert said["wrong"] == ""
    by_index, by_time = [None] * len(codes), [None] * len(codes)
    for behavior, start_s, stop_s, start, stop, comment in said["bouts"]:
        assert 0 < float(comment) <= 1
        for names, begin, end in (
            (by_index, int(start), int(stop)),
            (by_time, *(round(float(s) * 30000 / 1001) for s in (start_s, stop_s))),
        ):
            names[begin:end] = [behavior] * (end - begin)
    names = [None if code < 0 else lab.behaviors[code] for code in codes]
    assert by_index == names and by_time == names
