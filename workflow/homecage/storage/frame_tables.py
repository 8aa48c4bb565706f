"""What is known of each frame of a video: times, annotations, predictions; one Parquet table each.

Every method that is evaluated, people included, writes predictions in this form, so that a method is
added without touching evaluation.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from homecage.errors import StoreError
from homecage.storage.expect import expect
from homecage.storage.publish import publish

Codes = NDArray[np.int8]
"""A behavior for each frame: its place in the experiment's list of behaviors, or ``UNLABELED``."""

UNLABELED = -1

_FRAME = pa.field("frame", pa.int64())
_TIME = pa.field("time_s", pa.float64())
_BEHAVIOR = pa.field("behavior", pa.string())

_TIMES = pa.schema([_FRAME, _TIME])
_ANNOTATION = pa.schema([_FRAME, _BEHAVIOR])

# Where the store of frames is of another rate than the video:
_N_SHOWN = pa.field("n_shown", pa.int64())
_RESAMPLED_TIMES = pa.schema([*_TIMES, _N_SHOWN, pa.field("shown_as", pa.int64())])
_RESAMPLED_ANNOTATION = pa.schema([*_ANNOTATION, _N_SHOWN])

_METADATA = b"homecage"  # The key in the Parquet schema.


@dataclass(frozen=True)
class Resampling:
    """How a video's frames (T,) are shown at another rate, as the frames (N,) of its store."""

    n_shown: NDArray[np.int64]  # (T,)
    """How often each is there, one after the other; N is their sum."""
    shown_as: NDArray[np.int64]  # (T,)
    """The frame of the store that speaks for each."""

    def list_shown(self) -> NDArray[np.int64]:
        """Return the frame of the video that each of the store's is, (N,)."""
        return np.repeat(np.arange(len(self.n_shown)), self.n_shown)


@dataclass(frozen=True)
class Prediction:
    """What a method says of each frame of a video."""

    codes: Codes  # (T,)
    time_s: NDArray[np.float64]  # (T,)
    probability: NDArray[np.float32]  # (T, K), NaN where it says nothing


def write_times(
    path: Path, time_s: NDArray[np.float64], resampling: Resampling | None = None
) -> None:
    """Write when each frame (T,) of a video is shown, in seconds from its beginning.

    And how they are shown in the video's store of frames, where that is of another rate.
    """
    time_s = np.asarray(time_s, np.float64)
    if resampling is None:
        _write_table(path, _TIMES, [time_s])
    else:
        _write_table(path, _RESAMPLED_TIMES, [time_s, resampling.n_shown, resampling.shown_as])


def read_times(path: Path) -> NDArray[np.float64]:
    """Read when each frame (T,) of a video is shown.

    Raises:
        StoreError: not such a table, or its frames are not 0 to T - 1.
    """
    return _get_times(_read_table(path, _TIMES, _RESAMPLED_TIMES))


def read_resampling(path: Path) -> Resampling | None:
    """Read from a table of times how the frames are shown in the video's store; None: as they are.

    Raises:
        StoreError: as ``read_times``.
    """
    table = _read_table(path, _TIMES, _RESAMPLED_TIMES)
    if table.num_columns == len(_TIMES):
        return None
    return Resampling(table["n_shown"].to_numpy(), table["shown_as"].to_numpy())


def write_annotation(
    path: Path,
    codes: NDArray[np.integer],
    behaviors: Sequence[str],
    n_shown: NDArray[np.integer] | None = None,
) -> None:
    """Write an annotator's behavior of each frame (T,) of a video.

    ``n_shown`` (T,) says how often each is in the video's store of frames, where that is of another rate.
    """
    names = _name_behaviors(codes, behaviors)
    if n_shown is None:
        _write_table(path, _ANNOTATION, [names])
    else:
        _write_table(path, _RESAMPLED_ANNOTATION, [names, n_shown])


def read_annotation(path: Path, behaviors: Sequence[str]) -> Codes:
    """Read an annotator's behavior of each frame (T,) of a video.

    Raises:
        StoreError: not such a table, a behavior of another list, or its frames are not 0 to T - 1.
    """
    return _get_codes(path, _read_table(path, _ANNOTATION, _RESAMPLED_ANNOTATION), behaviors)


def read_shown_annotation(path: Path, behaviors: Sequence[str]) -> Codes:
    """Read an annotator's behavior of each frame (N,) of a video's store, which may be of another rate.

    Raises:
        StoreError: as ``read_annotation``.
    """
    table = _read_table(path, _ANNOTATION, _RESAMPLED_ANNOTATION)
    codes = _get_codes(path, table, behaviors)
    if table.num_columns == len(_ANNOTATION):
        return codes
    return np.repeat(codes, table["n_shown"].to_numpy())


