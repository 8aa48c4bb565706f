"""Training the convnet on the clipped database."""

import logging
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from homecage.behaviors import BEHAVIORS
from homecage.clips.load import Batch, ClipReader
from homecage.clips.options import ClipOptions
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.options import ConvnetOptions, NetworkOptions
from homecage.device import choose_device, make_deterministic
from homecage.errors import DatasetError
from homecage.memory import keep_freed_memory, send
from homecage.precision import autocast, choose_precision
from homecage.prefetch import Awaited
from homecage.publish import publish
from homecage.weights import hash_file

logger = logging.getLogger(__name__)


def train_convnet(
    *,
    clips: list[Path],
    plan: Path,
    geometry: ClipOptions,
    network: NetworkOptions,
    options: ConvnetOptions,
    seed: int,
    threads: int,
    model: Path,
    history: Path,
    test: Path,
) -> None:
    """Train on the plan's training clips; measure on its test clips, which choose nothing.

    Args:
        clips: clip stores, one a folder of the clipped database.
        plan: the balanced plan of training and test clips.
        geometry: length of a clip.
        network: the network's shape and initialization.
        options: the optimizer and its schedule.
        seed: of the initial weights, the order of clips and dropout.
        threads: CPU threads; part of what makes two runs identical.
        model: safetensors file to write.
        history: TSV to write: epoch, learning_rate, train_loss, train_accuracy, test_accuracy.
        test: TSV to write: test clips and accuracy of each behavior and of all, after the last epoch.

    Raises:
        DatasetError: the training diverged.
    """
    make_deterministic(threads)
    keep_freed_memory()
    device = choose_device()
    precision = choose_precision(options.precision, device)
    table = pd.read_csv(plan, sep="\t", dtype={"folder": str, "clip": str}, keep_default_na=False)
    train_reader = ClipReader(clips, table, "train", geometry.length, threads)
    test_reader = ClipReader(clips, table, "test", geometry.length, threads)
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout
    convnet = Convnet(Shape(geometry.length, train_reader.size_px, network))
    initialize(convnet, generator)
    convnet.mean.copy_(measure_mean(train_reader, options.batch_size))
    convnet.to(device)
    optimizer = torch.optim.SGD(
        group_parameters(convnet, options), lr=options.learning_rate, momentum=options.momentum
    )
    schedule = torch.optim.lr_scheduler.StepLR(
        optimizer, options.learning_rate_drop_epochs, options.learning_rate_drop
    )
    rows = []
    logger.info("%s, %s", device, precision)
    for epoch in range(1, options.epochs + 1):
        started = time.monotonic()
        learning_rate = schedule.get_last_lr()[0]
        order = torch.randperm(len(train_reader), generator=generator).numpy()
        batches = Awaited(train_reader.batches(order, options.batch_size))
        loss, accuracy = train_epoch(convnet, batches, optimizer, precision)
        waited = batches.waited_s / (time.monotonic() - started)
        schedule.step()
        if not np.isfinite(loss):
            raise DatasetError([f"the convnet's loss became {loss}: lower convnet.learning_rate"])
        confusion = count_confusion(convnet, test_reader, options.batch_size, precision)
        test_accuracy = accuracy_of(confusion)
        rows.append((epoch, learning_rate, loss, accuracy, test_accuracy))
        left = (options.epochs - epoch) * (time.monotonic() - started)
        logger.info(
            "epoch %d/%d: loss %.3f, training accuracy %.3f, test accuracy %.3f "
            "(%.0f s left; %.0f %% of the time was spent waiting for clips)",
            *(epoch, options.epochs, loss, accuracy, test_accuracy, left, 100 * waited),
        )
    names = ["epoch", "learning_rate", "train_loss", "train_accuracy", "test_accuracy"]
    with publish(history) as temporary:
        pd.DataFrame(rows, columns=names).to_csv(temporary, sep="\t", index=False)
    with publish(test) as temporary:
        tabulate_test(confusion).to_csv(temporary, sep="\t", index=False, na_rep="n/a")
    metadata = {
        "trained_on": sorted(path.stem for path in clips),
        "plan_sha256": hash_file(plan),
        "training": options.model_dump(),
        "seed": seed,
        "precision": str(precision).removeprefix("torch."),
        "torch": torch.__version__,
    }
    save_convnet(model, convnet.cpu(), metadata)


