"""Sparse space-time interest points and what is around them, after Dollar et al. (2005).

Letters: T frames, S frame size in pixels, N points, D numbers a point.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from homecage.features.foreground import to_gray
from homecage.storage.stores import StoredArray

_BLOCK = 1024  # Frames whose points are found at once.


@dataclass(frozen=True)
class Scale:
    """The size of what is looked for."""

    sigma_px: float
    """In space, in pixels."""
    tau: float
    """In time, in frames."""

    @property
    def cuboid(self) -> tuple[int, int]:
        """Frames and pixels from a point to the ends of its cuboid: three times the scale."""
        return math.ceil(3 * self.tau), math.ceil(3 * self.sigma_px)

    @property
    def reach(self) -> int:
        """Frames before and after a point on which it, or what is around it, depends."""
        filtered = math.ceil(2 * self.tau) + math.ceil(self.tau)
        return max(filtered, self.cuboid[0] + 1)


@dataclass(frozen=True)
class Points:
    """Interest points in the order of time."""

    place: NDArray[np.int64]  # (N, 3): frame, row, column
    strength: NDArray[np.float32]  # (N,)
    gradient: NDArray[np.float32]  # (N, D): of the brightness around each, in time, down and right


def find_points(
    frames: StoredArray, start: int, stop: int, scale: Scale, threshold: float
) -> Iterator[Points]:
    """Find the interest points of frames [start, stop), a block after the other.

    Args:
        frames: of a video, or of several after each other.
        start: the first frame; none before it is looked at.
        stop: the frame after the last one; none from it on is looked at.
        scale: of the points.
        threshold: their least strength.
    """
    for first in range(start, stop, _BLOCK):
        last = min(first + _BLOCK, stop)
        begin, end = max(first - scale.reach, start), min(last + scale.reach, stop)
        gray = smooth(torch.tensor(to_gray(frames[begin:end])) / 255, scale.sigma_px)
        response = respond(gray, scale.tau)
        place = find_maxima(response, scale, threshold)
        place = place[(place[:, 0] >= first - begin) & (place[:, 0] < last - begin)]
        strength = response.numpy()[tuple(place.T)]
        gradient = describe(gray.numpy(), place, scale)
        place[:, 0] += begin
        yield Points(place, strength, gradient)


def smooth(gray: Tensor, sigma_px: float) -> Tensor:
    """Smooth frames (T, S, S) in space by a Gaussian, the edge repeated."""
    reach = math.ceil(3 * sigma_px)
    weights = torch.exp(-((torch.arange(-reach, reach + 1.0) / sigma_px) ** 2) / 2)
    weights /= weights.sum()
    padded = F.pad(gray[:, None], (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, weights.view(1, 1, -1, 1)), weights.view(1, 1, 1, -1))[:, 0]


def respond(gray: Tensor, tau: float) -> Tensor:
    """Return the response to change at each pixel, (T, S, S), of smoothed frames (T, S, S).

    The energy of two Gabor filters in time, a quarter of a wave apart: of what comes and goes, and not of
    what stays. They turn by 4 / tau radians a frame. (The paper's 4 / tau cycles are above half of the
    frame rate at any tau that it uses.)
    """
    reach = math.ceil(2 * tau)
    at = torch.arange(-reach, reach + 1.0)
    envelope = torch.exp(-((at / tau) ** 2))
    even, odd = torch.cos(4 / tau * at) * envelope, torch.sin(4 / tau * at) * envelope
    even = even - envelope * (even.sum() / envelope.sum())  # Blind to what is constant.
    series = F.pad(gray.flatten(1).T[:, None], (reach, reach), mode="replicate")  # (S x S, 1, T)
    filtered = F.conv1d(series, torch.stack([even, odd])[:, None])
    energy: Tensor = (filtered**2).sum(1).T
    return energy.reshape(gray.shape).contiguous()


def find_maxima(response: Tensor, scale: Scale, threshold: float) -> NDArray[np.int64]:
    """Return where the response (T, S, S) is above the threshold and largest nearby, (N, 3)."""
    reach = [math.ceil(scale.tau), *[math.ceil(scale.sigma_px)] * 2]
    windows = [2 * one + 1 for one in reach]
    largest = F.max_pool3d(response[None], windows, stride=1, padding=reach)[0]
    return torch.nonzero((response == largest) & (response > threshold)).numpy()


def describe(
    gray: NDArray[np.float32], place: NDArray[np.int64], scale: Scale
) -> NDArray[np.float32]:
    """Return the gradient of the brightness (T, S, S) in the cuboid around each point, (N, D)."""
    in_time, in_space = scale.cuboid
    pads = [(in_time, in_time), (in_space, in_space), (in_space, in_space)]
    size = (2 * in_time + 1, 2 * in_space + 1, 2 * in_space + 1)
    parts = []
    for axis in range(3):
        slope = np.gradient(gray, axis=axis) if gray.shape[axis] > 1 else np.zeros_like(gray)
        cuboids = sliding_window_view(np.pad(slope, pads, mode="edge"), size)
        parts.append(cuboids[tuple(place.T)].reshape(len(place), math.prod(size)))
    return np.concatenate(parts, axis=1, dtype=np.float32)
