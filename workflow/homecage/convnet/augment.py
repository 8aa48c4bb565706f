"""Altering training clips: light, place, size and side."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from homecage.convnet.options import AugmentOptions
from homecage.running.memory import send


def draw_alterations(n_clips: int, options: AugmentOptions, rng: np.random.Generator) -> Tensor:
    """Draw how each clip is altered, evenly within the options: float32 (N, 6).

    The columns: brightness (added, of full range 1), contrast (factor), shifts down and right (of
    the frame), size (factor), side (1, or -1: left is right).
    """
    largest = np.array([options.brightness, options.contrast, *[options.shift] * 2, options.zoom])
    unaltered = np.array([0, 1, 0, 0, 1])
    drawn = unaltered + largest * rng.uniform(-1, 1, (n_clips, 5))
    side = rng.choice([-1, 1], (n_clips, 1)) if options.mirror else np.ones((n_clips, 1))
    return torch.from_numpy(np.hstack([drawn, side]).astype(np.float32))


def alter(clips: Tensor, alterations: Tensor) -> Tensor:
    """Alter clips (B, T, S, S, 3) of pixel values; each as a whole, as (B, 6) on the CPU says."""
    clips = clips.float()
    # Asked on the CPU: an answer of the GPU's would come after all that it has yet to compute.
    moves = bool((alterations[:, 2:] != torch.tensor([0, 0, 1, 1])).any())
    brightness, contrast, *place = send(alterations, clips.device).T
    if moves:
        clips = move(clips, *place)
    middle = 127.5
    contrast, brightness = (value.view(-1, 1, 1, 1, 1) for value in (contrast, brightness))
    altered: Tensor = (clips - middle) * contrast + (middle + 255 * brightness)
    return altered.clamp(0, 255)


def move(clips: Tensor, down: Tensor, right: Tensor, size: Tensor, side: Tensor) -> Tensor:
    """Mirror clips, enlarge them about their middle and shift them; beyond their edges, the edges go on."""
    b, t, s = clips.shape[:3]
    # The middles of pixels, where -1 and 1 are the edges: from a pixel's place after to its place before.
    after = (2 * torch.arange(s, device=clips.device) + 1) / s - 1
    across = (side / size)[:, None] * (after - 2 * right[:, None])  # (B, S)
    along = (after - 2 * down[:, None]) / size[:, None]
    shape = (b, s, s)
    grid = torch.stack([across[:, None].expand(shape), along[:, :, None].expand(shape)], dim=-1)
    flat = clips.permute(0, 1, 4, 2, 3).reshape(b, -1, s, s)
    moved = F.grid_sample(flat, grid, padding_mode="border", align_corners=False)
    return moved.view(b, t, -1, s, s).permute(0, 1, 3, 4, 2)
