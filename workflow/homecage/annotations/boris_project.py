"""Projects of BORIS (``.boris``, ``.boris.gz``): several observations, each with its videos and events."""

import json
from collections.abc import Mapping
from typing import Any

from homecage.annotations.boris_events import (
    Event,
    add_states,
    join_touching,
    make_point,
    parse_edge,
    parse_subject,
)
from homecage.annotations.reading import Medium, Players, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import CellError, parse_number, parse_offset
from homecage.errors import AnnotationError

_EVENT = "an event of BORIS: [time, subject, behavior, modifiers, comment, frame index]"


def detect(source: Source) -> bool:
    """Tell by what JSON begins with; nothing else that is read here is JSON."""
    return source.text.lstrip().startswith("{")


def read(source: Source) -> Reading:
    """Read the states of all observations.

    Raises:
        AnnotationError: it is no JSON, or no project.
    """
    project = _parse(source)
    observations = project.get("observations")
    if not isinstance(observations, dict):
        raise AnnotationError(source.path, "JSON without observations; expected a project of BORIS")
    points = {
        str(behavior.get("code"))
        for behavior in _values(project.get("behaviors_conf"))
        if isinstance(behavior, dict) and "point" in str(behavior.get("type")).casefold()
    }
    reading = Reading()
    for name, observation in observations.items():
        if not isinstance(observation, dict):
            raise AnnotationError(source.path, f"observation {name!r} is not as BORIS writes it")
        reading.media[name] = _find_players(observation)
        _add_events(reading, name, observation, points)
    join_touching(reading)
    return reading


def _parse(source: Source) -> dict[str, Any]:
    try:
        project = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise AnnotationError(source.path, f"cannot be read as JSON ({error})") from None
    return project if isinstance(project, dict) else {}


def _values(mapping: Any) -> list[Any]:
    return list(mapping.values()) if isinstance(mapping, dict) else []


def _find_players(observation: Mapping[str, Any]) -> Players:
    """Return the media of each player; those of ``media_info`` may be of an earlier choice."""
    info = observation.get("media_info")
    lengths = info.get("length") if isinstance(info, dict) else None
    files = observation.get("file")
    players = sorted(files.items()) if isinstance(files, dict) else []
    return tuple(
        tuple(Medium(str(path), _find_length(lengths, path)) for path in paths)
        for _, paths in players
        if isinstance(paths, list) and paths
    )


def _find_length(lengths: Any, path: Any) -> float | None:
    length = lengths.get(str(path)) if isinstance(lengths, dict) else None
    try:
        return parse_number(str(length))
    except CellError:
        return None


def _add_events(
    reading: Reading, name: str, observation: Mapping[str, Any], points: set[str]
) -> None:
    events = observation.get("events")
    states = []
    with reading.collect(None):
        offset_s = parse_offset(str(observation.get("time offset") or ""))
        for n, event in enumerate(events if isinstance(events, list) else [], start=1):
            with reading.collect(None):
                found = _parse_event(event, name, n, offset_s)
                if found.label in points:
                    reading.add(make_point(found))
                else:
                    states.append(found)
    add_states(reading, states)


def _parse_event(event: Any, observation: str, number: int, offset_s: float) -> Event:
    if not isinstance(event, list) or len(event) < 3:
        raise CellError(
            f"observation {observation!r}: found {str(event)[:80]!r}; expected {_EVENT}"
        )
    time, subject, label, *rest = event
    frame = rest[2] if len(rest) > 2 else None
    try:
        at = parse_edge(str(time), "NA" if frame is None else str(frame), offset_s)
    except CellError as error:
        raise CellError(f"observation {observation!r}, event {number}: {error}") from None
    modifiers = str(rest[0]) if rest else ""
    return Event(at, str(label), parse_subject(str(subject)), observation, (modifiers,))
