"""Times, annotations and predictions come back as they were written, or are refused."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.errors import StoreError
from homecage.storage.frame_tables import (
    UNLABELED,
    encode_behaviors,
    read_annotation,
    read_predictions,
    read_times,
    write_annotation,
    write_predictions,
    write_times,
)

BEHAVIORS = ("walk", "rear up", "p_sleep")  # In an order that is not the alphabet's.
OTHERS = ("walk", "sleep", "p_sleep")


def make_predictions(n_frames=20, seed=0):
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet(np.ones(len(BEHAVIORS)), n_frames).astype(np.float32)
    return np.arange(n_frames) / 30, probability


def write(path, n_frames=20, **more):
    time_s, probability = make_predictions(n_frames)
    write_predictions(
        path, time_s, probability, BEHAVIORS, **{"method": "svm", "video": "mouse 1", **more}
    )
    return time_s, probability


def read(path, behaviors=BEHAVIORS, method="svm", video="mouse 1"):
    return read_predictions(path, behaviors, method=method, video=video)


def test_predictions_come_back(tmp_path):
    time_s, probability = write(tmp_path / "a.parquet")
    prediction = read(tmp_path / "a.parquet")
    assert np.array_equal(prediction.time_s, time_s)
    assert np.array_equal(prediction.probability, probability)
    assert prediction.probability.dtype == np.float32 and prediction.codes.dtype == np.int8
    assert np.array_equal(prediction.codes, probability.argmax(axis=1))


def test_predictions_are_a_table_that_anyone_can_read(tmp_path):
    _, probability = write(tmp_path / "a.parquet", made_from={"threshold": 0.5})
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert list(table.columns) == [
        "frame",
        "time_s",
        "behavior",
        "p_walk",
        "p_rear up",
        "p_p_sleep",
    ]
    assert np.array_equal(table["frame"], np.arange(20))
    assert list(table["behavior"]) == [BEHAVIORS[k] for k in probability.argmax(axis=1)]
    assert np.array_equal(table["p_rear up"], probability[:, 1])
    schema = pq.read_schema(tmp_path / "a.parquet")
    types = {field.name: field.type for field in schema}
    assert types["frame"] == pa.int64() and types["time_s"] == pa.float64()
    assert types["behavior"] == pa.string() and types["p_walk"] == pa.float32()
    assert json.loads(schema.metadata[b"homecage"]) == {
        "method": "svm",
        "video": "mouse 1",
        "threshold": 0.5,
    }


def test_a_method_may_say_nothing_of_a_frame(tmp_path):
    time_s, probability = make_predictions()
    labeled = np.arange(20) % 3 > 0
    probability[~labeled] = np.nan
    write_predictions(
        tmp_path / "a.parquet",
        time_s,
        probability,
        BEHAVIORS,
        method="svm",
        video="mouse 1",
        labeled=labeled,
    )
    prediction = read(tmp_path / "a.parquet")
    assert np.array_equal(prediction.codes != UNLABELED, labeled)
    assert np.array_equal(prediction.probability, probability, equal_nan=True)
    assert pq.read_table(tmp_path / "a.parquet")["p_walk"].null_count == (~labeled).sum()


def test_a_video_without_frames_comes_back(tmp_path):
    write(tmp_path / "a.parquet", n_frames=0)
    assert read(tmp_path / "a.parquet").probability.shape == (0, 3)


def test_probabilities_of_another_form_are_refused(tmp_path):
    time_s, probability = make_predictions()
    made = {"method": "svm", "video": "mouse 1"}
    with pytest.raises(ValueError, match="20 times, 3 behaviors"):
        write_predictions(tmp_path / "a.parquet", time_s, probability[:, :2], BEHAVIORS, **made)
    with pytest.raises(ValueError, match="not finite"):
        write_predictions(
            tmp_path / "a.parquet", time_s, probability * np.float32("nan"), BEHAVIORS, **made
        )
    assert not (tmp_path / "a.parquet").exists()


def test_a_mixed_up_file_of_predictions_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    write(path)
    with pytest.raises(StoreError, match=r'a\.parquet: its method is "svm", expected "lstm"'):
        read(path, method="lstm")
    with pytest.raises(StoreError, match='its video is "mouse 1", expected "mouse 2"'):
        read(path, video="mouse 2")
    with pytest.raises(StoreError, match=r"p_rear up float, .* expected .*, p_sleep float"):
        read(path, OTHERS)
    with pytest.raises(StoreError, match="expected"):
        read(path, tuple(reversed(BEHAVIORS)))
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    with pytest.raises(StoreError, match="does not say which method"):
        read(path)


def test_what_it_was_made_from_does_not_hide_whose_it_is(tmp_path):
    write(tmp_path / "a.parquet", made_from={"method": "lstm", "video": "mouse 2"})
    read(tmp_path / "a.parquet")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_times_come_back(tmp_path_factory, times):
    path = tmp_path_factory.mktemp("times") / "a.parquet"
    write_times(path, np.array(times))
    read = read_times(path)
    assert read.dtype == np.float64 and read.tolist() == times


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(UNLABELED, len(BEHAVIORS) - 1), max_size=50))
def test_codes_come_back(tmp_path_factory, codes):
    path = tmp_path_factory.mktemp("annotations") / "a.parquet"
    write_annotation(path, np.array(codes, dtype=np.int8), BEHAVIORS)
    read = read_annotation(path, BEHAVIORS)
    assert read.dtype == np.int8 and read.tolist() == codes
    names = pq.read_table(path)["behavior"].to_pylist()
    assert names == [None if code == UNLABELED else BEHAVIORS[code] for code in codes]


def test_every_form_of_null_is_unlabeled():
    codes = encode_behaviors([None, float("nan"), pd.NA, "rear up"], BEHAVIORS)
    assert codes.tolist() == [-1, -1, -1, 1] and codes.dtype == np.int8


def test_a_code_of_no_behavior_is_refused(tmp_path):
    with pytest.raises(ValueError, match="0 to 3 are not all of 3 behaviors"):
        write_annotation(tmp_path / "a.parquet", np.array([0, 3], dtype=np.int8), BEHAVIORS)
    with pytest.raises(ValueError, match="-2 to 0"):
        write_annotation(tmp_path / "a.parquet", np.array([-2, 0], dtype=np.int8), BEHAVIORS)


def test_the_same_values_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / name, made_from={"b": 1, "a": 2} if name == "a" else {"a": 2, "b": 1})
        write_annotation(tmp_path / f"{name}.annotation", np.zeros(9, dtype=np.int8), BEHAVIORS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a.annotation").read_bytes() == (tmp_path / "b.annotation").read_bytes()


def test_another_table_is_refused(tmp_path):
    write_annotation(tmp_path / "a.parquet", np.zeros(9, dtype=np.int8), BEHAVIORS)
    with pytest.raises(StoreError, match="frame int64, behavior string, expected frame int64, ti"):
        read(tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="expected frame int64, time_s double"):
        read_times(tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="no such table"):
        read_annotation(tmp_path / "b.parquet", BEHAVIORS)
    (tmp_path / "c.parquet").write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="not a Parquet table"):
        read_annotation(tmp_path / "c.parquet", BEHAVIORS)


@pytest.mark.parametrize("frames", [[1, 2, 3], [0, 2, 1], [0, 1, 1], [0, 1, 3]])
def test_frames_that_do_not_count_from_zero_are_refused(tmp_path, frames):
    schema = pa.schema([("frame", pa.int64()), ("behavior", pa.string())])
    pq.write_table(pa.table([frames, ["walk"] * 3], schema=schema), tmp_path / "a.parquet")
    with pytest.raises(StoreError, match="its 3 rows are not the frames 0 to T - 1"):
        read_annotation(tmp_path / "a.parquet", BEHAVIORS)


def test_an_annotation_of_other_behaviors_is_refused(tmp_path):
    write_annotation(tmp_path / "a.parquet", np.array([0, 1]), BEHAVIORS)
    with pytest.raises(StoreError, match="found the behavior 'rear up', which is none of: walk, s"):
        read_annotation(tmp_path / "a.parquet", OTHERS)


def test_damage_in_a_table_is_found(tmp_path):
    write(tmp_path / "a.parquet", n_frames=200)
    content = bytearray((tmp_path / "a.parquet").read_bytes())
    content[len(content) // 3] ^= 4
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        read(tmp_path / "a.parquet")
