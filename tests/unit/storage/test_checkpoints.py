"""Checkpoints, and trainings that are stopped at every step and go on."""

import logging
import os
import signal

import pytest
import torch

from homecage.errors import InterruptedTrainingError
from homecage.storage.checkpoints import EVERY_S, Checkpoints, make_key

STATE = {
    "weights": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)),
    "by_number": {0: {"step": torch.tensor(3.0)}, 1: {}},
    "rows": [{"loss": 0.1 + 0.2, "epoch": 1}],
    "nothing": None,
}


@pytest.fixture(autouse=True)
def at_every_step(monkeypatch):
    monkeypatch.setenv(EVERY_S, "0")


def save(folder, n_times=1, key="key"):
    """Save and leave as a killed process does."""
    checkpoints = Checkpoints(folder, key)
    for i in range(n_times):
        checkpoints.offer(lambda i=i: {**STATE, "n": i})


def test_a_state_comes_back_as_it_was(tmp_path):
    save(tmp_path)
    state = Checkpoints(tmp_path, "key").load()
    assert torch.equal(state["weights"], STATE["weights"])
    assert state["by_number"][0]["step"] == 3 and list(state["by_number"]) == [0, 1]
    assert state["rows"] == STATE["rows"] and state["nothing"] is None


def test_a_transposed_tensor_comes_back_in_its_own_order(tmp_path):
    tensor = torch.arange(6).view(2, 3).t()
    Checkpoints(tmp_path, "key").offer(lambda: [tensor])
    assert torch.equal(Checkpoints(tmp_path, "key").load()[0], tensor)


def test_the_last_two_are_kept_and_the_newest_is_loaded(tmp_path):
    save(tmp_path, n_times=5)
    assert [path.name for path in sorted((tmp_path / "key").iterdir())] == [
        "00000003.safetensors",
        "00000004.safetensors",
    ]
    assert Checkpoints(tmp_path, "key").load()["n"] == 4


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other"])
def test_a_damaged_newest_one_falls_back_to_the_one_before(tmp_path, caplog, damage):
    save(tmp_path, n_times=2)
    newest = tmp_path / "key" / "00000001.safetensors"
    content = bytearray(newest.read_bytes())
    if damage == "flip":
        content[-3] ^= 1
    newest.write_bytes({"cut": content[:-5], "empty": b"", "other": b"hello"}.get(damage, content))
    with caplog.at_level(logging.WARNING):
        assert Checkpoints(tmp_path, "key").load()["n"] == 0
    assert "00000001.safetensors" in caplog.text and "damaged" in caplog.text


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
    assert make_key(seed=0, options={"a": 1}) == make_key(options={"a": 1}, seed=0)
    assert make_key(seed=0) != make_key(seed=1)
