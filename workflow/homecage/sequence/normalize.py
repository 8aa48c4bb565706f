"""Inputs on one scale: numbers of any unit, side by side, as a network learns from best."""

import torch
from torch import Tensor, nn

_AT_ONCE = 32


class Normalize(nn.Module):
    """Takes off each number's mean over the training clips and divides by its deviation."""

    mean: Tensor  # (D,)
    deviation: Tensor  # (D,)

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(descriptor))
        self.register_buffer("deviation", torch.ones(descriptor))

    def measure(self, videos: list[Tensor]) -> None:
        """Take mean and deviation from the clips of videos (C, D); a number that never changes becomes 0."""
        # A few numbers at a time: all of them in float64 take four times the memory of the videos.
        for first in range(0, len(self.mean), _AT_ONCE):
            own = slice(first, first + _AT_ONCE)
            x = torch.cat([video[:, own] for video in videos]).double()
            deviation, self.mean[own] = torch.std_mean(x, dim=0, correction=0)
            self.deviation[own] = torch.where(deviation > 1e-6, deviation, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Return numbers (..., D) on one scale."""
        return (x - self.mean).div_(self.deviation)  # Without another copy of a whole video.
