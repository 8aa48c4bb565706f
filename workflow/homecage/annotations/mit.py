"""Annotations as people write them: one bout a line, ``frame: 00000001-00000019 micromovement``.

In the file frames count from 1 and both ends belong to the bout.
"""

import re
from itertools import islice

from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import CellError

EXPECTED = "expected a line like 'frame: 00000001-00000019 micromovement'"

_BEGINNING = re.compile(r"\s*frames?\s*:", re.IGNORECASE)
_LINE = re.compile(r"frames?\s*:\s*([0-9]{1,18})\s*-\s*([0-9]{1,18})\s+(\S.*)", re.IGNORECASE)
_LOOKED_AT = 20


def detect(source: Source) -> bool:
    """Tell by the beginnings of the first lines."""
    return any(map(_BEGINNING.match, islice(filter(str.strip, source.lines), _LOOKED_AT)))


def read(source: Source) -> Reading:
    """Read a bout from each line."""
    reading = Reading(exclusive=True, in_time=True)
    for line, text in enumerate(source.lines, start=1):
        if text.strip():
            with reading.collect(line):
                reading.add(_parse_line(text.strip(), line))
    return reading


def _parse_line(text: str, line: int) -> RawBout:
    match = _LINE.fullmatch(text)
    if match is None:
        raise CellError(f"found {text[:80]!r}; {EXPECTED}")
    first, last = int(match[1]), int(match[2])
    if first < 1:
        raise CellError(f"found {text[:80]!r}; frames count from 1, expected no frame 0")
    if first > last:
        raise CellError(f"the bout starts at frame {first}, after its end at frame {last}")
    return RawBout(Edge(first - 1), Edge(last), match[3], line, said=f"{first}-{last}")
