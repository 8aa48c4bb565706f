"""Training the convnet on a balanced plan of clips."""

import logging
import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.draw import Clips, draw_clips, list_clips
from homecage.clips.load import Batch, ClipReader
from homecage.convnet.augment import alter, draw_alterations
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.optimizer import make_optimizer, set_rate
from homecage.convnet.options import AugmentOptions, ConvnetOptions, NetworkOptions
from homecage.errors import ConfigError
from homecage.running.chance import stays_at_chance
from homecage.running.device import choose_device, make_deterministic
from homecage.running.memory import has_room, keep_freed_memory, send
from homecage.running.precision import autocast, choose_precision, name_precision
from homecage.running.prefetch import Awaited
from homecage.storage.checkpoints import Checkpoints, capture_random, make_key, restore_random
from homecage.storage.hashing import hash_file
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)

STEPS_TO_LEARN = 300
"""After fewer, a sound training may still be at chance: SGD at 0.002 was, for 100."""


def train_convnet(
    *,
    stores: list[Path],
    plan: Path,
    behaviors: list[str],
    length: int,
    network: NetworkOptions,
    augment: AugmentOptions,
    options: ConvnetOptions,
    seed: int,
    threads: int,
    code: str,
    checkpoints: Path,
    model: Path,
    history: Path,
    test: Path,
) -> None:
    """Train on clips of the plan's training stretches; measure on its test clips, which choose nothing.

    Args:
        stores: the frames that the plan names: of clip folders, or of videos.
        plan: the balanced plan of where training and test clips come from.
        behaviors: the K behaviors in order.
        length: frames of a clip; 1: of frames by themselves, for a 2-D convnet.
        network: the network's input, shape and initialization.
        augment: how training clips are altered.
        options: the optimizer and its schedule.
        seed: of the initial weights, the clips of each epoch, how they are altered, and dropout.
        threads: CPU threads; part of what makes two runs identical.
        code: the fingerprint of the code: a training goes on only from checkpoints of the same.
        checkpoints: folder that keeps the state of a training that is stopped, to go on from.
        model: safetensors file to write.
        history: TSV to write: epoch, learning_rate, train_loss, train_accuracy, test_accuracy.
        test: TSV to write: test clips and accuracy of each behavior and of all, after the last epoch.

    Raises:
        ConfigError: the training diverged, or has learned nothing in its first epoch.
        InterruptedTrainingError: a signal asked to stop.
    """
    make_deterministic(threads)
    device = choose_device()
    precision = choose_precision(options.precision, device)
    train_reader, test_reader = (
        ClipReader(stores, plan, side, behaviors, length, network.frames_before, threads)
        for side in ("train", "test")
    )
    torch.manual_seed(seed)  # dropout
    convnet = Convnet(Shape(length, train_reader.size_px, tuple(behaviors), network))
    initialize(convnet, torch.Generator().manual_seed(seed))
    convnet.to(device)
    n_clips = round(train_reader.side.n_clips.sum())
    training = Training(convnet, options, n_clips, precision)
    test_clips = list_clips(test_reader.side, length)
    key = make_key(
        code=code,
        stores=train_reader.describe_stores(),
        plan=hash_file(plan),
        behaviors=behaviors,
        length=length,
        network=network.model_dump(),
        augment=augment.model_dump(),
        options=options.model_dump(exclude={"trained_on"}),
        seed=seed,
        threads=threads,
        device=str(device.type),
        precision=str(precision),
    )
    with Checkpoints(checkpoints, key) as saved:
        if (state := saved.load()) is None:
            convnet.mean.copy_(measure_mean(train_reader))
        else:
            training.restore(state)
        for reader in (train_reader, test_reader):
            if has_room(reader.n_bytes, device):
                reader.hold(device)
        logger.info("%s, %s", device, precision)
        keep_freed_memory()
        for epoch in range(training.epoch, options.epochs):
            started = time.monotonic()
            rng = np.random.default_rng([seed, epoch])
            clips = draw_clips(train_reader.side, length, rng)
            alterations = draw_alterations(len(clips), augment, rng)
            row = train_epoch(training, train_reader, clips, alterations, saved)
            codes, correct = find_correct(
                convnet, test_reader.batches(test_clips, options.batch_size), precision
            )
            row["test_accuracy"] = share(correct)
            training.rows.append(row)
            logger.info(
                "epoch %d/%d: loss %.3f, training accuracy %.3f, test accuracy %.3f (%.0f s left)",
                *(epoch + 1, options.epochs, row["train_loss"], row["train_accuracy"]),
                *(
                    row["test_accuracy"],
                    (options.epochs - epoch - 1) * (time.monotonic() - started),
                ),
            )
        write_tsv(history, pd.DataFrame(training.rows))
        write_tsv(test, tabulate_test(codes, correct, behaviors))
        metadata = {
            "trained_on": sorted(path.stem for path in stores),
            "plan_sha256": hash_file(plan),
            "training": options.model_dump(exclude={"trained_on"}),
            "augment": augment.model_dump(),
            "seed": seed,
            "precision": name_precision(precision),
            "torch": torch.__version__,
        }
        save_convnet(model, convnet.cpu(), metadata)


