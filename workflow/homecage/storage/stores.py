"""Stores: numeric arrays in zarr 3 directories, complete and undamaged or refused.

A store is a group of arrays that grow along their first axis, kept as a few large shards of small
chunks. zarr alone reads a missing shard as zeros and a flipped bit as data. So every chunk is
compressed by zstd with zstd's own checksum (zarrs, which makes zarr fast, does not look at that of the
crc32c codec when it reads a part of a shard), and the attributes carry the exact size of every shard.
zarr holds a shard in memory to write it; here its chunks are written as they fill, so that a day of video
is a handful of files. The same rows give the same bytes.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import google_crc32c
import numpy as np
import zarr
from numcodecs.zstd import Zstd
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from homecage.errors import StoreError
from homecage.storage.publish import publish

FORMAT = 2
"""The version of the layout; a store of another version is refused."""

_HEADER = "homecage"  # The group attribute that holds the store's own description.
_METADATA = "zarr.json"
_LEVEL = 1  # of zstd


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
        self._arrays = {name: _ArrayWriter(folder / name, spec) for name, spec in arrays.items()}

    def append(self, name: str, block: NDArray[Any]) -> None:
        """Append rows to an array.

        Raises:
            ValueError: the block's row shape or dtype is not the array's.
        """
        self._arrays[name].append(block)

    def close(self) -> None:
        """Let go of the files, whole or not."""
        for array in self._arrays.values():
            array.close()

    def _finish(self) -> dict[str, Any]:
        """Write the rows still in memory; return what each array must be when it is opened."""
        return {name: array.finish() for name, array in self._arrays.items()}


class _ArrayWriter:
    """One array being written: the rows of an unfinished chunk in memory, all before on disk.

    A shard is its chunks, one after the other, then where each begins and its bytes, then the checksum of
    that: the layout of zarr's sharding codec.
    """

    def __init__(self, folder: Path, spec: ArraySpec) -> None:
        self._array = zarr.create_array(
            folder,
            zarr_format=3,
            shape=(0, *spec.shape_tail),
            dtype=spec.dtype,
            chunks=(spec.chunk, *spec.shape_tail),
            shards=(spec.shard, *spec.shape_tail),
            compressors=[ZstdCodec(level=_LEVEL, checksum=True)],
            filters=None,
            fill_value=0,
            chunk_key_encoding={"name": "default", "separator": "."},
        )
        self._zstd = Zstd(level=_LEVEL, checksum=True)
        self._folder = folder
        self._waiting = np.zeros((spec.chunk, *spec.shape_tail), dtype=spec.dtype)
        self._n_waiting = 0
        self._n_rows = 0
        self._file: IO[bytes] | None = None  # the shard being written
        self._index = np.empty((spec.shard // spec.chunk, 2), dtype="<u8")  # begin, bytes
        self._n_chunks = 0  # of this shard
        self._shard_bytes: dict[str, int] = {}

    def append(self, block: NDArray[Any]) -> None:
        waiting = self._waiting
        if block.shape[1:] != waiting.shape[1:] or block.dtype != waiting.dtype:
            raise ValueError(
                f"array {self._folder.name!r} takes rows {waiting.shape[1:]} of {waiting.dtype}, "
                f"got {block.shape[1:]} of {block.dtype}"
            )
        self._n_rows += len(block)
        while len(block):
            rows = block[: len(waiting) - self._n_waiting]
            waiting[self._n_waiting : self._n_waiting + len(rows)] = rows
            self._n_waiting += len(rows)
            block = block[len(rows) :]
            if self._n_waiting == len(waiting):
                self._write_chunk()

    def finish(self) -> dict[str, Any]:
        if self._n_waiting:
            self._waiting[self._n_waiting :] = 0
            self._write_chunk()
        if self._file:
            self._end_shard(self._file)
        self._array.resize((self._n_rows, *self._waiting.shape[1:]))
        return {
            "metadata_sha256": _hash_metadata(self._folder),
            "shard_bytes": self._shard_bytes,
        }

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _write_chunk(self) -> None:
        if not self._file:
            name = _name_shard(self._array, len(self._shard_bytes))
            self._file = (self._folder / name).open("wb")
            self._index[:] = np.iinfo(np.uint64).max  # No such chunk.
            self._n_chunks = 0
        chunk = self._zstd.encode(self._waiting)
        self._index[self._n_chunks] = self._file.tell(), len(chunk)
        self._file.write(chunk)
        self._n_waiting = 0
        self._n_chunks += 1
        if self._n_chunks == len(self._index):
            self._end_shard(self._file)

    def _end_shard(self, file: IO[bytes]) -> None:
        index = self._index.tobytes()
        file.write(index + google_crc32c.value(index).to_bytes(4, "little"))
        self._shard_bytes[Path(file.name).name] = file.tell()
        file.close()
        self._file = None


@contextmanager
def write_store(path: Path, *, kind: str, arrays: Mapping[str, ArraySpec]) -> Iterator[StoreWriter]:
    """Write a store that appears at ``path`` whole when the block ends, or not at all.

    Memory is bounded by one chunk of each array.
    """
    with publish(path) as temporary, closing(StoreWriter(temporary, arrays)) as writer:
        yield writer
        header = {"format": FORMAT, "kind": kind, "arrays": writer._finish()}
        attributes = {**writer.attributes, _HEADER: header}
        header["sha256"] = _hash_attributes(attributes)
        zarr.create_group(temporary, zarr_format=3, attributes=attributes)


@dataclass(frozen=True)
class StoredArray:
    """An array of a store: read lazily with numpy's basic indexing, every chunk verified."""

    store: Path
    name: str
    _array: Any = field(repr=False)
    _shards: frozenset[str] = field(repr=False)

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
        """Read one row, or consecutive rows, and verify every chunk that they lie in.

        Raises:
            IndexError: there is no such row.
            StoreError: a chunk is damaged.
        """
        if not isinstance(rows, slice):
            row = range(len(self))[rows]
            return np.asarray(self[row : row + 1][0])
        start, stop, step = rows.indices(len(self))
        if step != 1:
            raise IndexError(f"rows are read one after the other, not every {step}")
        stop = max(start, stop)
        try:
            read = np.asarray(self._array[start:stop])
        except (OSError, RuntimeError, ValueError) as error:
            raise StoreError(self.store, f"array {self.name!r} is damaged ({error})") from error
        self._check_shards(start, stop)
        return read

    def _check_shards(self, start: int, stop: int) -> None:
        """Refuse rows whose shard was removed since the store was opened: zarr read zeros."""
        rows = self._array.shards[0]
        for place in range(start // rows, -(-stop // rows)):
            shard = _name_shard(self._array, place)
            if shard in self._shards and not (self.store / self.name / shard).exists():
                raise StoreError(self.store, f"array {self.name!r} has lost its shard {shard}")


def _name_shard(array: Any, place: int) -> str:
    name: str = array.metadata.encode_chunk_key((place, *[0] * (array.ndim - 1)))
    return name


@dataclass(frozen=True)
class Store:
    """An open store: its arrays by name, and its attributes."""

    path: Path
    arrays: Mapping[str, StoredArray]
    attributes: Mapping[str, Any]

    def __getitem__(self, name: str) -> StoredArray:
        """Return the array of that name.

        Raises:
            StoreError: the store has none of that name.
        """
        if name not in self.arrays:
            raise StoreError(self.path, f"has no array {name!r}, only: {', '.join(self.arrays)}")
        return self.arrays[name]


def open_store(path: Path, *, kind: str, threads: int = 1) -> Store:
    """Open a store for reading, after a check that every shard is there in its exact size.

    Args:
        path: the store.
        kind: what it must be.
        threads: how many chunks of one reading are decompressed at a time.

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
    with _use_zarrs(threads):
        opened = {name: _open_array(path, name, expected) for name, expected in arrays.items()}
    return Store(path, opened, attributes)


def _use_zarrs(threads: int) -> AbstractContextManager[Any]:
    """Return a context; arrays opened in it are read by zarrs with so many threads."""
    settings: AbstractContextManager[Any] = zarr.config.set(
        {
            "codec_pipeline.path": "zarrs.ZarrsCodecPipeline",
            "codec_pipeline.strict": True,  # Never zarr's own pipeline, which is ten times slower.
            "threading.max_workers": threads,
        }
    )
    return settings


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
    array = zarr.open_array(path / name, mode="r", zarr_format=3)
    return StoredArray(path, name, array, frozenset(sizes))


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
