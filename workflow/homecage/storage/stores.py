"""Stores: numeric arrays in zarr 3 directories, complete and undamaged or refused.

A store is a group of arrays that grow along their first axis, kept as a few large shards of small
raw chunks. zarr alone reads a missing shard as zeros and a flipped bit as data, so every chunk
carries a checksum (crc32c) and the attributes carry the exact size of every shard file. (A chunk of
zeros alone is not stored; the shard's index, with a checksum too, says so.) The files hold nothing
but what was written: the same rows give the same bytes.

Shards are written and read here, chunk by chunk, in zarr's own bytes. zarr and its fast pipeline, zarrs,
take a whole shard at a time and copy it twice, and leave the checksums out when they read a part of one.
Any zarr reads what is written here.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import google_crc32c
import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec

from homecage.errors import StoreError
from homecage.storage.publish import publish

FORMAT = 1
"""The version of the layout; a store of another version is refused."""

_HEADER = "homecage"  # The group attribute that holds the store's own description.
_METADATA = "zarr.json"
_NOT_STORED = 2**64 - 1  # In a shard's index: a chunk of zeros alone.


@dataclass(frozen=True)
class ArraySpec:
    """The form of one array: everything but its length.

    ``shape_tail`` is the shape of one row; ``chunk`` and ``shard`` are rows per chunk (the unit of
    reading and writing) and rows per shard (the file).
    """

    shape_tail: tuple[int, ...]
    dtype: str
    chunk: int
    shard: int

    def __post_init__(self) -> None:
        if self.chunk < 1 or self.shard % self.chunk:
            raise ValueError(f"a shard of {self.shard} rows is not whole chunks of {self.chunk}")


class StoreWriter:
    """Takes rows in blocks of any length and writes whole chunks as they fill."""

    def __init__(self, folder: Path, arrays: Mapping[str, ArraySpec]) -> None:
        """Make empty arrays in a folder."""
        self.attributes: dict[str, Any] = {}
        """The store's attributes (JSON values); may be filled until the ``with`` block ends."""
        self._shards = {name: _ArrayWriter(folder / name, spec) for name, spec in arrays.items()}

    def append(self, name: str, block: NDArray[Any]) -> None:
        """Append rows to an array.

        Raises:
            ValueError: the block's row shape or dtype is not the array's.
        """
        self._shards[name].append(block)

    def _finish(self) -> dict[str, Any]:
        """Write the rows still in memory; return what each array must be when it is opened."""
        return {name: shards.finish() for name, shards in self._shards.items()}


class _ArrayWriter:
    """One array being written: the rows of an unfinished chunk in memory, all before on disk."""

    def __init__(self, folder: Path, spec: ArraySpec) -> None:
        self._array = zarr.create_array(
            folder,
            zarr_format=3,
            shape=(0, *spec.shape_tail),
            dtype=spec.dtype,
            chunks=(spec.chunk, *spec.shape_tail),
            shards=(spec.shard, *spec.shape_tail),
            compressors=[Crc32cCodec()],
            filters=None,
            fill_value=0,
            chunk_key_encoding={"name": "default", "separator": "."},
        )
        self._folder = folder
        self._waiting = np.zeros((spec.chunk, *spec.shape_tail), dtype=spec.dtype)
        self._n_rows = 0
        self._chunks_per_shard = spec.shard // spec.chunk
        self._shard: _ShardWriter | None = None

    def append(self, block: NDArray[Any]) -> None:
        waiting = self._waiting
        if block.shape[1:] != waiting.shape[1:] or block.dtype != waiting.dtype:
            raise ValueError(
                f"array {self._folder.name!r} takes rows {waiting.shape[1:]} of {waiting.dtype}, "
                f"got {block.shape[1:]} of {block.dtype}"
            )
        while len(block):
            filled = self._n_rows % len(waiting)
            rows = block[: len(waiting) - filled]
            if len(rows) < len(waiting):  # A whole chunk is written from where it lies.
                waiting[filled : filled + len(rows)] = rows
                rows = waiting[: filled + len(rows)]
            if len(rows) == len(waiting):
                self._write_chunk(rows)
            self._n_rows += len(rows) - filled
            block = block[len(rows) - filled :]

    def finish(self) -> dict[str, Any]:
        if filled := self._n_rows % len(self._waiting):
            self._waiting[filled:] = 0
            self._write_chunk(self._waiting)
        self._end_shard()
        self._array.resize((self._n_rows, *self._waiting.shape[1:]))
        return {
            "metadata_sha256": _hash_metadata(self._folder),
            "shard_bytes": _measure_shards(self._folder),
        }

    def _write_chunk(self, chunk: NDArray[Any]) -> None:
        if self._shard is None:
            place = self._n_rows // len(self._waiting) // self._chunks_per_shard
            key = self._array.metadata.encode_chunk_key((place, *[0] * (chunk.ndim - 1)))
            self._shard = _ShardWriter(self._folder / key, self._chunks_per_shard)
        self._shard.append(chunk)
        if self._shard.full:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._shard is not None:
            self._shard.finish()
            self._shard = None


