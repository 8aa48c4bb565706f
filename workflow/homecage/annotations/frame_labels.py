"""Tables with a row for each frame, and its label; where that is empty, there is none."""

from homecage.annotations.per_frame import count_frames, find_frame_column
from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import LABEL, read_head


def detect(source: Source) -> bool:
    """Tell by the columns."""
    table = read_head(source)
    return table is not None and find_frame_column(table) is not None and bool(table.find(LABEL))


def read(source: Source) -> Reading:
    """Read the bouts: frames of one label, one after the other.

    Raises:
        AnnotationError: the frames are not counted row by row.
    """
    table = read_head(source)
    assert table is not None, source.path
    column, label = find_frame_column(table), table.find(LABEL)
    assert column is not None and label is not None
    reading = Reading(n_rows=0)
    begun, was, line = 0, "", 0
    for frame, row in count_frames(source, table, column):
        if row[label] != was:
            _add(reading, begun, frame, was, line)
            begun, was, line = frame, row[label], row.line
        reading.n_rows = frame + 1
    _add(reading, begun, reading.n_rows or 0, was, line)
    return reading


def _add(reading: Reading, start: int, stop: int, label: str, line: int) -> None:
    if label:
        said = f"frames {start}-{stop - 1}"
        reading.add(RawBout(Edge(start), Edge(stop), label, line, said=said))
