"""What a container states of its video, by its own tables: how many frames, how long, how many bytes.

ffmpeg decodes what there is of a file that was cut between two packets and says nothing. MP4 and AVI list
every frame, so what is missing can be told; other containers state a duration at most, which ffmpeg's
log repeats (``log.py``). Nothing here raises for a malformed file: it states less.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

Sizes = NDArray[np.uint32]
"""The bytes of each frame."""

_LARGEST_TABLE = 2**28  # Bytes of a table that is read: of some ten million frames and more.


@dataclass(frozen=True)
class Statement:
    """What a container states of one of its video streams."""

    by: str = "nothing"
    """What states it: sample table, index, header, duration or last timestamp."""
    n_frames: int | None = None
    """The frames that are listed one by one."""
    n_frames_header: int | None = None
    """The frames that a header counts, which nobody has to keep right."""
    last_s: float | None = None
    """When the last frame begins, after the first."""
    end_s: float | None = None
    """When the last frame ends, after the beginning of the first, where that alone is stated."""
    certain: bool = True
    """Whether the time is this stream's own, not that of a longer one beside it."""
    n_bytes: int | None = None
    """The bytes that the file has when it is whole."""


class Chunk(NamedTuple):
    """A part of a file that says what it is and how long."""

    kind: bytes
    start: int
    """Of its content."""
    stop: int
    """As it states, which may lie beyond the file's end."""


def read_statement(path: Path, stream: int) -> Statement | None:
    """Return what an MP4 (MOV, M4V) or AVI file states of a video stream, counted from 0.

    None for other files, and where the file's own tables do not say which frames there are.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if head[:4] == b"RIFF" and head[8:] == b"AVI ":
                return _read_avi(file, stream)
            if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"):
                return _read_mp4(file, stream)
    except (OSError, struct.error, ValueError, ZeroDivisionError, IndexError):
        pass
    return None


def _unpack(file: BinaryIO, place: int, form: str) -> tuple[Any, ...]:
    file.seek(place)
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _read_array(file: BinaryIO, place: int, n_items: int, item: np.dtype[Any]) -> NDArray[Any]:
    """Return a table of numbers, as many as are there."""
    file.seek(place)
    content = file.read(min(n_items * item.itemsize, _LARGEST_TABLE))
    return np.frombuffer(content[: len(content) // item.itemsize * item.itemsize], item)


# 1. MP4: boxes in boxes


def _list_boxes(file: BinaryIO, start: int, stop: int) -> Iterator[Chunk]:
    while start + 8 <= stop:
        size, kind = _unpack(file, start, ">I4s")
        head = 8
        if size == 1:
            ((size,), head) = _unpack(file, start + 8, ">Q"), 16
        end = stop if size == 0 else start + size
        if end < start + head:
            return
        yield Chunk(kind, start + head, end)
        start = end


def _find_boxes(file: BinaryIO, box: Chunk, *path: bytes) -> list[Chunk]:
    """Return the boxes at a path of kinds below a box."""
    found = [box]
    for kind in path:
        found = [
            below
            for above in found
            for below in _list_boxes(file, above.start, above.stop)
            if below.kind == kind
        ]
    return found


def _read_mp4(file: BinaryIO, stream: int) -> Statement | None:
    n_bytes = file.seek(0, os.SEEK_END)
    boxes = list(_list_boxes(file, 0, n_bytes))
    (movie,) = [box for box in boxes if box.kind == b"moov"]
    stated_bytes = max(box.stop for box in boxes)
    if _find_boxes(file, movie, b"mvex"):
        return None if stated_bytes <= n_bytes else Statement(n_bytes=stated_bytes)
    tracks = [
        track
        for track in _find_boxes(file, movie, b"trak")
        for handler in _find_boxes(file, track, b"mdia", b"hdlr")
        if _unpack(file, handler.start + 8, ">4s") == (b"vide",)
    ]
    track = tracks[stream]
    (sizes,) = _find_boxes(file, track, b"mdia", b"minf", b"stbl", b"stsz")
    (_, n_frames) = _unpack(file, sizes.start + 4, ">II")
    (durations,) = _find_boxes(file, track, b"mdia", b"minf", b"stbl", b"stts")
    (n_runs,) = _unpack(file, durations.start + 4, ">I")
    runs = _read_array(file, durations.start + 8, 2 * n_runs, np.dtype(">u4"))
    runs = runs.reshape(-1, 2).astype(np.int64)
    scale = _read_timescale(file, _find_boxes(file, track, b"mdia", b"mdhd")[0])
    end_s = float((runs[:, 0] * runs[:, 1]).sum() / scale)
    for edits in _find_boxes(file, track, b"edts", b"elst"):
        header = _find_boxes(file, movie, b"mvhd")[0]
        end_s = min(end_s, _read_edited(file, edits) / _read_timescale(file, header))
    last_s = end_s - float(runs[-1, 1] / scale)
    return Statement("sample table", n_frames, last_s=last_s, n_bytes=stated_bytes)


def _read_timescale(file: BinaryIO, header: Chunk) -> int:
    """Return the ticks of a second of the movie (mvhd) or of a track (mdhd)."""
    (version,) = _unpack(file, header.start, ">B")
    (scale,) = _unpack(file, header.start + (20 if version else 12), ">I")
    return int(scale)


def _read_edited(file: BinaryIO, edits: Chunk) -> int:
    """Return how much of a track is shown, in the movie's ticks."""
    version, n_edits = _unpack(file, edits.start, ">B3xI")
    width, form = (20, ">Qq4x") if version else (12, ">Ii4x")
    shown = [_unpack(file, edits.start + 8 + width * i, form) for i in range(min(n_edits, 1000))]
    return sum(duration for duration, media_time in shown if media_time >= 0)


