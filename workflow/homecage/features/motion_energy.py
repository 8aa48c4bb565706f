"""S1 and C1: where, how fast and in which direction something moves in a clip.

The first two layers of the motion features of Jhuang et al. (2007, 2010): space-time filters in four
directions and three speeds, and the largest response of each nearby. A filter and the one a quarter of a
wave behind it are taken together (the motion energy of Adelson and Bergen, 1985), so that the response does
not depend on where in a filter an edge lies.

Letters: N clips, L frames of a clip, S frame size in pixels, P cells along a side of C1.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

DIRECTIONS = ("right", "left", "down", "up")
_LEAST_CONTRAST = (
    8.0  # Gray levels; a patch of less is taken for one of that, so noise stays small.
)


def respond_s1(clips: Tensor, wavelength_px: float, speeds: Sequence[float]) -> Tensor:
    """Return the response of the filters at each pixel, (N, 4 x speeds, S, S), from gray clips (N, L, S, S).

    Args:
        clips: gray levels.
        wavelength_px: of the stripes that the filters are tuned to, in pixels; half of it is the width of
            their envelope.
        speeds: that the filters are tuned to, in pixels a frame.

    Returns:
        Directions in the order of ``DIRECTIONS``, each with its speeds; relative to the contrast of the
        patch, hence independent of the light.
    """
    length = clips.shape[1]
    across = _gaussian(
        torch.arange(-_reach(wavelength_px), _reach(wavelength_px) + 1.0), wavelength_px / 2
    )
    even, odd = _wave(len(across), 1 / wavelength_px, wavelength_px / 2)
    clips = clips.float()
    contrast = _measure_contrast(clips, across)
    # In space first: once for all speeds. One clip's frames are one batch.
    frames = clips.flatten(0, 1)[:, None]
    responses: dict[str, list[Tensor]] = {direction: [] for direction in DIRECTIONS}
    for forth, back, axis in (("right", "left", 3), ("down", "up", 2)):
        smooth = _convolve(frames, across, 5 - axis)
        in_even, in_odd = (
            _convolve(smooth, wave, axis)[:, 0].unflatten(0, (-1, length)) for wave in (even, odd)
        )
        for speed in speeds:
            at_even, at_odd = _wave(length, speed / wavelength_px, length / 4)
            ee, eo, oe, oo = (
                torch.einsum("nlyx,l->nyx", one, wave)
                for one in (in_even, in_odd)
                for wave in (at_even, at_odd)
            )
            for direction, sign in ((forth, 1), (back, -1)):
                energy = (ee + sign * oo) ** 2 + (oe - sign * eo) ** 2
                responses[direction].append(energy.sqrt() / contrast)
    return torch.stack([one for own in responses.values() for one in own], dim=1)


def pool_c1(s1: Tensor, pool_px: int) -> Tensor:
    """Return the largest response in cells that overlap by half: (N, 12, S, S) -> (N, 12, P, P)."""
    return F.max_pool2d(s1, pool_px, stride=max(pool_px // 2, 1))


def _reach(wavelength_px: float) -> int:
    return math.ceil(wavelength_px)


def _gaussian(at: Tensor, width: float) -> Tensor:
    weights = torch.exp(-((at / width) ** 2) / 2)
    normalized: Tensor = weights / weights.sum()
    return normalized


def _wave(length: int, cycles: float, width: float) -> tuple[Tensor, Tensor]:
    """Return a cosine and a sine of so many cycles a sample under a Gaussian, blind to what is constant."""
    at = torch.arange(length) - (length - 1) / 2
    envelope = _gaussian(at, width)
    waves = []
    for phase in (torch.cos, torch.sin):
        wave = envelope * phase(2 * np.pi * cycles * at)
        wave = wave - envelope * wave.sum()
        waves.append(wave / wave.norm())
    return waves[0], waves[1]


def _convolve(frames: Tensor, kernel: Tensor, axis: int) -> Tensor:
    """Correlate frames (B, 1, S, S) with a kernel along rows (2) or columns (3), the edge repeated."""
    reach = len(kernel) // 2
    shape = (1, 1, len(kernel), 1) if axis == 2 else (1, 1, 1, len(kernel))
    padding = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
    padded: Tensor = F.pad(frames, padding, mode="replicate")
    return F.conv2d(padded, kernel.view(shape))


def _measure_contrast(clips: Tensor, across: Tensor) -> Tensor:
    """Return the standard deviation of the gray levels around each pixel, in all frames, (N, S, S)."""
    moments = torch.stack([clips.mean(1), (clips**2).mean(1)], dim=1).flatten(0, 1)[:, None]
    smooth = _convolve(_convolve(moments, across, 2), across, 3)[:, 0].unflatten(0, (-1, 2))
    variance = (smooth[:, 1] - smooth[:, 0] ** 2).clamp(min=0)
    contrast: Tensor = variance.sqrt().clamp(min=_LEAST_CONTRAST)
    return contrast
