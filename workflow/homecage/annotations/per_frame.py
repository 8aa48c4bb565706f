"""What tables with a row for each frame have in common."""

from collections.abc import Iterator

from homecage.annotations.source import Source
from homecage.annotations.table import CellError, Row, Table, parse_frame
from homecage.errors import AnnotationError

FRAME = ("frame", "frames", "frame_number", "frame number", "frame index", "frame_index")
"""What the column of frames may be called, in any case; or nothing, where it is the first."""


def find_frame_column(table: Table) -> str | None:
    """Return the column that counts the frames."""
    return table.find(FRAME) or ("" if table.names and table.names[0] == "" else None)


def count_frames(source: Source, table: Table, column: str) -> Iterator[tuple[int, Row]]:
    """Iterate over the rows, each with its frame from 0.

    Raises:
        AnnotationError: the frames do not count from 0 or from 1, one row for each.
    """
    first = None
    for n, row in enumerate(table.rows()):
        try:
            frame = parse_frame(row[column])
        except CellError as error:
            raise AnnotationError(source.path, str(error), row.line) from None
        if first is None and frame in (0, 1):
            first = frame
        if first is None or frame != first + n:
            expected = "0 or 1" if first is None else first + n
            problem = (
                f"found frame {frame}; expected {expected}: a row for each frame, in their order"
            )
            raise AnnotationError(source.path, problem, row.line)
        yield n, row
