"""Tables with a bout in each line: where it starts, where it stops, and its label.

Frames count from 0 and the stop is the first frame after the bout, as in this program's own tables.
"""

from dataclasses import dataclass

from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import LABEL, Row, Table, parse_frame, parse_time, read_head

_PAIRS = (
    ("start", "stop"),
    ("start", "end"),
    ("from", "to"),
    ("onset", "offset"),
    ("begin", "end"),
)
_FRAMES = ("{}_frame", "frame_{}", "{} frame", "{} (frame)", "{} (frames)", "{}frame")
_SECONDS = ("{}_s", "{} (s)", "{}_sec", "{}_seconds", "{}_time", "{} time", "{}_time_s", "{}time")
_ANNOTATOR = ("annotator", "observer", "experimenter", "coder", "rater", "scorer")
_SUBJECT = ("subject", "animal")
_OBSERVATION = ("observation", "observation id", "video")


@dataclass(frozen=True)
class _Columns:
    """Where a bout's parts stand."""

    start: str
    stop: str
    label: str
    in_frames: bool | None
    """None where the columns do not say."""
    annotator: str | None
    subject: str | None
    observation: str | None


def detect(source: Source) -> bool:
    """Tell by the columns."""
    table = read_head(source)
    return table is not None and _find_columns(table) is not None


def read(source: Source) -> Reading:
    """Read the bouts of all annotators, subjects and observations.

    Raises:
        AnnotationError: a line has more or fewer cells than the head.
    """
    table = read_head(source)
    columns = _find_columns(table) if table else None
    assert table is not None and columns is not None, source.path
    reading = Reading(in_time=True)
    rows = list(table.rows())
    in_frames = columns.in_frames
    if in_frames is None:
        edges = [row[column] for row in rows for column in (columns.start, columns.stop)]
        in_frames = all(edge.isdecimal() for edge in edges)
        if in_frames:
            reading.notes.append(
                f"whole numbers under {columns.start} and {columns.stop} are taken for frames; name the "
                f"columns {columns.start}_s and {columns.stop}_s where they are seconds"
            )
    for row in rows:
        with reading.collect(row.line):
            reading.add(_parse_bout(row, columns, in_frames))
    return reading


def _find_columns(table: Table) -> _Columns | None:
    label = table.find(LABEL)
    if label is None:
        return None
    # Frames first: no clock has to be trusted for them.
    for forms, in_frames in ((_FRAMES, True), (("{}",), None), (_SECONDS, False)):
        for form in forms:
            for start, stop in _PAIRS:
                pair = form.format(start), form.format(stop)
                if {*pair} <= {*table.columns}:
                    return _Columns(
                        *pair,
                        label,
                        in_frames,
                        table.find(_ANNOTATOR),
                        table.find(_SUBJECT),
                        table.find(_OBSERVATION),
                    )
    return None


def _parse_bout(row: Row, columns: _Columns, in_frames: bool) -> RawBout:
    def make_edge(text: str) -> Edge:
        return Edge(frame=parse_frame(text)) if in_frames else Edge(time_s=parse_time(text))

    return RawBout(
        make_edge(row[columns.start]),
        make_edge(row[columns.stop]),
        row[columns.label],
        row.line,
        subject=row[columns.subject] if columns.subject else None,
        annotator=row[columns.annotator] if columns.annotator else None,
        observation=row[columns.observation] if columns.observation else None,
        said=f"{row[columns.start]}-{row[columns.stop]}{'' if in_frames else ' s'}",
    )