def group_parameters(convnet: Convnet, options: ConvnetOptions) -> list[dict[str, object]]:
    """Weights decay; biases do not and learn twice as fast, as in the C3D UCF101 example."""
    named = list(convnet.named_parameters())
    weights = [parameter for name, parameter in named if name.endswith("weight")]
    biases = [parameter for name, parameter in named if name.endswith("bias")]
    return [
        {"params": weights, "weight_decay": options.weight_decay},
        {"params": biases, "weight_decay": 0.0, "lr": 2 * options.learning_rate},
    ]


def measure_mean(reader: ClipReader, batch_size: int) -> Tensor:
    """Return the channel mean over all training clips, (3,), in pixel values."""
    total = np.zeros(3)
    count = 0
    for batch in reader.batches(np.arange(len(reader)), batch_size):
        total += batch.clips.sum(axis=(0, 1, 2, 3), dtype=np.float64)
        count += batch.clips[..., 0].size
    return torch.from_numpy(total / count).float()


def train_epoch(
    convnet: Convnet,
    batches: Iterable[Batch],
    optimizer: torch.optim.Optimizer,
    precision: torch.dtype,
) -> tuple[float, float]:
    """Take one pass over the clips; return the mean loss and the accuracy while training."""
    convnet.train()
    device = convnet.mean.device
    total_loss = torch.zeros((), device=device)
    correct = torch.zeros((), device=device)
    n_clips = 0
    for batch in batches:
        behaviors = send(batch.behaviors, device)
        with autocast(precision, device):
            logits = convnet(change_light(batch, device))
        loss = F.cross_entropy(logits.float(), behaviors)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total_loss += loss.detach() * len(behaviors)
        correct += (logits.argmax(1) == behaviors).sum()
        n_clips += len(behaviors)
    return float(total_loss / n_clips), float(correct / n_clips)


def change_light(batch: Batch, device: torch.device) -> Tensor:
    """Apply the plan's brightness and contrast: clips (B, L, S, S, 3) as float pixel values."""
    clips = send(batch.clips, device).float()
    contrast = send(batch.contrast, device).view(-1, 1, 1, 1, 1)
    brightness = send(batch.brightness, device).view(-1, 1, 1, 1, 1)
    middle = 127.5
    return ((clips - middle) * contrast + middle + 255 * brightness).clamp(0, 255)


@torch.inference_mode()
def count_confusion(
    convnet: Convnet, reader: ClipReader, batch_size: int, precision: torch.dtype
) -> np.ndarray:
    """Count clips by truth and prediction, (K, K)."""
    convnet.eval()
    device = convnet.mean.device
    counts = np.zeros((len(BEHAVIORS), len(BEHAVIORS)), np.int64)
    for batch in reader.batches(np.arange(len(reader)), batch_size):
        clips = send(batch.clips, device)
        with autocast(precision, device):
            predicted = convnet(clips).argmax(1)
        np.add.at(counts, (batch.behaviors, predicted.cpu().numpy()), 1)
    return counts


def accuracy_of(confusion: np.ndarray) -> float:
    """Return the share of clips on the diagonal; n/a (NaN) where there are none."""
    total = confusion.sum()
    return float(np.trace(confusion) / total) if total else float("nan")


def tabulate_test(confusion: np.ndarray) -> pd.DataFrame:
    """List test clips and accuracy of each behavior, then of all clips together."""
    supports = confusion.sum(axis=1)
    rows = [
        (name, support, confusion[i, i] / support if support else float("nan"))
        for i, (name, support) in enumerate(zip(BEHAVIORS, supports, strict=True))
    ]
    rows.append(("all", supports.sum(), accuracy_of(confusion)))
    return pd.DataFrame(rows, columns=["behavior", "n_clips", "accuracy"])
