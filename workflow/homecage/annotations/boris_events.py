"""What the files of BORIS have in common: events in pairs, times that touch, videos in a row."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from homecage.annotations.reading import NOBODY, Edge, Medium, Players, RawBout, Reading
from homecage.annotations.table import CellError, parse_frame, parse_time

_TOUCHING_S = 0.0015
"""A behavior that ends because another one starts is stopped 1 ms before that."""
_PLAYER = re.compile(r"\s*player\s*#\s*[0-9]+\s*:\s*(\S.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Event:
    """One of the two ends of a state."""

    at: Edge
    label: str
    subject: str
    observation: str
    modifiers: tuple[str, ...] = ()
    kind: Literal["START", "STOP"] | None = None
    """None where only their order says which it is."""
    line: int | None = None

    @property
    def time_s(self) -> float:
        """When it happens; BORIS writes that for each."""
        assert self.at.time_s is not None
        return self.at.time_s

    def __str__(self) -> str:
        """Say what it is."""
        where = f"at {self.at}" if self.line is None else f"at {self.at} (line {self.line})"
        return f"{self.kind or 'event'} of {self.label!r} {where}"


def add_states(reading: Reading, events: Iterable[Event]) -> None:
    """Add the bouts between the first and second, third and fourth ... event of each kind.

    A kind is a subject, a behavior and its modifiers. One left over has begun and was never stopped.
    """
    kinds = defaultdict(list)
    for event in events:
        kind = event.observation, event.subject, event.label, event.modifiers
        kinds[kind].append(event)
    for same in kinds.values():
        same.sort(key=lambda event: event.time_s)
        begun: Event | None = None
        for event in same:
            with reading.collect(event.line):
                begun = _take(reading, begun, event)
        if begun is not None:
            reading.add(_make_bout(begun, None))


def _take(reading: Reading, begun: Event | None, event: Event) -> Event | None:
    """Take in the next event of a kind; return the one that has begun and goes on, if any."""
    if begun is None:
        if event.kind == "STOP":
            raise CellError(f"found the {event}, before which nothing has started")
        return event
    if event.kind == "START":
        raise CellError(f"found the {event}; expected a STOP, after the {begun}")
    reading.add(_make_bout(begun, event.at))
    return None


def _make_bout(begun: Event, stop: Edge | None) -> RawBout:
    return RawBout(
        begun.at,
        stop,
        begun.label,
        begun.line,
        subject=begun.subject,
        observation=begun.observation,
    )


def make_point(event: Event) -> RawBout:
    """Return an event that has no length."""
    return replace(_make_bout(event, event.at), point=True)


def join_touching(reading: Reading) -> None:
    """Let each bout that stops 1 ms before another one of its subject starts last until then."""
    starts = defaultdict(list)
    for bout in reading.bouts:
        if not bout.point and bout.start.time_s is not None:
            starts[bout.observation, bout.subject].append((bout.start.time_s, bout.start))
    for same in starts.values():
        same.sort(key=lambda start: start[0])
    reading.bouts = [_join(bout, starts[bout.observation, bout.subject]) for bout in reading.bouts]


def _join(bout: RawBout, starts: Sequence[tuple[float, Edge]]) -> RawBout:
    if bout.point or bout.stop is None or bout.stop.time_s is None:
        return bout
    place = bisect_right(starts, bout.stop.time_s, key=lambda start: start[0])
    if place < len(starts) and starts[place][0] - bout.stop.time_s < _TOUCHING_S:
        return replace(bout, stop=starts[place][1])
    return bout


def parse_edge(time: str, frame: str, offset_s: float) -> Edge:
    """Read where an event is: its time on the clock of its observation, and its frame where there is one.

    Raises:
        CellError: one of them is not a number, or the time lies before the observation's beginning.
    """
    time_s = parse_time(time) - offset_s
    if time_s < 0:
        raise CellError(
            f"found the time {time}, which lies before the beginning of the video: the observation's "
            f"time offset is {offset_s:g} s"
        )
    return Edge(None if frame in ("", "NA") else parse_frame(frame), time_s)


def parse_subject(text: str) -> str:
    """Return a subject's name."""
    return text or NOBODY


def parse_players(names: str, durations: str) -> Players:
    """Read which videos an observation plays: ``player #1:a.mp4;b.mp4|player #2:c.mp4``, and how long."""
    known = [[_parse_duration(one) for one in player.split(";")] for player in durations.split("|")]
    players = []
    for n, player in enumerate(names.split("|")):
        match = _PLAYER.fullmatch(player)
        paths = match[1].split(";") if match else []
        # A name with one of these signs in it: how long each lasts is not known.
        durations_s = known[n] if n < len(known) and len(known[n]) == len(paths) else []
        players.append(make_media(paths, durations_s))
    return tuple(player for player in players if player)


def make_media(
    paths: Sequence[str], durations_s: Sequence[float | None] = ()
) -> tuple[Medium, ...]:
    """Return the media of a player; the duration of each may not be known."""
    durations_s = durations_s or [None] * len(paths)
    return tuple(Medium(*medium) for medium in zip(paths, durations_s, strict=True))


def _parse_duration(text: str) -> float | None:
    try:
        return parse_time(text.strip())
    except CellError:
        return None
