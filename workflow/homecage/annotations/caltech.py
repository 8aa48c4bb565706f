"""Annotations of the Caltech Behavior Annotator: one label a frame in each of its streams."""

import re

from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import CellError, parse_frame

_FIRST_LINE = "caltech behavior annotator"
_STREAM = re.compile(r"(\S+)\s*:\s*start\s+end\s+type\s*", re.IGNORECASE)
_RULE = re.compile(r"-+")
_FILLER = "base"


def detect(source: Source) -> bool:
    """Tell by the first line."""
    return source.text.lstrip()[: len(_FIRST_LINE)].casefold() == _FIRST_LINE


def read(source: Source) -> Reading:
    """Read the bouts of all streams. Frames count from 1, and both ends belong to a bout."""
    reading = Reading(exclusive=True, in_time=True, fillers=(_FILLER,))
    stream = None
    for line, text in enumerate(source.lines, start=1):
        text = text.strip()
        if match := _STREAM.fullmatch(text):
            stream = match[1]
        elif stream is not None and text and not _RULE.fullmatch(text):
            with reading.collect(line):
                reading.add(_parse_line(text, line, stream))
    return reading


def _parse_line(text: str, line: int, stream: str) -> RawBout:
    cells = text.split(maxsplit=2)
    if len(cells) < 3:
        raise CellError(f"found {text[:80]!r}; expected start, end and type")
    first, last = parse_frame(cells[0]), parse_frame(cells[1])
    if first < 1:
        raise CellError(f"found {text[:80]!r}; frames count from 1, expected no frame 0")
    return RawBout(
        Edge(first - 1), Edge(last), cells[2], line, subject=stream, said=f"{first}-{last}"
    )
