"""Who works where: claims on GPUs are made by processes, and end with them."""

import multiprocessing
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
import torch

from homecage.errors import GpuError
from homecage.running import device as device_module
from homecage.running.device import choose_device, claim, make_deterministic

fork = multiprocessing.get_context("fork")


class Worker:
    """A process that claims one of the GPUs and holds it until it is ended."""

    def __init__(self, gpus: list[str], folder: Path) -> None:
        self.pipe, other = fork.Pipe()
        self.process = fork.Process(target=self._hold, args=(gpus, folder, other), daemon=True)
        self.process.start()

    @staticmethod
    def _hold(gpus, folder, pipe):
        pipe.send(claim(gpus, folder))
        signal.pause()

    @property
    def gpu(self) -> int:
        assert self.pipe.poll(30)
        return self.pipe.recv()

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()


@pytest.mark.parametrize("n_gpus", [1, 2, 3])
@pytest.mark.parametrize("n_workers", [1, 2, 3, 7])
def test_workers_are_spread_evenly(tmp_path, n_gpus, n_workers):
    workers = [Worker([f"GPU-{i}" for i in range(n_gpus)], tmp_path) for _ in range(n_workers)]
    claims = Counter(worker.gpu for worker in workers)
    for worker in workers:
        worker.kill()
    shares = [claims[gpu] for gpu in range(n_gpus)]
    assert sum(shares) == n_workers and max(shares) - min(shares) <= 1


def test_a_killed_workers_gpu_is_free_again(tmp_path):
    first, second = Worker(["a", "b"], tmp_path), Worker(["a", "b"], tmp_path)
    held = {first.gpu, second.gpu}
    assert held == {0, 1}
    for _ in range(3):
        first.kill()
        replacing = Worker(["a", "b"], tmp_path)
        assert replacing.gpu in held
        held_by_second = Worker(["a", "b"], tmp_path)
        assert held_by_second.gpu in held  # No GPU is left: one is shared.
        held_by_second.kill()
        first = replacing
    first.kill()
    second.kill()


def test_a_gpu_is_the_same_one_whatever_its_index(tmp_path):
    first = Worker(["a", "b"], tmp_path)
    assert first.gpu == 0
    second = Worker(["b", "a"], tmp_path)
    assert second.gpu == 0
    first.kill()
    second.kill()


@pytest.fixture
def two_gpus(monkeypatch, tmp_path):
    """Let torch see two GPUs that are not there."""

    class Properties:
        def __init__(self, index: int) -> None:
            self.uuid = f"GPU-{index}"

    chosen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", Properties)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr("homecage.running.device._CLAIMS", [])
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("HOMECAGE_GPUS", raising=False)
    choose_device.cache_clear()
    yield chosen
    choose_device.cache_clear()


def test_a_process_keeps_its_gpu(two_gpus):
    assert choose_device() == torch.device("cuda", 0) == choose_device()
    assert two_gpus == [torch.device("cuda", 0)]


def test_a_gpu_that_another_process_holds_is_left_to_it(two_gpus, tmp_path):
    other = Worker(["GPU-0"], tmp_path / f"homecage-gpus-{os.getuid()}")
    assert other.gpu == 0
    assert choose_device() == torch.device("cuda", 1)
    other.kill()


def test_no_gpus_asked_for_means_the_cpu(two_gpus, monkeypatch):
    monkeypatch.setenv("HOMECAGE_GPUS", "0")
    assert choose_device() == torch.device("cpu")
    assert not two_gpus


@pytest.fixture
def useless_gpu(tmp_path, monkeypatch):
    """A machine with a GPU that PyTorch cannot use."""
    (tmp_path / "nvidia0").touch()
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(device_module, "DEVICES", tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "init", fail)
    monkeypatch.delenv("HOMECAGE_GPUS", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    choose_device.cache_clear()
    yield
    choose_device.cache_clear()


def fail():
    raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).")


def test_a_gpu_that_cannot_be_used_is_not_passed_over_in_silence(useless_gpu):
    with pytest.raises(GpuError, match=r"/nvidia0: found .*too old.*--resources gpu=0"):
        choose_device()


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOMECAGE_GPUS", "0"), ("CUDA_VISIBLE_DEVICES", ""), ("CUDA_VISIBLE_DEVICES", "-1")],
)
def test_who_asks_for_the_cpu_gets_it_all_the_same(useless_gpu, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert choose_device() == torch.device("cpu")


def test_a_machine_without_a_gpu_works_on_the_cpu(useless_gpu, monkeypatch, tmp_path):
    monkeypatch.setattr(device_module, "DEVICES", tmp_path / "none")
    assert choose_device() == torch.device("cpu")


def test_float32_means_float32():
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    make_deterministic(torch.get_num_threads())
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