class _ShardWriter:
    """One shard being written: raw chunks with a checksum each, then the index of where they lie."""

    def __init__(self, path: Path, n_chunks: int) -> None:
        self._path = path
        self._file = path.open("xb")
        self._index = np.full((n_chunks, 2), _NOT_STORED, dtype="<u8")  # Offset, length in bytes
        self._n_taken = 0

    @property
    def full(self) -> bool:
        return self._n_taken == len(self._index)

    def append(self, chunk: NDArray[Any]) -> None:
        raw = np.ascontiguousarray(chunk, dtype=chunk.dtype.newbyteorder("<"))
        values = raw.view(np.uint8).ravel()
        if values[:64].any() or values.any():  # Most chunks show it at once.
            offset = self._file.tell()
            self._write(raw)
            self._index[self._n_taken] = offset, self._file.tell() - offset
        self._n_taken += 1

    def finish(self) -> None:
        empty = self._file.tell() == 0
        self._write(self._index)
        self._file.close()
        if empty:
            self._path.unlink()

    def _write(self, raw: NDArray[Any]) -> None:
        self._file.write(raw.data)
        self._file.write(google_crc32c.value(raw).to_bytes(4, "little"))


@contextmanager
def write_store(path: Path, *, kind: str, arrays: Mapping[str, ArraySpec]) -> Iterator[StoreWriter]:
    """Write a store that appears at ``path`` whole when the block ends, or not at all.

    Memory is bounded by one chunk of each array.
    """
    with publish(path) as temporary:
        writer = StoreWriter(temporary, arrays)
        yield writer
        header = {"format": FORMAT, "kind": kind, "arrays": writer._finish()}
        attributes = {**writer.attributes, _HEADER: header}
        header["sha256"] = _hash_attributes(attributes)
        zarr.create_group(temporary, zarr_format=3, attributes=attributes)


