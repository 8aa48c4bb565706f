"""Checkpoints, and trainings that are stopped at every step and go on."""

import logging
import os
import pickle
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.errors import InterruptedTrainingError
from homecage.storage.checkpoints import (
    EVERY_S,
    Checkpoints,
    capture_random,
    make_key,
    restore_random,
)

STATE = {
    "weights": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)),
    "by_number": {0: {"step": torch.tensor(3.0)}, 1: {}},
    "rows": [{"loss": 0.1 + 0.2, "epoch": 1}],
    "transposed": torch.arange(6).view(2, 3).t(),
    "parameter": torch.nn.Parameter(torch.ones(2, dtype=torch.bfloat16)),
    "nothing": None,
}


@pytest.fixture(autouse=True, scope="module")
def at_every_step():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(EVERY_S, "0")
        yield


def save(folder, n_times=1, key="key"):
    """Save and leave as a killed process does."""
    checkpoints = Checkpoints(folder, key)
    for i in range(n_times):
        checkpoints.offer(lambda i=i: {**STATE, "n": i})


def test_a_state_comes_back_as_it_was(tmp_path):
    save(tmp_path)
    state = Checkpoints(tmp_path, "key").load()
    for name in ("weights", "transposed", "parameter"):
        assert torch.equal(state[name], STATE[name]) and state[name].dtype == STATE[name].dtype
    assert state["by_number"][0]["step"] == 3 and list(state["by_number"]) == [0, 1]
    assert state["rows"] == STATE["rows"] and state["nothing"] is None


def test_the_last_two_are_kept_and_the_newest_is_loaded(tmp_path):
    save(tmp_path, n_times=5)
    assert [path.name for path in sorted((tmp_path / "key").iterdir())] == [
        "00000003.pt",
        "00000004.pt",
    ]
    assert Checkpoints(tmp_path, "key").load()["n"] == 4


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_a_damaged_newest_one_falls_back_to_the_one_before(tmp_path_factory, place, bit, cut):
    folder = tmp_path_factory.mktemp("checkpoints")
    save(folder, n_times=2)
    newest = folder / "key" / "00000001.pt"
    content = bytearray(newest.read_bytes())
    at = int(place * len(content))
    content[at] ^= 1 << bit
    newest.write_bytes(content[:at] if cut else content)
    assert Checkpoints(folder, "key").load()["n"] == 0


def test_a_damaged_one_is_told_of(tmp_path, caplog):
    save(tmp_path)
    (tmp_path / "key" / "00000000.pt").write_bytes(b"hello")
    with caplog.at_level(logging.WARNING):
        assert Checkpoints(tmp_path, "key").load() is None
    assert "00000000.pt is damaged" in caplog.text


def test_nothing_is_unpickled(tmp_path):
    marker = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return (Path.touch, (marker,))

    Checkpoints(tmp_path / "a", "key").offer(Payload)
    with pytest.raises(pickle.UnpicklingError):
        Checkpoints(tmp_path / "a", "key").load()
    assert not marker.exists()


def test_none_can_be_read(tmp_path):
    save(tmp_path)
    for path in (tmp_path / "key").iterdir():
        path.write_bytes(b"")
    assert Checkpoints(tmp_path, "key").load() is None


def test_another_training_s_are_not_loaded_and_are_removed(tmp_path):
    save(tmp_path, key="before")
    assert Checkpoints(tmp_path, "after").load() is None
    save(tmp_path, key="after")
    assert [path.name for path in tmp_path.iterdir()] == ["after"]


def test_they_are_removed_when_the_training_is_done_and_kept_when_it_fails(tmp_path):
    with pytest.raises(ValueError, match="bug"), Checkpoints(tmp_path / "a", "key") as saved:
        saved.offer(lambda: STATE)
        raise ValueError("bug")
    assert Checkpoints(tmp_path / "a", "key").load() is not None
    with Checkpoints(tmp_path / "a", "key") as saved:
        saved.offer(lambda: STATE)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_saves_and_stops(tmp_path, monkeypatch, number):
    monkeypatch.setenv(EVERY_S, "1000")
    before = signal.getsignal(number)
    with (
        pytest.raises(InterruptedTrainingError, match=signal.Signals(number).name),
        Checkpoints(tmp_path, "key") as saved,
    ):
        saved.offer(lambda: STATE)
        assert saved.load() is None  # not yet time
        os.kill(os.getpid(), number)
        saved.offer(lambda: STATE)
    assert signal.getsignal(number) == before
    assert Checkpoints(tmp_path, "key").load() is not None


def test_the_key_tells_trainings_apart():
    key = make_key(code="f", seed=0, options={"a": 1})
    assert key == make_key(options={"a": 1}, seed=0, code="f")
    assert key != make_key(code="f", seed=1, options={"a": 1})
    assert key != make_key(code="g", seed=0, options={"a": 1})


def test_random_numbers_go_on_where_they_were():
    device = torch.device("cpu")
    states = capture_random(device)
    expected = torch.rand(5)
    restore_random(states, device)
    assert torch.equal(torch.rand(5), expected)
