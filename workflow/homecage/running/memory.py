"""Memory: kept by the process, and copied to a device and back."""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

SHARE_HELD = 0.25
"""Of a GPU's free memory."""

HELD_ON_CPU = 2**30
"""Bytes: 12 minutes of video at 128 pixels, three hours at 32."""

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


def reserve_bytes(shape: Sequence[int], device: torch.device) -> Tensor:
    """Return room on the CPU, uint8 of this shape, that is sent to a device without another copy.

    When it is freed PyTorch keeps it, and gives it out again once a GPU has read it.
    """
    return torch.empty(tuple(shape), dtype=torch.uint8, pin_memory=device.type == "cuda")


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to a device, if it is not there; from the CPU to a GPU, while the caller goes on."""
    if tensor.device.type == "cpu" and device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def has_room(n_bytes: int, device: torch.device) -> bool:
    """Say whether a device can hold so much for a whole job, and still serve others beside it."""
    if device.type == "cpu":
        return n_bytes <= HELD_ON_CPU
    return n_bytes <= SHARE_HELD * torch.cuda.mem_get_info(device)[0]


def fetch(tensors: Sequence[Tensor]) -> Callable[[], list[NDArray[Any]]]:
    """Begin to copy tensors from the device that computes them; return what waits for the copies.

    It waits for what the device was given before, and not for what it is given from now on.
    """
    copies = [tensor.to("cpu", non_blocking=True) for tensor in tensors]
    device = tensors[0].device
    copied = torch.cuda.current_stream(device).record_event() if device.type == "cuda" else None

    def wait() -> list[NDArray[Any]]:
        if copied is not None:
            copied.synchronize()
        return [copy.numpy() for copy in copies]

    return wait
