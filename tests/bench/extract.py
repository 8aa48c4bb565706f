"""Describing all clips of a video with the paper's network: the sharing engines against plain Conv3d."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from homecage.convnet.engine import Engine
from homecage.features.fc6 import choose_engine
from homecage.features.options import Fc6Options
from homecage.running.device import choose_device
from homecage.running.precision import choose_precision
from tests.bench.compare import Comparison, Worker, compare, compare_workers
from tests.bench.paper import (
    GEOMETRY,
    SIZE_PX,
    THREADS,
    count_gflop,
    make_convnet,
    make_plain,
    measure_peak,
)

WITHOUT_AMX = "AVX512_CORE_BF16"
"""The most that oneDNN, which computes for PyTorch and OpenVINO, may use: all but AMX."""


def measure_extract_cpu() -> Comparison:
    """The default engine on this CPU against the plain float32 network."""
    return _measure("extract_cpu", choose_precision("auto", torch.device("cpu")), {})


def measure_extract_cpu_without_amx() -> Comparison:
    """The same where AMX is switched off; on a CPU without, the same again."""
    limit = {"ONEDNN_MAX_CPU_ISA": WITHOUT_AMX}
    return _measure("extract_cpu_without_amx", torch.float32, limit)


def measure_extract_gpu() -> Comparison:
    """The default engine on a GPU against plain bfloat16 Conv3d, channels last."""
    device = torch.device("cuda")
    n_clips, (_, gflop) = 1024, count_gflop()
    peak = measure_peak(torch.bfloat16, device)
    return compare(
        "extract_gpu",
        make_ours(n_clips, 64),
        make_reference(n_clips, 32, torch.bfloat16),
        work=n_clips,
        unit="clips/s",
        peak_share=lambda clips_s: clips_s * gflop / peak,
    )


def _measure(name: str, precision: torch.dtype, environment: dict[str, str]) -> Comparison:
    n_clips, (_, gflop) = 32, count_gflop()
    peak = measure_peak(precision, torch.device("cpu"))
    return compare_workers(
        name,
        Worker(make_ours, n_clips, Fc6Options().batch_size, **environment),
        Worker(make_reference, n_clips, 8, torch.float32, **environment),
        work=n_clips,
        unit="clips/s",
        peak_share=lambda clips_s: clips_s * gflop / peak,
    )


def make_ours(n_clips: int, batch_size: int) -> Callable[[], object]:
    """Prepare the engine that a user gets."""
    torch.set_num_threads(THREADS)
    device = choose_device()
    precision = choose_precision("auto", device)
    options = Fc6Options(batch_size=batch_size)
    convnet = make_convnet().eval().to(device)
    _, engine = choose_engine(convnet, GEOMETRY, options, precision, THREADS)
    frames = _make_frames(n_clips)
    return lambda: _describe(engine, frames)


def make_reference(n_clips: int, batch_size: int, precision: torch.dtype) -> Callable[[], object]:
    """Prepare the plain network; a GPU gets it in channels last, a CPU as it comes."""
    torch.set_num_threads(THREADS)
    device = choose_device()
    fc6, rest = (part.eval().to(device, precision) for part in make_plain())
    layout = torch.channels_last_3d if device.type == "cuda" else torch.contiguous_format
    fc6 = fc6.to(memory_format=layout)  # type: ignore[call-overload]
    frames = torch.from_numpy(_make_frames(n_clips))
    clips = frames.unfold(0, GEOMETRY.length, GEOMETRY.stride)  # (C, S, S, 3, L)
    return lambda: _describe_plainly(fc6, rest, clips, batch_size, layout)


def _make_frames(n_clips: int) -> np.ndarray:
    n_frames = (n_clips - 1) * GEOMETRY.stride + GEOMETRY.length
    shape = (n_frames, SIZE_PX, SIZE_PX, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def _describe(engine: Engine, frames: np.ndarray) -> None:
    for _ in engine.describe([frames]):
        pass


@torch.inference_mode()
def _describe_plainly(
    fc6: nn.Module,
    rest: nn.Module,
    clips: torch.Tensor,
    batch_size: int,
    layout: torch.memory_format,
) -> None:
    parameter = next(fc6.parameters())
    for batch in clips.split(batch_size):
        sent = batch.to(parameter.device).permute(0, 3, 4, 1, 2)  # (B, 3, L, S, S)
        scaled = ((sent.float() - 127.5) / 64).to(parameter.dtype).contiguous(memory_format=layout)
        descriptors = fc6(scaled)
        nn.functional.normalize(descriptors.float(), dim=1).cpu()
        nn.functional.softmax(rest(descriptors).float(), dim=1).cpu()
