"""Dropout, of random numbers that are made quickly."""

import torch
from torch import Tensor


def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """Do what ``F.dropout`` does: in training set each number to 0 with this chance, and enlarge the rest.

    PyTorch draws uniform numbers three times as fast as those of ``F.dropout`` (seen on an AMD EPYC),
    which took a fifth of a training step.

    Args:
        x: of any shape.
        rate: the chance, from 0 to below 1.
        training: whether anything is dropped.
    """
    if not training or not rate:
        return x
    kept = torch.rand(x.shape, device=x.device) >= rate
    return x * (kept.to(x.dtype) / (1 - rate))
