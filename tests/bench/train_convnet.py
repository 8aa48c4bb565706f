"""Training the paper's network: homecage's epoch against a plain float32 loop."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from homecage.clips.load import Batch
from homecage.convnet.augment import draw_alterations
from homecage.convnet.options import AugmentOptions, ConvnetOptions
from homecage.convnet.train import Training
from homecage.running.device import choose_device, make_deterministic
from homecage.running.memory import keep_freed_memory
from homecage.running.precision import choose_precision
from tests.bench.compare import Comparison, Worker, compare_workers
from tests.bench.paper import (
    GEOMETRY,
    SIZE_PX,
    THREADS,
    count_gflop,
    make_convnet,
    make_plain,
    measure_peak,
)

BATCH_SIZE = 8
"""A quarter of the paper's, for the time it takes on a CPU."""


def measure_train_convnet_cpu() -> Comparison:
    """One step of each, on the same clips."""
    cpu = torch.device("cpu")
    peak = measure_peak(choose_precision("auto", cpu), cpu)
    gflop = 3 * count_gflop()[0]  # forward, and backward to inputs and to weights
    return compare_workers(
        "train_convnet_cpu",
        Worker(make_ours),
        Worker(make_reference),
        work=BATCH_SIZE,
        unit="clips/s",
        peak_share=lambda clips_s: clips_s * gflop / peak,
    )


def make_ours() -> Callable[[], object]:
    """Prepare homecage's own training."""
    make_deterministic(THREADS)
    keep_freed_memory()
    options = ConvnetOptions(learning_rate=1e-4)
    precision = choose_precision(options.precision, choose_device())
    training = Training(make_convnet().train(), options, BATCH_SIZE, precision)
    batch = _make_batch()
    alterations = draw_alterations(BATCH_SIZE, AugmentOptions(), np.random.default_rng(0))
    return lambda: training.step(batch, alterations)


def make_reference() -> Callable[[], object]:
    """Prepare a plain loop in float32."""
    torch.set_num_threads(THREADS)
    network = nn.Sequential(*make_plain(make_convnet()))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, weight_decay=0.005)
    batch = _make_batch()

    def step() -> None:
        clips = batch.clips.permute(0, 4, 1, 2, 3).float()
        loss = F.cross_entropy(network((clips - 127.5).div(64).contiguous()), batch.codes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def _make_batch() -> Batch:
    shape = (BATCH_SIZE, GEOMETRY.length, SIZE_PX, SIZE_PX, 3)
    clips = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return Batch(torch.from_numpy(clips), torch.arange(BATCH_SIZE))
