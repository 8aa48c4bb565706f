"""Annotations of BENTO (``.annot``): channels, in each a section for each behavior, in frames or seconds."""

import re
from dataclasses import dataclass

from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import CellError, parse_frame, parse_time

_FIRST_LINE = "bento annotation file"
_FIRST_FRAME = re.compile(r"annotation start frame\s*:\s*([0-9]{1,9})\s*", re.IGNORECASE)
_CHANNEL = re.compile(r"(.*?)-{4,}\s*")
_HEAD = "start"


@dataclass(frozen=True)
class _Line:
    """A bout as it is written."""

    line: int
    channel: str
    label: str
    cells: list[str]


def detect(source: Source) -> bool:
    """Tell by the first line."""
    return source.text.lstrip()[: len(_FIRST_LINE)].casefold() == _FIRST_LINE


def read(source: Source) -> Reading:
    """Read the bouts of all channels. Both ends belong to a bout."""
    reading = Reading()
    first = next(filter(None, map(_FIRST_FRAME.fullmatch, source.lines)), None)
    first_frame = min(int(first[1]), 1) if first else 1
    lines = _find_bouts(source, reading)
    # ASSUME: frames count from the start frame of the header, 1 or 0; times from the video's beginning.
    in_seconds = any("." in cell for one in lines for cell in one.cells[:2])
    for one in lines:
        with reading.collect(one.line):
            if len(one.cells) not in (2, 3):
                raise CellError(
                    f"found {len(one.cells)} numbers; expected start, stop and duration"
                )
            start, stop, *_ = one.cells
            if in_seconds:
                edges = Edge(time_s=parse_time(start)), Edge(time_s=parse_time(stop), n_after=1)
            else:
                edges = (
                    Edge(_parse_frame(start, first_frame)),
                    Edge(_parse_frame(stop, first_frame) + 1),
                )
            said = f"{start}-{stop}{' s' if in_seconds else ''}"
            reading.add(RawBout(*edges, one.label, one.line, subject=one.channel, said=said))
    return reading


def _parse_frame(text: str, first: int) -> int:
    frame = parse_frame(text)
    if frame < first:
        raise CellError(f"found frame {frame}; frames of this file count from {first}")
    return frame - first


def _find_bouts(source: Source, reading: Reading) -> list[_Line]:
    """Return the lines of numbers: under a channel, a behavior and their head."""
    found = []
    channel = label = None
    for line, text in enumerate(source.lines, start=1):
        text = text.strip()
        match = _CHANNEL.fullmatch(text)
        if match:
            channel, label = match[1].strip(), None
        elif channel is None or not text or text.casefold().startswith(_HEAD):
            continue
        elif text.startswith(">"):
            label = text[1:].strip()
        elif label is None:
            reading.problems.append(
                (line, f"found {text[:80]!r}; expected a behavior, as '>attack'")
            )
        else:
            found.append(_Line(line, channel, label, text.split()))
    return found
