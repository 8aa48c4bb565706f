"""Aggregated events of BORIS: a bout in each line, of as many observations as were chosen."""

from homecage.annotations.boris_events import (
    join_touching,
    parse_edge,
    parse_players,
    parse_subject,
)
from homecage.annotations.reading import RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import CellError, Row, Table, parse_offset, read_head

_START, _STOP = "start (s)", "stop (s)"
_BEHAVIOR = ("behavior", "behaviour")
_KINDS = ("STATE", "POINT", "")  # Some cut the columns that they do not need.


def detect(source: Source) -> bool:
    """Tell by the columns."""
    return _find_table(source) is not None


def read(source: Source) -> Reading:
    """Read the states of all observations.

    Raises:
        AnnotationError: a line has more or fewer cells than the head.
    """
    table = _find_table(source)
    assert table is not None, source.path
    behavior = table.find(_BEHAVIOR)
    assert behavior is not None
    reading = Reading(in_time=True)
    for row in table.rows():
        with reading.collect(row.line):
            bout = _parse_bout(row, behavior)
            if bout.observation and bout.observation not in reading.media:
                players = parse_players(row["source"], row["media duration (s)"])
                reading.media[bout.observation] = players
            reading.add(bout)
    join_touching(reading)
    return reading


def _find_table(source: Source) -> Table | None:
    table = read_head(source)
    if table is None or not {_START, _STOP} <= {*table.columns} or not table.find(_BEHAVIOR):
        return None
    return table


def _parse_bout(row: Row, behavior: str) -> RawBout:
    kind = row["behavior type"].upper()
    if kind not in _KINDS:
        raise CellError(f"found {kind[:80]!r}; expected STATE or POINT")
    offset_s = parse_offset(row["time offset (s)"])
    return RawBout(
        parse_edge(row[_START], row["image index start"], offset_s),
        parse_edge(row[_STOP], row["image index stop"], offset_s),
        row[behavior],
        row.line,
        subject=parse_subject(row["subject"]) if "subject" in row.columns else None,
        observation=row["observation id"] or None,
        point=kind == "POINT",
    )
