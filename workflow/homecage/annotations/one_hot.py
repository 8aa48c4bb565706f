"""Tables with a row for each frame and a column for each behavior, 1 where it is shown and 0 elsewhere.

DeepEthogram's have -1 in frames that nobody labeled, and a column ``background`` for those in which nothing
was seen. In SimBA's the behaviors are the last columns, after pose and features, and nothing marks the first.
"""

from collections.abc import Sequence

from homecage.annotations.per_frame import count_frames, find_frame_column
from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import CellError, Table, read_head
from homecage.errors import AnnotationError

_VALUES = {
    **dict.fromkeys(("0", "0.0", "false"), 0),
    **dict.fromkeys(("1", "1.0", "true"), 1),
    **dict.fromkeys(("-1", "-1.0"), -1),
}
_FILLER = "background"
_TIME = ("time", "time_s", "time (s)", "timestamp")
_POSE = ("_x", "_y", "_p")
_SLIPS = 0.1
"""Share of other values up to which a column is a behavior with slips in it, and no feature."""


def detect(source: Source) -> bool:
    """Tell by the column that counts the frames, and that there are others."""
    table = read_head(source)
    return table is not None and len(table.names) > 1 and find_frame_column(table) is not None


def read(source: Source) -> Reading:
    """Read the bouts of each behavior.

    Raises:
        AnnotationError: the frames are not counted row by row, or SimBA's last column is not of 0 and 1.
    """
    table = read_head(source)
    column = find_frame_column(table) if table else None
    assert table is not None and column is not None, source.path
    places = [p for p, name in enumerate(table.names) if p != table.columns[column]]
    places = [p for p in places if table.names[p].casefold() not in _TIME]
    reading = Reading(n_rows=0, fillers=(_FILLER,))
    if any(name.casefold().endswith(_POSE) for name in table.names):
        places = [*_find_targets(source, table, column)]
        named = ", ".join(table.names[place] for place in places)
        reading.notes.append(f"its behaviors are taken to be the last columns of 0 and 1: {named}")
    runs = _Runs(reading, [table.names[place] for place in places])
    for frame, row in count_frames(source, table, column):
        reading.n_rows = frame + 1
        with reading.collect(row.line):
            runs.take(frame, [row.cells[place] for place in places], row.line)
    runs.end(reading.n_rows or 0)
    return reading


def _find_targets(source: Source, table: Table, column: str) -> range:
    """Return the last columns that have the values of behaviors, but for a few slips."""
    n_columns, n_rows = len(table.names), 0
    n_others = [0] * n_columns
    for _, row in count_frames(source, table, column):
        n_rows += 1
        for place, cell in enumerate(row.cells[:n_columns]):
            n_others[place] += cell.casefold() not in _VALUES
    first = n_columns
    while first > table.columns[column] + 1 and n_others[first - 1] <= _SLIPS * n_rows:
        first -= 1
    if first == n_columns:
        problem = f"found other values than 0 and 1 under {table.names[-1]!r}, the last column"
        raise AnnotationError(source.path, f"{problem}; expected behaviors, one a column")
    return range(first, n_columns)


class _Runs:
    """The stretches of frames in which each behavior is shown, and those that are not labeled."""

    def __init__(self, reading: Reading, behaviors: Sequence[str]) -> None:
        self._reading = reading
        self.labels: tuple[str | None, ...] = (*behaviors, None)
        self._begun: list[tuple[int, int] | None] = [None] * len(self.labels)

    def take(self, frame: int, cells: Sequence[str], line: int) -> None:
        """Take in the values of the next frame."""
        values = []
        for label, cell in zip(self.labels, cells, strict=False):
            value = _VALUES.get(cell.casefold())
            if value is None:
                raise CellError(f"found {cell[:80]!r} under {label!r}; expected 0, 1 or -1")
            values.append(value)
        # A behavior that is there was seen, whatever else was not looked for.
        unlabeled = 1 not in values and -1 in values
        for place, shown in enumerate([*(value == 1 for value in values), unlabeled]):
            if shown and self._begun[place] is None:
                self._begun[place] = frame, line
            elif not shown:
                self._end(place, frame)

    def end(self, n_frames: int) -> None:
        """End what lasts to the last row."""
        for place in range(len(self.labels)):
            self._end(place, n_frames)

    def _end(self, place: int, stop: int) -> None:
        if (begun := self._begun[place]) is not None:
            start, line = begun
            said = f"frames {start}-{stop - 1}"
            bout = RawBout(Edge(start), Edge(stop), self.labels[place], line, said=said)
            self._reading.add(bout)
            self._begun[place] = None