class Training:
    """A training as far as it has come: all that its next step depends on."""

    def __init__(
        self, convnet: Convnet, options: ConvnetOptions, n_clips: int, precision: torch.dtype
    ) -> None:
        """Begin a training of so many clips an epoch."""
        self.convnet, self.options, self.precision = convnet, options, precision
        self.device = convnet.mean.device
        self.optimizer = make_optimizer(convnet, options)
        self.rows: list[dict[str, float]] = []  # of the history, one an epoch
        self.seen = 0  # clips of the epoch
        self._steps_per_epoch = -(-n_clips // options.batch_size)
        self._loss, self._correct = torch.zeros(2, device=self.device)  # their sums

    @property
    def epoch(self) -> int:
        """The epochs that are over."""
        return len(self.rows)

    def step(self, batch: Batch, alterations: Tensor) -> None:
        """Take one step down the gradient, on clips altered as (B, 6) says."""
        number = self.epoch * self._steps_per_epoch + self.seen // self.options.batch_size
        set_rate(self.optimizer, self.options, number, self._steps_per_epoch)
        codes = send(batch.codes, self.device)
        clips = alter(send(batch.clips, self.device), alterations)
        with autocast(self.precision, self.device):
            logits = self.convnet(clips)
        loss = F.cross_entropy(logits.float(), codes)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._loss += loss.detach() * len(codes)
        self._correct += (logits.argmax(1) == codes).sum()
        self.seen += len(codes)

    def end_epoch(self, n_behaviors: int) -> dict[str, float]:
        """Close the epoch; return its row of the history, still without the test's accuracy.

        Raises:
            ConfigError: the training diverged, or has taught it nothing in its first epoch, or
                those that make up ``STEPS_TO_LEARN``, of as many clips of each of so many behaviors.
        """
        row: dict[str, float] = {
            "epoch": self.epoch + 1,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "train_loss": float(self._loss / self.seen),
            "train_accuracy": float(self._correct / self.seen),
        }
        if not math.isfinite(row["train_loss"]):
            raise ConfigError(
                f"the convnet's loss became {row['train_loss']} in epoch {row['epoch']}; lower "
                "convnet.learning_rate"
            )
        n_epochs = -(-STEPS_TO_LEARN // self._steps_per_epoch)
        chance = 1 / n_behaviors
        if row["epoch"] == n_epochs and stays_at_chance(int(self._correct), self.seen, chance):
            raise ConfigError(
                f"the convnet has learned nothing by the end of epoch {n_epochs}: of its {self.seen} "
                f"clips it got {row['train_accuracy']:.1%} right, and guessing gets {chance:.1%} (loss "
                f"{row['train_loss']:.3f}, of guessing {math.log(n_behaviors):.3f}). Let it begin with "
                "network.initialization: he and network.pixel_scale: 64, or change "
                "convnet.learning_rate or convnet.optimizer (docs/method.md, Initial weights)"
            )
        self.seen = 0
        self._loss, self._correct = torch.zeros(2, device=self.device)
        return row

    def capture(self) -> dict[str, Any]:
        """Return the state, to be saved."""
        return {
            "convnet": self.convnet.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rows": self.rows,
            "seen": self.seen,
            "sums": [self._loss, self._correct],
            "random": capture_random(self.device),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a captured state."""
        self.convnet.load_state_dict(state["convnet"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rows, self.seen = state["rows"], state["seen"]
        self._loss, self._correct = (total.to(self.device) for total in state["sums"])
        restore_random(state["random"], self.device)


def train_epoch(
    training: Training,
    reader: ClipReader,
    clips: Clips,
    alterations: Tensor,
    saved: Checkpoints,
) -> dict[str, float]:
    """Take what is left of an epoch; return its row of the history.

    Args:
        training: the training so far.
        reader: of the training clips.
        clips: the N clips of the epoch.
        alterations: how they are altered, (N, 6).
        saved: takes checkpoints.
    """
    training.convnet.train()
    size = training.options.batch_size
    batches = Awaited(reader.batches(clips[training.seen :], size))
    started = time.monotonic()
    for batch in batches:
        training.step(batch, alterations[training.seen :][:size])
        saved.offer(training.capture)
    share_waited = batches.waited_s / (time.monotonic() - started)
    logger.info("%.0f %% of the epoch was spent waiting for clips", 100 * share_waited)
    return training.end_epoch(reader.n_behaviors)


def measure_mean(reader: ClipReader) -> Tensor:
    """Return the channel mean of all frames of a reader's stretches, (3,), in pixel values."""
    total, count = np.zeros(3), 0
    for frames in reader.blocks():
        rows = frames.reshape(-1, frames.shape[2] * 3)
        # Summed along columns, of integers: a sum over all axes but the last takes 12 times as long.
        total += rows.sum(axis=0, dtype=np.uint32).reshape(-1, 3).sum(axis=0)
        count += rows.size // 3
    return torch.from_numpy(total / count).float()


@torch.inference_mode()
def find_correct(
    convnet: Convnet, batches: Iterable[Batch], precision: torch.dtype
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the behaviors of clips, and which the convnet takes for what they are, both (N,)."""
    convnet.eval()
    device = convnet.mean.device
    codes = [torch.zeros(0, dtype=torch.int64)]
    predicted = [torch.zeros(0, dtype=torch.int64, device=device)]
    for batch in batches:
        clips = send(batch.clips, device)
        with autocast(precision, device):
            predicted.append(convnet(clips).argmax(1))
        codes.append(batch.codes)
    true = torch.cat(codes).numpy()
    return true, torch.cat(predicted).cpu().numpy() == true


def share(correct: NDArray[np.bool_]) -> float:
    """Return the share that is right; NaN (written n/a) of none."""
    return float(correct.mean()) if len(correct) else float("nan")


def tabulate_test(
    codes: NDArray[np.int64], correct: NDArray[np.bool_], behaviors: Sequence[str]
) -> pd.DataFrame:
    """List test clips and accuracy of each behavior, then of all clips together."""
    clips = [(name, correct[codes == code]) for code, name in enumerate(behaviors)]
    rows = [(name, len(own), share(own)) for name, own in [*clips, ("all", correct)]]
    return pd.DataFrame(rows, columns=["behavior", "n_clips", "accuracy"])
