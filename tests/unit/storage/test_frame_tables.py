"""Predictions and annotations come back as they were written, or are refused."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.errors import StoreError
from homecage.storage.frame_tables import (
    PROBABILITIES,
    encode_behaviors,
    read_annotation,
    read_predictions,
    write_annotation,
    write_predictions,
)
from homecage.study.behaviors import BEHAVIORS, UNLABELED


def make_predictions(n_frames=20, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet(np.ones(len(BEHAVIORS)), n_frames).astype(np.float32)
    return np.arange(n_frames) / 30, probability


def test_predictions_come_back(tmp_path):
    time_s, probability = make_predictions()
    write_predictions(tmp_path / "a.parquet", time_s, probability)
    table = read_predictions(tmp_path / "a.parquet")
    assert list(table.columns) == ["frame", "time_s", "behavior", *PROBABILITIES]
    assert PROBABILITIES[0] == "p_drink" and len(PROBABILITIES) == 8
    assert np.array_equal(table["frame"], np.arange(20))
    assert np.array_equal(table["time_s"], time_s)
    assert np.array_equal(table[list(PROBABILITIES)].to_numpy(), probability)
    assert list(table["behavior"]) == [BEHAVIORS[k] for k in probability.argmax(axis=1)]


def test_the_columns_have_the_types_that_are_relied_on(tmp_path):
    write_predictions(tmp_path / "a.parquet", *make_predictions())
    types = {field.name: field.type for field in pq.read_schema(tmp_path / "a.parquet")}
    assert types["frame"] == pa.int64() and types["time_s"] == pa.float64()
    assert types["behavior"] == pa.string() and types["p_walk"] == pa.float32()


def test_a_method_may_say_nothing_of_a_frame(tmp_path):
    time_s, probability = make_predictions()
    labeled = np.arange(20) % 3 > 0
    probability[~labeled] = np.nan
    write_predictions(tmp_path / "a.parquet", time_s, probability, labeled)
    table = read_predictions(tmp_path / "a.parquet")
    assert np.array_equal(table["behavior"].notna(), labeled)
    assert np.array_equal(table["p_rest"].notna(), labeled)
    assert pq.read_table(tmp_path / "a.parquet")["p_rest"].null_count == (~labeled).sum()


def test_probabilities_of_another_form_are_refused(tmp_path):
    time_s, probability = make_predictions()
    with pytest.raises(ValueError, match="20 times"):
        write_predictions(tmp_path / "a.parquet", time_s, probability[:, :7])
    with pytest.raises(ValueError, match="not finite"):
        write_predictions(tmp_path / "a.parquet", time_s, probability * np.float32("nan"))
    assert not (tmp_path / "a.parquet").exists()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(UNLABELED, len(BEHAVIORS) - 1), max_size=50))
def test_codes_come_back(tmp_path_factory, codes):
    path = tmp_path_factory.mktemp("annotations") / "a.parquet"
    write_annotation(path, np.array(codes, dtype=np.int8))
    read = read_annotation(path)
    assert read.dtype == np.int8 and read.tolist() == codes
    names = pq.read_table(path)["behavior"].to_pylist()
    assert names == [None if code == UNLABELED else BEHAVIORS[code] for code in codes]


def test_every_form_of_null_is_unlabeled():
    assert encode_behaviors([None, float("nan"), pd.NA, "walk"]).tolist() == [-1, -1, -1, 7]


def test_a_code_of_no_behavior_is_refused(tmp_path):
    with pytest.raises(ValueError, match="0 to 8"):
        write_annotation(tmp_path / "a.parquet", np.array([0, 8], dtype=np.int8))


def test_the_same_values_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_predictions(tmp_path / name, *make_predictions())
        write_annotation(tmp_path / f"{name}.annotation", np.zeros(9, dtype=np.int8))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a.annotation").read_bytes() == (tmp_path / "b.annotation").read_bytes()


def test_another_table_is_refused(tmp_path):
    write_annotation(tmp_path / "a.parquet", np.zeros(9, dtype=np.int8))
    with pytest.raises(StoreError, match="expected columns frame int64, time_s double"):
        read_predictions(tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="no such table"):
        read_annotation(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="not a Parquet table"):
        read_annotation(tmp_path / "c.parquet")


@pytest.mark.parametrize("frames", [[1, 2, 3], [0, 2, 1], [0, 1, 1], [0, 1, 3]])
def test_frames_that_do_not_count_from_zero_are_refused(tmp_path, frames):
    schema = pa.schema([("frame", pa.int64()), ("behavior", pa.string())])
    pq.write_table(pa.table([frames, ["walk"] * 3], schema=schema), tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="its 3 rows are not the frames 0 to T - 1"):
        read_annotation(tmp_path / "a.parquet")


def test_an_unknown_behavior_is_refused(tmp_path):
    schema = pa.schema([("frame", pa.int64()), ("behavior", pa.string())])
    pq.write_table(pa.table([[0, 1], ["walk", "fly"]], schema=schema), tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="unknown behavior 'fly'"):
        read_annotation(tmp_path / "a.parquet")


def test_damage_in_a_table_is_found(tmp_path):
    write_predictions(tmp_path / "a.parquet", *make_predictions(200))
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[len(content) // 3] ^= 4
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        read_predictions(tmp_path / "a.parquet")
