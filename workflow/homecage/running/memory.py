"""Memory: kept by the process, and copied to a device."""

import ctypes
from typing import Any

import torch
from numpy.typing import NDArray

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc


def keep_freed_memory() -> None:
    """Ask glibc to keep freed memory for the next allocation; elsewhere do nothing.

    A training step frees and takes the same large tensors again and again. Each time, the system
    would hand out new pages and clear them, which took up to a fifth of a step. To be called where the
    steps begin: what is freed later is never given back, and what was taken before still is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def send(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """Copy an array to a device; to a GPU, while the caller goes on."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