def write_predictions(
    path: Path,
    time_s: NDArray[np.float64],  # (T,)
    probability: NDArray[np.floating],  # (T, K)
    behaviors: Sequence[str],
    *,
    method: str,
    video: str,
    labeled: NDArray[np.bool_] | None = None,  # (T,)
    made_from: Mapping[str, Any] | None = None,
) -> None:
    """Write what a method says of each frame of a video; its behavior is the likeliest one.

    Args:
        path: the table.
        time_s: when each frame is shown.
        probability: of each behavior.
        behaviors: the K behaviors in order.
        method: whose prediction it is.
        video: the video's key.
        labeled: where it is False the method says nothing, and behavior and probabilities are null.
        made_from: what else the file is to say of its making (JSON values).

    Raises:
        ValueError: the shapes do not agree, or a probability is not finite where it counts.
    """
    n_frames = len(time_s)
    if labeled is None:
        labeled = np.ones(n_frames, dtype=bool)
    if probability.shape != (n_frames, len(behaviors)) or labeled.shape != (n_frames,):
        raise ValueError(
            f"{n_frames} times, {len(behaviors)} behaviors, probabilities {probability.shape}, "
            f"labeled {labeled.shape}"
        )
    if not np.isfinite(probability[labeled]).all():
        raise ValueError("a probability is not finite")
    codes = np.where(labeled, probability.argmax(axis=1), UNLABELED)
    columns = [
        np.asarray(time_s, np.float64),
        _name_behaviors(codes, behaviors),
        *(
            pa.array(column.astype(np.float32), mask=~labeled)
            for column in np.ascontiguousarray(probability.T)
        ),
    ]
    metadata = {**(made_from or {}), "method": method, "video": video}
    schema = _make_prediction_schema(behaviors).with_metadata(
        {_METADATA: json.dumps(metadata, sort_keys=True)}
    )
    _write_table(path, schema, columns)


def read_predictions(
    path: Path, behaviors: Sequence[str], *, method: str, video: str
) -> Prediction:
    """Read what a method says of each frame of a video.

    Raises:
        StoreError: not such a table, of another method, video or list of behaviors, or its frames
            are not 0 to T - 1.
    """
    schema = _make_prediction_schema(behaviors)
    table = _read_table(path, schema)
    expect(path, _get_metadata(path, table.schema), method=method, video=video)
    probability = np.empty((table.num_rows, len(behaviors)), np.float32)
    for k, behavior in enumerate(behaviors):
        probability[:, k] = table[f"p_{behavior}"].to_numpy()
    return Prediction(_get_codes(path, table, behaviors), _get_times(table), probability)


def encode_behaviors(names: Iterable[object], behaviors: Sequence[str]) -> Codes:
    """Turn names of behaviors into codes; None, and every other null, is ``UNLABELED``."""
    code_of = {name: code for code, name in enumerate(behaviors)}
    return np.array(
        [code_of[name] if isinstance(name, str) else UNLABELED for name in names], dtype=np.int8
    )


def read_making(path: Path) -> dict[str, Any]:
    """Read what a table of predictions says of its making, and none of its rows.

    Raises:
        StoreError: not such a table.
    """
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(path, f"not a Parquet table or a damaged one ({error})") from error
    return _get_metadata(path, schema)


def _make_prediction_schema(behaviors: Sequence[str]) -> pa.Schema:
    probabilities = [pa.field(f"p_{behavior}", pa.float32()) for behavior in behaviors]
    return pa.schema([_FRAME, _TIME, _BEHAVIOR, *probabilities])


def _name_behaviors(codes: NDArray[np.integer], behaviors: Sequence[str]) -> pa.Array:
    if len(codes) and not UNLABELED <= codes.min() <= codes.max() < len(behaviors):
        raise ValueError(
            f"codes {codes.min()} to {codes.max()} are not all of {len(behaviors)} behaviors"
        )
    names = np.array([*behaviors, None], dtype=object)  # UNLABELED, -1, is the last.
    return pa.array(names[codes], type=pa.string())


def _write_table(path: Path, schema: pa.Schema, columns: list[Any]) -> None:
    """Write the columns after ``frame``."""
    frame = np.arange(len(columns[0]), dtype=np.int64)
    table = pa.Table.from_arrays([pa.array(column) for column in (frame, *columns)], schema=schema)
    with publish(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def _read_table(path: Path, *schemas: pa.Schema) -> pa.Table:
    """Read a table of the first of these schemas, or of another one of them."""
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
    except FileNotFoundError:
        raise StoreError(path, "no such table") from None
    except (OSError, pa.ArrowException) as error:
        raise StoreError(path, f"not a Parquet table or a damaged one ({error})") from error
    if not any(table.schema.equals(schema) for schema in schemas):
        raise StoreError(
            path, f"its columns are {_describe(table.schema)}, expected {_describe(schemas[0])}"
        )
    if not np.array_equal(table["frame"].to_numpy(), np.arange(table.num_rows)):
        raise StoreError(path, f"its {table.num_rows} rows are not the frames 0 to T - 1 in order")
    return table


def _describe(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}" for field in schema)


def _get_times(table: pa.Table) -> NDArray[np.float64]:
    time_s: NDArray[np.float64] = table["time_s"].to_numpy()
    return time_s


def _get_codes(path: Path, table: pa.Table, behaviors: Sequence[str]) -> Codes:
    named = table["behavior"]
    if unknown := set(named.unique().to_pylist()) - {*behaviors, None}:
        raise StoreError(
            path,
            f"found the behavior {min(unknown)!r}, which is none of: {', '.join(behaviors)}",
        )
    # Not through Python's strings, of which a day of video would make millions.
    places = pc.index_in(named, value_set=pa.array(behaviors, pa.string())).fill_null(UNLABELED)
    codes: Codes = places.to_numpy().astype(np.int8)
    return codes


def _get_metadata(path: Path, schema: pa.Schema) -> dict[str, Any]:
    try:
        return dict(json.loads((schema.metadata or {})[_METADATA]))
    except (KeyError, ValueError, TypeError):
        raise StoreError(path, "does not say which method and video it is of") from None