@dataclass(frozen=True)
class StoredArray:
    """An array of a store: read lazily with numpy's basic indexing, never without its checksums."""

    store: Path
    name: str
    _array: Any = field(repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        return tuple(self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        dtype: np.dtype[Any] = self._array.dtype
        return dtype

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, rows: int | slice) -> NDArray[Any]:
        """Read one row, or consecutive rows, and check every chunk that they lie in.

        Raises:
            IndexError: there is no such row.
            StoreError: a chunk is damaged.
        """
        if not isinstance(rows, slice):
            row = range(len(self))[rows]
            return np.asarray(self[row : row + 1][0])
        start, stop, step = rows.indices(len(self))
        stop = max(start, stop)
        if step != 1:
            raise IndexError(f"rows are read one after the other, not every {step}")
        shard_rows = self._array.shards[0]
        read = np.zeros((stop - start, *self.shape[1:]), self.dtype)
        try:
            for first in range(start - start % shard_rows, stop, shard_rows):
                if own := range(max(start, first), min(stop, first + shard_rows)):
                    self._read_shard(read[own.start - start : own.stop - start], own, first)
        except (OSError, ValueError) as error:
            raise StoreError(self.store, f"array {self.name!r} is damaged ({error})") from error
        return read

    def _read_shard(self, read: NDArray[Any], rows: range, first: int) -> None:
        """Read these rows of the shard that begins with row ``first``; zeros are there already."""
        chunk_rows, n_chunks = self._array.chunks[0], self._array.shards[0] // self._array.chunks[0]
        key = (first // self._array.shards[0], *[0] * (len(self.shape) - 1))
        path = self.store / self.name / self._array.metadata.encode_chunk_key(key)
        if not path.exists():
            return  # Zeros alone; that no other shard is missing was seen when the store was opened.
        with path.open("rb") as file:
            file.seek(-(16 * n_chunks + 4), os.SEEK_END)
            index = np.frombuffer(_read_checked(file, 16 * n_chunks + 4), "<u8").reshape(-1, 2)
            for chunk in range(
                (rows[0] - first) // chunk_rows, (rows[-1] - first) // chunk_rows + 1
            ):
                offset, n_bytes = index[chunk]
                if offset == _NOT_STORED:
                    continue
                file.seek(offset)
                values = np.frombuffer(
                    _read_checked(file, int(n_bytes)), self.dtype.newbyteorder("<")
                ).reshape(chunk_rows, *self.shape[1:])
                start = first + chunk * chunk_rows
                own = range(max(start, rows.start), min(start + chunk_rows, rows.stop))
                read[own.start - rows.start : own.stop - rows.start] = values[
                    own.start - start : own.stop - start
                ]


def _read_checked(file: IO[bytes], n_bytes: int) -> NDArray[np.uint8]:
    """Read bytes that end with their own checksum; return them without it."""
    read = np.frombuffer(file.read(n_bytes), np.uint8)
    content, checksum = read[:-4], read[-4:]
    if google_crc32c.value(content) != int.from_bytes(checksum.tobytes(), "little"):
        raise ValueError("a checksum is wrong")
    return content


@dataclass(frozen=True)
class Store:
    """An open store: its arrays by name, and its attributes."""

    path: Path
    arrays: Mapping[str, StoredArray]
    attributes: Mapping[str, Any]

    def __getitem__(self, name: str) -> StoredArray:
        """Return the array of that name."""
        return self.arrays[name]


def open_store(path: Path, *, kind: str) -> Store:
    """Open a store for reading, after a check that every shard is there in its exact size.

    Raises:
        StoreError: not a store, of another kind or version, or a shard is missing, surplus or of
            another size. A damaged chunk raises it when it is read.
    """
    attributes = _read_attributes(path)
    try:
        header = attributes.pop(_HEADER)
        found, version, arrays = header["kind"], header["format"], dict(header["arrays"])
    except (KeyError, TypeError, ValueError):
        raise StoreError(path, f"expected a store of {kind}, found no homecage store") from None
    if (found, version) != (kind, FORMAT):
        raise StoreError(
            path, f"expected a store of {kind} (format {FORMAT}), found {found} (format {version})"
        )
    return Store(
        path,
        {name: _open_array(path, name, expected) for name, expected in arrays.items()},
        attributes,
    )


def _read_attributes(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise StoreError(path, "not a store" if path.exists() else "no such store")
    try:
        metadata = json.loads((path / _METADATA).read_text(encoding="utf-8"))
        attributes = dict(metadata.pop("attributes"))
        damaged = metadata != {"zarr_format": 3, "node_type": "group"} or (
            _HEADER in attributes and attributes[_HEADER]["sha256"] != _hash_attributes(attributes)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        damaged = True
    if damaged:
        raise StoreError(path, f"not a store: {_METADATA} is missing or damaged")
    return attributes


def _hash_attributes(attributes: Mapping[str, Any]) -> str:
    """Hash all attributes but the hash itself."""
    header = {key: value for key, value in attributes[_HEADER].items() if key != "sha256"}
    whole = json.dumps({**attributes, _HEADER: header}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _open_array(path: Path, name: str, expected: Mapping[str, Any]) -> StoredArray:
    sizes, found = expected.get("shard_bytes", {}), _measure_shards(path / name)
    if missing := sorted(sizes.keys() - found.keys()):
        raise StoreError(path, f"array {name!r} lacks {len(missing)} shards, first {missing[0]}")
    if surplus := sorted(found.keys() - sizes.keys()):
        raise StoreError(path, f"array {name!r} has a file that is not its own: {surplus[0]}")
    for shard, size in sizes.items():
        if found[shard] != size:
            raise StoreError(
                path, f"array {name!r}: shard {shard} has {found[shard]} bytes, expected {size}"
            )
    if _hash_metadata(path / name) != expected.get("metadata_sha256"):
        raise StoreError(path, f"array {name!r}: {_METADATA} is missing or damaged")
    return StoredArray(path, name, zarr.open_array(path / name, mode="r", zarr_format=3))


def _hash_metadata(folder: Path) -> str | None:
    file = folder / _METADATA
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _measure_shards(folder: Path) -> dict[str, int]:
    if not folder.is_dir():
        return {}
    return {
        file.name: file.stat().st_size
        for file in sorted(folder.iterdir())
        if file.name != _METADATA
    }
