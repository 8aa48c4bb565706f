"""Where the networks run, and that they run the same way twice."""

import os

import torch


def choose_device() -> torch.device:
    """Return the first GPU this process may see, or the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_deterministic(threads: int) -> None:
    """Same seed, same machine, same bits.

    The number of threads is part of that: it fixes the order of sums.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
