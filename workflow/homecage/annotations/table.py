"""Tables of cells, separated by commas or tabs, and the numbers in them."""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from homecage.annotations.source import Source
from homecage.errors import AnnotationError

LABEL = ("behavior", "behaviour", "label", "annotation", "type", "event", "class")
"""What the column of labels may be called, in any case; the first that is there counts."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
_LARGEST = 10**9  # No video has as many frames, or lasts as many seconds.


class CellError(ValueError):
    """What stands in a line is not what must stand there; whoever knows the line names it."""


@dataclass(frozen=True)
class Row:
    """A line of a table."""

    line: int
    cells: Sequence[str]
    columns: Mapping[str, int]

    def __getitem__(self, column: str) -> str:
        """Return the cell under a column, which is empty where the table has no such column."""
        place = self.columns.get(column)
        return "" if place is None else self.cells[place]


@dataclass(frozen=True)
class Table:
    """A table under its head."""

    source: Source
    line: int
    """Where its head is."""
    names: tuple[str, ...]
    """Of the columns, as they are written."""

    @property
    def columns(self) -> dict[str, int]:
        """The place of each column by its name in small letters: the first of that name."""
        return {name.casefold(): place for place, name in reversed([*enumerate(self.names)])}

    def find(self, names: Iterable[str]) -> str | None:
        """Return the first of these columns that is there."""
        return next((name for name in names if name in self.columns), None)

    def rows(self) -> Iterator[Row]:
        """Iterate over the lines under the head that are not empty.

        Raises:
            AnnotationError: a line has more or fewer cells than the head, or its quotes do not close.
        """
        columns = self.columns
        for line, cells in read_cells(self.source, find_delimiter(self.source, self.line)):
            if line <= self.line or not any(cells):
                continue
            if len(cells) < len(self.names) or any(cells[len(self.names) :]):
                problem = f"{len(cells)} cells under {len(self.names)} columns"
                raise AnnotationError(self.source.path, problem, line)
            yield Row(line, cells, columns)


def read_head(source: Source) -> Table | None:
    """Return the table whose head is the first line that is not empty; None where there is none."""
    line = next((n for n, text in enumerate(source.lines, start=1) if text.strip()), None)
    return None if line is None else read_head_at(source, line)


def read_head_at(source: Source, line: int) -> Table | None:
    """Return the table whose head is this line; None where it cannot be one."""
    try:
        (cells,) = csv.reader([source.lines[line - 1]], delimiter=find_delimiter(source, line))
    except (csv.Error, ValueError):
        return None
    names = tuple(cell.strip() for cell in cells)
    while names and not names[-1]:  # A spreadsheet writes the columns of its longest line.
        names = names[:-1]
    return Table(source, line, names)


def find_delimiter(source: Source, line: int) -> str:
    """Tell what separates the cells of a line."""
    text = source.lines[line - 1]
    return "\t" if text.count("\t") > text.count(",") else ","


def read_cells(source: Source, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Iterate over all lines: where each begins, and its cells without the blanks around them."""
    reader = csv.reader(io.StringIO(source.text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise AnnotationError(source.path, f"cannot be read as a table ({error})", line) from None


def parse_number(text: str) -> float:
    """Read a finite number that is not negative.

    Raises:
        CellError: it is none.
    """
    if _NUMBER.fullmatch(text) is None:
        hint = ", with a point and no comma" if _DECIMAL_COMMA.fullmatch(text) else ""
        raise CellError(f"found {text[:80]!r}; expected a number{hint}")
    number = float(text)
    if not 0 <= number <= _LARGEST:
        raise CellError(f"found {text[:80]!r}; expected a number from 0 to {_LARGEST}")
    return number


def parse_time(text: str) -> float:
    """Read a time, in seconds.

    Raises:
        CellError: it is none.
    """
    return parse_number(text)


def parse_offset(text: str) -> float:
    """Read how many seconds a clock is ahead of the video, which may be negative; nothing is none.

    Raises:
        CellError: it is no number.
    """
    return (
        parse_number(text.removeprefix("-")) * (-1 if text.startswith("-") else 1) if text else 0.0
    )


def parse_frame(text: str) -> int:
    """Read the number of a frame.

    Raises:
        CellError: it is none, or a fraction.
    """
    number = parse_number(text)
    if not number.is_integer():
        raise CellError(
            f"found {text[:80]!r}; expected the number of a frame, which has no fraction"
        )
    return math.floor(number)
