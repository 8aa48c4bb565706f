"""Weights come back as they were, or are refused; no file of weights runs code."""

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from homecage.errors import StoreError
from homecage.storage.weights import load_weights, save_weights

TENSORS = {
    "weight": torch.arange(24.0).reshape(2, 3, 4),
    "half": torch.ones(5, dtype=torch.bfloat16),
    "steps": torch.tensor(7),
    "none": torch.empty(0, 3),
}
METADATA = {"kind": "convnet", "seed": 0, "name": "é 鼠"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    save_weights(path, TENSORS, METADATA)
    return path


def refuse(path, match="run snakemake again"):
    with pytest.raises(StoreError, match=match) as refused:
        load_weights(path)
    assert str(path) in str(refused.value)


def test_weights_come_back(whole):
    tensors, metadata = load_weights(whole)
    assert metadata == METADATA
    assert {name: (t.dtype, t.tolist()) for name, t in tensors.items()} == {
        name: (t.dtype, t.tolist()) for name, t in TENSORS.items()
    }


def test_the_same_weights_give_the_same_bytes(whole, tmp_path):
    save_weights(tmp_path / "again", dict(reversed(TENSORS.items())), METADATA)
    assert (tmp_path / "again").read_bytes() == whole.read_bytes()


@settings(max_examples=200, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_wherever_it_lies(whole, place, bit):
    content = bytearray(whole.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    damaged = whole.with_name("damaged.safetensors")
    damaged.write_bytes(content)
    refuse(damaged)


@settings(max_examples=50, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(whole, place):
    content = whole.read_bytes()
    damaged = whole.with_name("damaged.safetensors")
    damaged.write_bytes(content[: int(place * len(content))])
    refuse(damaged)


def test_a_file_that_cannot_be_written_is_named():
    with pytest.raises(OSError, match="model"):
        save_weights(Path("/proc/model.safetensors"), TENSORS, METADATA)


class Payload:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("dump", [pickle.dump, torch.save])
def test_a_pickle_is_refused_and_not_run(tmp_path, dump):
    marker, path = tmp_path / "ran", tmp_path / "model.safetensors"
    with path.open("wb") as file:
        dump({"weight": Payload(marker)}, file)
    refuse(path, "cannot be read as weights")
    assert not marker.exists()
    pickle.loads(pickle.dumps(Payload(marker)))  # The payload would have worked.
    assert marker.exists()


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"homecage": ""},
        {"homecage": "{"},
        {"homecage": "[]"},
        {"homecage": "null"},
        {"homecage": "[" * 100_000},
        {"homecage": '{"metadata": 1, "sha256": 2}'},
        {"homecage": '{"metadata": "!!python/object/apply:os.system [touch ran]", "sha256": ""}'},
    ],
)
def test_a_strangers_safetensors_is_refused(tmp_path, metadata):
    path = tmp_path / "model.safetensors"
    save_file({"weight": torch.zeros(2)}, path, metadata=metadata)
    refuse(path)


def test_a_header_that_promises_too_much_is_refused(tmp_path):
    header = json.dumps({"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode())
    refuse(path)
