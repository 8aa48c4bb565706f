"""Tables of events that BORIS writes (*tabular events*), in the layouts of all its versions.

Until version 8.9 the table stands under a preamble, whose length depends on the observation; its column
``Status`` says what starts and stops. Later it is one flat table, whose column is ``Behavior type``;
before 8.22.20 that has no time offset.
"""

from homecage.annotations.boris_events import (
    Event,
    add_states,
    join_touching,
    make_media,
    make_point,
    parse_edge,
    parse_players,
    parse_subject,
)
from homecage.annotations.reading import Reading
from homecage.annotations.source import Source
from homecage.annotations.table import (
    CellError,
    Row,
    Table,
    find_delimiter,
    parse_offset,
    read_cells,
    read_head_at,
)

_LONGEST_PREAMBLE = 1000
_KINDS = ("START", "STOP", "POINT")


def detect(source: Source) -> bool:
    """Tell by the line that heads the table."""
    return _find_table(source) is not None


def read(source: Source) -> Reading:
    """Read the states of all observations.

    Raises:
        AnnotationError: a line has more or fewer cells than the head.
    """
    table = _find_table(source)
    assert table is not None, source.path
    reading = Reading(in_time=True)
    preamble = _read_preamble(source, table.line)
    if observation := preamble.get("observation id", [""])[0]:
        players = [
            make_media(paths) for name, paths in preamble.items() if name.startswith("player #")
        ]
        reading.media[observation] = tuple(players)
    states = []
    for row in table.rows():
        with reading.collect(row.line):
            if not observation:
                _take_media(reading, row)
            offset = row["time offset (s)"] or preamble.get("time offset (s)", [""])[0]
            event = _parse_event(row, observation or row["observation id"], offset)
            if event.kind is None:
                reading.add(make_point(event))
            else:
                states.append(event)
    add_states(reading, states)
    join_touching(reading)
    return reading


def _find_table(source: Source) -> Table | None:
    """Return the table under the first line that names a time, a behavior and what starts and stops."""
    for line, text in enumerate(source.lines[:_LONGEST_PREAMBLE], start=1):
        folded = text.casefold()
        if "time" in folded and "behavior" in folded:
            table = read_head_at(source, line)
            columns = table.columns if table else {}
            if {"time", "behavior"} <= {*columns} and {"status", "behavior type"} & {*columns}:
                return table
    return None


def _read_preamble(source: Source, head: int) -> dict[str, list[str]]:
    """Return what stands above the table: all second cells, by the first cell of their lines."""
    found: dict[str, list[str]] = {}
    if head == 1:
        return found
    for line, cells in read_cells(source, find_delimiter(source, head)):
        if line >= head:
            break
        if len(cells) > 1 and cells[1]:
            found.setdefault(cells[0].casefold(), []).append(cells[1])
    return found


def _take_media(reading: Reading, row: Row) -> None:
    if (name := row["observation id"]) and name not in reading.media:
        reading.media[name] = parse_players(row["source"], row["media duration (s)"])


def _parse_event(row: Row, observation: str, offset: str) -> Event:
    kind = (row["behavior type"] or row["status"]).upper()
    if kind not in _KINDS:
        raise CellError(f"found {kind[:80]!r}; expected one of: {', '.join(_KINDS)}")
    modifiers = tuple(
        row.cells[place] for name, place in row.columns.items() if name.startswith("modifier")
    )
    return Event(
        parse_edge(row["time"], row["image index"], parse_offset(offset)),
        row["behavior"],
        parse_subject(row["subject"]),
        observation,
        modifiers,
        None if kind == "POINT" else kind,  # type: ignore[arg-type]
        row.line,
    )