# 2. AVI: chunks in lists


def _list_chunks(file: BinaryIO, start: int, stop: int) -> Iterator[Chunk]:
    """Yield chunks, lists by what they list."""
    while start + 8 <= stop:
        kind, size = _unpack(file, start, "<4sI")
        if not any(kind):
            return
        is_list = kind in (b"RIFF", b"LIST")
        if is_list:
            (kind,) = _unpack(file, start + 8, "<4s")
        yield Chunk(kind, start + (12 if is_list else 8), start + 8 + size)
        start += 8 + size + size % 2


def _read_avi(file: BinaryIO, stream: int) -> Statement | None:
    n_bytes = file.seek(0, os.SEEK_END)
    riffs = [chunk for chunk in _list_chunks(file, 0, n_bytes) if chunk.kind in (b"AVI ", b"AVIX")]
    parts = list(_list_chunks(file, riffs[0].start, min(riffs[0].stop, n_bytes) or n_bytes))
    (header,) = [part for part in parts if part.kind == b"hdrl"]
    lists = [part for part in _list_chunks(file, header.start, header.stop) if part.kind == b"strl"]
    videos = []
    for number, listed in enumerate(lists):
        chunks = {chunk.kind: chunk for chunk in _list_chunks(file, listed.start, listed.stop)}
        if _unpack(file, chunks[b"strh"].start, "<4s") == (b"vids",):
            videos.append((number, chunks))
    number, chunks = videos[stream]
    scale, rate, _, length = _unpack(file, chunks[b"strh"].start + 20, "<IIII")
    sizes = None
    if b"indx" in chunks:
        sizes = _read_indexes(file, chunks[b"indx"], n_bytes)
    elif index := [part for part in parts if part.kind == b"idx1" and part.stop <= n_bytes]:
        sizes = _read_index(file, index[0], number)
    stated_bytes = max(riff.stop for riff in riffs)
    if sizes is None or not sizes.any():
        last_s = (length - 1) * scale / rate
        return Statement("header", None, length, last_s, n_bytes=stated_bytes)
    # An entry of no bytes stands for a time without a frame.
    return Statement(
        "index",
        int((sizes > 0).sum()),
        None if length == len(sizes) else length,
        last_s=(len(sizes) - 1) * scale / rate,
        n_bytes=stated_bytes,
    )


def _read_index(file: BinaryIO, index: Chunk, stream: int) -> Sizes:
    entry = np.dtype([("kind", "S4"), ("flags", "<u4"), ("offset", "<u4"), ("size", "<u4")])
    entries = _read_array(file, index.start, (index.stop - index.start) // entry.itemsize, entry)
    own = np.isin(entries["kind"], [b"%02d%s" % (stream, kind) for kind in (b"dc", b"db")])
    sizes: Sizes = entries["size"][own]
    return sizes


def _read_indexes(file: BinaryIO, index: Chunk, n_bytes: int) -> Sizes | None:
    """Read an index that lies in several places; None where one is not there."""
    (n_parts,) = _unpack(file, index.start + 4, "<I")
    sizes: list[Sizes] = [np.empty(0, np.uint32)]
    for part in range(min(n_parts, (index.stop - index.start - 24) // 16)):
        place, n_stated, _ = _unpack(file, index.start + 24 + 16 * part, "<QII")
        kind, n_entries = _unpack(file, place, "<4s8xI")
        if kind[:2] != b"ix" or place + n_stated > n_bytes:
            return None
        table: Sizes = _read_array(file, place + 32, 2 * n_entries, np.dtype("<u4"))
        sizes.append(table[1::2] & np.uint32(0x7FFFFFFF))  # The highest bit is no part of a size.
    return np.concatenate(sizes)
