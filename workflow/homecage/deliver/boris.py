"""BORIS projects: a method's bouts as events, to look at and to correct beside the video.

What was found out about the format, by its program: events are ``[time, subject, code, modifiers, comment,
frame index]``, a state's START and STOP take turns, and times have three decimals.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homecage.deliver.bouts import Scoring, read_scorings
from homecage.deliver.media import locate_video
from homecage.deliver.options import ExportOptions
from homecage.report.options import Palette
from homecage.storage.publish import publish
from homecage.storage.tables import read_tsv

FORMAT = "7.0"
"""BORIS's version of the format; 7.0 is that of its versions 7 to 10."""
LONGER_S = 0.001
"""The media are said to be so much longer than they are: BORIS drops a STOP at their very end."""
_PLAYER = "1"
_KEYS = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def export_boris(
    *,
    predictions: list[Path],
    videos: Path,
    palette: Palette,
    method: str,
    options: ExportOptions,
    output: Path,
) -> None:
    """Write ``{video}.boris``, a project of one observation, for each video of a method.

    A relative path of a video is written relative to the project, where BORIS looks for it.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        videos: the study's ``videos.tsv``: the names and paths of the videos.
        palette: the K behaviors in order and their colors.
        method: whose predictions they are.
        options: whether short bouts go.
        output: a folder for the projects.

    Raises:
        StoreError: a file is damaged or not what its name says.
    """
    sheet = read_tsv(videos, text=True).set_index("video")
    behaviors = list(palette.root)
    for video, scoring in read_scorings(predictions, behaviors, method=method, options=options):
        media = locate_video(Path(str(sheet.loc[video, "path"])), output)
        project = describe_project(
            scoring,
            name=str(sheet.loc[video, "name"]),
            media=media,
            description=f"scored by homecage, method {method}; comments are mean probabilities",
            palette=palette,
        )
        with publish(output / f"{video}.boris") as temporary:
            # In ASCII: BORIS reads a project in the encoding of the system that it runs on.
            temporary.write_text(json.dumps(project, indent=1), encoding="ascii")


def describe_project(
    scoring: Scoring, *, name: str, media: Path, description: str, palette: Palette
) -> dict[str, Any]:
    """Return a project whose one observation, called as the video, has each bout as a START and a STOP.

    A START's comment is the bout's mean probability. The frame index of a STOP is that of the first frame
    that no longer belongs to the bout, and its time is when this is shown; of a bout at the end of the
    video, the number of its frames, and the time at which the last of them ends.
    """
    file = media.as_posix()
    length_s = round(float(scoring.edges_s[-1]) + LONGER_S, 3)
    observation = {
        "date": "",
        "description": description,
        "type": "MEDIA",
        "file": {_PLAYER: [file]},
        "time offset": 0.0,
        "media_info": {
            "length": {file: length_s},
            "fps": {file: _measure_fps(scoring)},
            "hasVideo": {file: True},
            "hasAudio": {file: False},
            "offset": {_PLAYER: 0.0},
        },
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "events": list_events(scoring),
    }
    return {
        "time_format": "hh:mm:ss",
        "project_date": "",
        "project_name": name,
        "project_description": "",
        "project_format_version": FORMAT,
        "subjects_conf": {},
        "behaviors_conf": describe_behaviors(palette.root),
        "observations": {name.strip(): observation},
        "behavioral_categories": [],
        "behavioral_categories_config": {},
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }


def list_events(scoring: Scoring) -> list[list[Any]]:
    """Return START and STOP of each bout, in the order of time."""
    events: list[list[Any]] = []
    for bout in scoring.bouts.to_dict("records"):
        behavior, comment = bout["behavior"], f"{bout['probability']:.3f}"
        events.append(make_event(round(bout["start_s"], 3), behavior, bout["start"], comment))
        events.append(make_event(round(bout["stop_s"], 3), behavior, bout["stop"]))
    return events


def make_event(time_s: Any, behavior: str, frame: Any, comment: str = "") -> list[Any]:
    """Return a START, or the next time a STOP, of a behavior."""
    return [time_s, "", behavior, "", comment, frame]


def describe_behaviors(colors: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the behaviors as states of which one starts where another ends, each with a key to press."""
    keys = choose_keys(list(colors))
    return {
        str(number): {
            "type": "State event",
            "key": keys[number],
            "code": behavior,
            "description": "",
            "color": color,
            "category": "",
            "modifiers": {},
            "excluded": ",".join(other for other in colors if other != behavior),
            "coding map": "",
        }
        for number, (behavior, color) in enumerate(colors.items())
    }


def choose_keys(behaviors: Sequence[str]) -> list[str]:
    """Choose a key for each behavior: the first of its letters, or else of all keys, that is free."""
    keys: list[str] = []
    for behavior in behaviors:
        wanted = [key for key in behavior.lower() if key in _KEYS]
        keys.append(next((key for key in (*wanted, *_KEYS) if key not in keys), ""))
    return keys


def _measure_fps(scoring: Scoring) -> float:
    """Return the mean rate of the frames; 0, which BORIS takes for unknown, for a single one."""
    seconds = float(np.ptp(scoring.edges_s))
    return round((len(scoring.edges_s) - 1) / seconds, 6) if seconds > 0 else 0.0
