"""The common form of predictions and of annotations: one Parquet table a video, one row a frame.

Every method that is evaluated, people included, is read in this form, so that a method is added
without touching evaluation.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from homecage.errors import StoreError
from homecage.storage.publish import publish
from homecage.study.behaviors import BEHAVIORS, UNLABELED

PROBABILITIES: tuple[str, ...] = tuple(f"p_{behavior}" for behavior in BEHAVIORS)
"""The K columns that hold a prediction's probabilities, in the order of ``BEHAVIORS``."""

_ANNOTATION_SCHEMA = pa.schema([("frame", pa.int64()), ("behavior", pa.string())])
_PREDICTION_SCHEMA = pa.schema(
    [
        ("frame", pa.int64()),
        ("time_s", pa.float64()),
        ("behavior", pa.string()),
        *((column, pa.float32()) for column in PROBABILITIES),
    ]
)


def write_predictions(
    path: Path,
    time_s: NDArray[np.float64],  # (T,)
    probability: NDArray[np.float32],  # (T, K)
    labeled: NDArray[np.bool_] | None = None,  # (T,)
) -> None:
    """Write what a method says of each frame of a video; its behavior is the likeliest one.

    Where ``labeled`` is False the method says nothing: behavior and probabilities are null there.

    Raises:
        ValueError: the shapes do not agree, or a probability is not finite where it counts.
    """
    n_frames = len(time_s)
    if labeled is None:
        labeled = np.ones(n_frames, dtype=bool)
    if probability.shape != (n_frames, len(BEHAVIORS)) or labeled.shape != (n_frames,):
        raise ValueError(
            f"{n_frames} times, probabilities {probability.shape}, labeled {labeled.shape}"
        )
    if not np.isfinite(probability[labeled]).all():
        raise ValueError("a probability is not finite")
    codes = np.where(labeled, probability.argmax(axis=1), UNLABELED)
    columns = [
        pa.array(np.arange(n_frames, dtype=np.int64)),
        pa.array(np.asarray(time_s, dtype=np.float64)),
        _name_behaviors(codes),
        *(
            pa.array(column.astype(np.float32), mask=~labeled)
            for column in np.ascontiguousarray(probability.T)
        ),
    ]
    _write_table(path, pa.Table.from_arrays(columns, schema=_PREDICTION_SCHEMA))


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a method's predictions of a video: frame, time_s, behavior, one p_ column per behavior.

    Raises:
        StoreError: not such a table, or its frames are not 0 to T - 1.
    """
    table: pd.DataFrame = _read_table(path, _PREDICTION_SCHEMA).to_pandas()
    return table


def write_annotation(path: Path, codes: NDArray[np.int8]) -> None:
    """Write an annotator's code of each frame (T,): an index in ``BEHAVIORS`` or ``UNLABELED``."""
    columns = [pa.array(np.arange(len(codes), dtype=np.int64)), _name_behaviors(codes)]
    _write_table(path, pa.Table.from_arrays(columns, schema=_ANNOTATION_SCHEMA))


def read_annotation(path: Path) -> NDArray[np.int8]:
    """Read an annotator's code of each frame (T,).

    Raises:
        StoreError: not such a table, or its frames are not 0 to T - 1.
    """
    return encode_behaviors(_read_table(path, _ANNOTATION_SCHEMA)["behavior"].to_pylist())


def encode_behaviors(names: Sequence[str | None]) -> NDArray[np.int8]:
    """Turn names of behaviors into codes; None, and every other null, is ``UNLABELED``."""
    code_of = {name: code for code, name in enumerate(BEHAVIORS)}
    return np.array(
        [code_of[name] if isinstance(name, str) else UNLABELED for name in names], dtype=np.int8
    )


def _name_behaviors(codes: NDArray[np.integer]) -> pa.Array:
    if len(codes) and not UNLABELED <= codes.min() <= codes.max() < len(BEHAVIORS):
        raise ValueError(f"codes {codes.min()} to {codes.max()} are not all behaviors")
    names = np.array([*BEHAVIORS, None], dtype=object)  # UNLABELED, -1, is the last.
    return pa.array(names[codes], type=pa.string())


def _write_table(path: Path, table: pa.Table) -> None:
    with publish(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def _read_table(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        table = pq.read_table(path, partitioning=None, page_checksum_verification=True)
    except FileNotFoundError:
        raise StoreError(path, "no such table") from None
    except (OSError, pa.ArrowException) as error:
        raise StoreError(path, f"not a Parquet table or a damaged one ({error})") from error
    if not table.schema.equals(schema):
        found = ", ".join(f"{field.name} {field.type}" for field in table.schema)
        expected = ", ".join(f"{field.name} {field.type}" for field in schema)
        raise StoreError(path, f"expected columns {expected}; found {found}")
    if not np.array_equal(table["frame"].to_numpy(), np.arange(table.num_rows)):
        raise StoreError(path, f"its {table.num_rows} rows are not the frames 0 to T - 1 in order")
    if unknown := set(table["behavior"].unique().to_pylist()) - {*BEHAVIORS, None}:
        raise StoreError(path, f"unknown behavior {min(unknown)!r}")
    return table
