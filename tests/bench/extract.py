"""Describing all clips of a video with the paper's network: the sharing engines against plain Conv3d."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from homecage.convnet.options import NetworkOptions
from homecage.features.blocks import read_blocks
from homecage.features.fc6 import choose_engine
from homecage.features.options import Fc6Options
from homecage.frames.options import FramesOptions
from homecage.running.device import make_deterministic
from homecage.running.precision import choose_precision
from homecage.running.prefetch import prefetch
from homecage.storage.stores import StoredArray, open_store
from tests.bench.compare import Comparison, Worker, compare_workers
from tests.bench.decode import decode_into, make_video
from tests.bench.paper import (
    GEOMETRY,
    PAPER,
    SIZE_PX,
    THREADS,
    count_gflop,
    make_convnet,
    make_plain,
    measure_peak,
)

WITHOUT_AMX = "AVX512_CORE_BF16"
"""The most that oneDNN, which computes for PyTorch and OpenVINO, may use: all but AMX."""

N_LOOPS = 28
"""Of a simulated video: some 17,000 frames."""

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)

Source = int | Path
"""So many clips of random frames in memory, or the frame store of a video."""

Described = tuple[NDArray[np.float32], NDArray[np.float32]]
"""fc6 (C, D) and the probabilities (C, K) of all clips."""


def measure_extract_cpu() -> Comparison:
    """The default engine on this CPU against the plain float32 network."""
    return _measure("extract_cpu", 32, CPU, choose_precision("auto", CPU))


def measure_extract_cpu_without_amx() -> Comparison:
    """The same where AMX is switched off, and with it bfloat16: as on an Intel CPU without."""
    limit = {"ONEDNN_MAX_CPU_ISA": WITHOUT_AMX}
    return _measure("extract_cpu_without_amx", 32, CPU, torch.float32, **limit)


def measure_extract_gpu() -> Comparison:
    """The default engine on a GPU against the plain network there, in the same precision."""
    return _measure("extract_gpu", 4096, GPU, choose_precision("auto", GPU))


def measure_extract_gpu_from_store() -> Comparison:
    """The same with frames that must be read; the plain network is given them when all are."""
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder, "mouse.mpg")
        make_video(video, N_LOOPS)
        decode_into(Path(folder, "mouse"), video, FramesOptions(size_px=SIZE_PX))
        store = Path(folder, "mouse.zarr")
        return _measure("extract_gpu_from_store", store, GPU, choose_precision("auto", GPU))


def _measure(
    name: str, source: Source, device: torch.device, precision: torch.dtype, **environment: str
) -> Comparison:
    """Compare the two on a device, ours in the precision in which it computes by itself there."""
    n_frames = len(_open(source, SIZE_PX))
    n_clips = (n_frames - GEOMETRY.length) // GEOMETRY.stride + 1
    peak, (_, gflop) = measure_peak(precision, device), count_gflop()
    # As one would write it: on a CPU the network as it comes, on a GPU what is known to be fast there.
    plainly = (8, torch.float32, torch.contiguous_format)
    if device.type == "cuda":
        plainly = (64, precision, torch.channels_last_3d)
    return compare_workers(
        name,
        Worker(make_ours, source, device, **environment),
        Worker(make_reference, source, device, *plainly, **environment),
        work=n_clips,
        unit="clips/s",
        peak_share=lambda clips_s: clips_s * gflop / peak,
    )


def make_ours(
    source: Source, device: torch.device, network: NetworkOptions = PAPER, size_px: int = SIZE_PX
) -> Callable[[], Described]:
    """Prepare the engine that a user gets, and all that it does between frames and descriptors."""
    make_deterministic(THREADS)
    convnet = make_convnet(network, size_px).eval().to(device)
    precision = choose_precision("auto", device)
    _, engine = choose_engine(convnet, GEOMETRY, Fc6Options(), precision, THREADS)
    frames = _open(source, size_px)

    def describe() -> Described:
        read = prefetch(read_blocks(frames)) if isinstance(frames, StoredArray) else [frames]
        described = list(engine.describe(read))
        return (
            np.concatenate([part.fc6 for part in described]),
            np.concatenate([part.probability for part in described]),
        )

    return describe


def make_reference(
    source: Source,
    device: torch.device,
    batch_size: int,
    precision: torch.dtype,
    layout: torch.memory_format,
    network: NetworkOptions = PAPER,
    size_px: int = SIZE_PX,
) -> Callable[[], Described]:
    """Prepare the plain network, in a layout in memory; frames go to the device once."""
    torch.set_num_threads(THREADS)
    torch.backends.cudnn.benchmark = True  # cuDNN tries out which of its ways is the fastest.
    fc6, rest = (
        part.eval().to(device, precision) for part in make_plain(make_convnet(network, size_px))
    )
    fc6 = fc6.to(memory_format=layout)  # type: ignore[call-overload]
    frames = _open(source, size_px)

    def describe() -> Described:
        sent = torch.from_numpy(frames[:]).to(device)
        return _describe_plainly(fc6, rest, sent, batch_size, layout)

    return describe


def _open(source: Source, size_px: int) -> NDArray[np.uint8] | StoredArray:
    if isinstance(source, Path):
        return open_store(source, kind="frames", threads=THREADS)["frames"]
    n_frames = (source - 1) * GEOMETRY.stride + GEOMETRY.length
    shape = (n_frames, size_px, size_px, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@torch.inference_mode()
def _describe_plainly(
    fc6: nn.Module,
    rest: nn.Module,
    frames: torch.Tensor,
    batch_size: int,
    layout: torch.memory_format,
) -> Described:
    precision = next(fc6.parameters()).dtype
    descriptors, probabilities = [], []
    clips = frames.unfold(0, GEOMETRY.length, GEOMETRY.stride)  # (C, S, S, 3, L)
    for batch in clips.split(batch_size):
        scaled = (batch.permute(0, 3, 4, 1, 2).float() - 127.5) / 64  # (B, 3, L, S, S)
        found = fc6(scaled.to(precision).contiguous(memory_format=layout))
        descriptors.append(F.normalize(found.float(), dim=1))
        probabilities.append(F.softmax(rest(found).float(), dim=1))
    return torch.cat(descriptors).cpu().numpy(), torch.cat(probabilities).cpu().numpy()
