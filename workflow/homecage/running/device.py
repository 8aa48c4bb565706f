"""Where the networks run, and that they run the same way twice."""

import fcntl
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path
from typing import IO

import torch

from homecage.errors import GpuError

DEVICES = Path("/dev")
"""Where NVIDIA's driver lists its GPUs, also those that PyTorch cannot use."""

_CLAIMS: list[IO[str]] = []  # Open for as long as the process lives: closing one would give it up.


@cache
def choose_device() -> torch.device:
    """Return the GPU that this process works on to its end, or the CPU.

    Jobs that start side by side on one machine are given different GPUs, as long as there are
    enough. Only GPUs in ``CUDA_VISIBLE_DEVICES`` are seen, which under Slurm is the job's own.
    ``HOMECAGE_GPUS=0``, set for a job that may use none, means the CPU.

    Raises:
        GpuError: there are GPUs, and PyTorch can use none of them.
    """
    if os.environ.get("HOMECAGE_GPUS") == "0":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        refuse_useless_gpus()
        return torch.device("cpu")
    # By UUID: an index means another GPU where another process sees others.
    gpus = [torch.cuda.get_device_properties(i).uuid for i in range(torch.cuda.device_count())]
    folder = Path(tempfile.gettempdir()) / f"homecage-gpus-{os.getuid()}"
    device = torch.device("cuda", claim([str(gpu) for gpu in gpus], folder))
    torch.cuda.set_device(device)
    return device


def refuse_useless_gpus() -> None:
    """Refuse to work on the CPU, a hundred times slower, on a machine whose GPUs were meant to be used.

    An empty ``CUDA_VISIBLE_DEVICES`` hides them on purpose.

    Raises:
        GpuError: the machine has GPUs, and PyTorch can use none.
    """
    gpus = sorted(path.name for path in DEVICES.glob("nvidia[0-9]*"))
    if not gpus or os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return
    try:
        torch.cuda.init()
        reason = "no reason is given"
    except (AssertionError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
    raise GpuError([str(DEVICES / gpu) for gpu in gpus], reason)


def claim(gpus: Sequence[str], folder: Path) -> int:
    """Claim the GPU with the fewest claims until this process ends; return its index.

    A claim is a lock on a file in ``folder``, which the system lifts however the process ends. Each
    GPU is claimed once before one is shared, so nobody waits.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in count():
        for index, gpu in enumerate(gpus):
            lock = (folder / f"{gpu}.{place}").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
            else:
                _CLAIMS.append(lock)
                return index
    raise AssertionError("unreachable")


def make_deterministic(threads: int) -> None:
    """Same seed, same machine, same bits.

    The number of threads is part of that: it fixes the order of sums.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Else every new tensor is filled first; nothing here reads what it has not written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    # float32 means float32: else convolutions and LSTMs on a GPU would round to TF32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
