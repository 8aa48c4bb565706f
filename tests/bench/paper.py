"""The paper's network at full size, as one would write it and as homecage does; its arithmetic."""

import os
import time
from collections.abc import Callable

import torch
from torch import nn

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import POOLING, Convnet, Shape, initialize
from homecage.convnet.options import NetworkOptions
from homecage.convnet.sharing import count_convolutions, plan_sharing

SIZE_PX = 128
GEOMETRY = ClipGeometry()
PAPER = NetworkOptions()
N_BEHAVIORS = 8
THREADS = len(os.sched_getaffinity(0))


def make_convnet(options: NetworkOptions = PAPER, size_px: int = SIZE_PX) -> Convnet:
    """Return homecage's network with random weights."""
    behaviors = tuple(f"behavior {i}" for i in range(N_BEHAVIORS))
    convnet = Convnet(Shape(GEOMETRY.length, size_px, behaviors, options))
    initialize(convnet, torch.Generator().manual_seed(0))
    convnet.mean.fill_(127.5)
    return convnet


def make_plain(convnet: Convnet) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the same network as one would write it: up to fc6 and its ReLU, and from there on."""
    options = convnet.shape.network
    widths = (3, *options.channels)
    layers: list[nn.Module] = []
    for i, window in enumerate(POOLING):
        layers += [nn.Conv3d(widths[i], widths[i + 1], 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool3d(window))
    pooled = widths[-1] * GEOMETRY.length // 8 * (convnet.shape.size_px // 32) ** 2
    fc6 = nn.Sequential(*layers, nn.Flatten(), nn.Linear(pooled, options.descriptor), nn.ReLU())
    dropout = nn.Dropout(options.dropout)
    fc7 = nn.Linear(options.descriptor, options.descriptor)
    fc8 = nn.Linear(options.descriptor, N_BEHAVIORS)
    plain = fc6, nn.Sequential(dropout, fc7, nn.ReLU(), dropout, fc8)
    with torch.no_grad():
        for own, given in zip(
            nn.Sequential(*plain).parameters(), convnet.parameters(), strict=True
        ):
            own.copy_(given)
    return plain


def count_gflop() -> tuple[float, float]:
    """Return the arithmetic of a clip by itself and of one among overlapping clips, to fc6.

    A multiplication and an addition are two operations; the zeros of padding count as others do.
    """
    widths = (3, *PAPER.channels)
    n_clips = 1000
    # conv1 takes 3 taps of each of a clip's 2 own frames, and 2 at each of its ends.
    shared_planes = [3 * GEOMETRY.stride + 2 + 2]
    shared_planes += [n // n_clips for n in count_convolutions(plan_sharing(n_clips, GEOMETRY))]
    plain, shared = 0, 0
    times, size = GEOMETRY.length, SIZE_PX
    for layer, window in enumerate(POOLING):
        plane = 2 * size**2 * 9 * widths[layer] * widths[layer + 1]
        plain += 3 * times * plane
        shared += shared_planes[layer] * plane
        times, size = times // window[0], size // 2
    fc6 = 2 * widths[-1] * times * size**2 * PAPER.descriptor
    return (plain + fc6) / 1e9, (shared + fc6) / 1e9


def measure_peak(precision: torch.dtype, device: torch.device) -> float:
    """Return the GFLOP/s of a large matrix product on all cores: the best of a second."""
    torch.set_num_threads(THREADS)
    size = 8192 if device.type == "cuda" else 2048
    a = torch.randn((size, size), device=device).to(precision)
    best, until = float("inf"), time.perf_counter() + 1
    while time.perf_counter() < until:
        best = min(best, time_it(lambda: a @ a, device))
    return 2 * size**3 / best / 1e9


def time_it(do: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that a computation takes."""
    started = time.perf_counter()
    do()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started
