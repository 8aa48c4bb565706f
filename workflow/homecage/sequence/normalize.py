"""Inputs on one scale: numbers of any unit, side by side, as a network learns from best."""

import torch
from torch import Tensor, nn


class Normalize(nn.Module):
    """Takes off each number's mean over the training clips and divides by its deviation."""

    mean: Tensor  # (D,)
    deviation: Tensor  # (D,)

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(descriptor))
        self.register_buffer("deviation", torch.ones(descriptor))

    def measure(self, x: Tensor) -> None:
        """Take mean and deviation from clips (C, D); a number that never changes becomes 0."""
        deviation, mean = torch.std_mean(x.double(), dim=0, correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        """Return numbers (..., D) on one scale."""
        return (x - self.mean) / self.deviation
