"""Training the convnet on a balanced plan of clips."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.load import Batch, ClipReader
from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.options import ConvnetOptions, NetworkOptions
from homecage.errors import ConfigError
from homecage.running.device import choose_device, make_deterministic
from homecage.running.memory import keep_freed_memory, send
from homecage.running.precision import autocast, choose_precision, name_precision
from homecage.running.prefetch import Awaited
from homecage.storage.checkpoints import Checkpoints, capture_random, make_key, restore_random
from homecage.storage.hashing import hash_file
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)


def train_convnet(
    *,
    stores: list[Path],
    plan: Path,
    behaviors: list[str],
    geometry: ClipGeometry,
    network: NetworkOptions,
    options: ConvnetOptions,
    seed: int,
    threads: int,
    code: str,
    checkpoints: Path,
    model: Path,
    history: Path,
    test: Path,
) -> None:
    """Train on the plan's training clips; measure on its test clips, which choose nothing.

    Args:
        stores: the frames that the plan names: of clip folders, or of videos.
        plan: the balanced plan of training and test clips.
        behaviors: the K behaviors in order.
        geometry: length of a clip.
        network: the network's shape and initialization.
        options: the optimizer and its schedule.
        seed: of the initial weights, the order of clips and dropout.
        threads: CPU threads; part of what makes two runs identical.
        code: the fingerprint of the code: a training goes on only from checkpoints of the same.
        checkpoints: folder that keeps the state of a training that is stopped, to go on from.
        model: safetensors file to write.
        history: TSV to write: epoch, learning_rate, train_loss, train_accuracy, test_accuracy.
        test: TSV to write: test clips and accuracy of each behavior and of all, after the last epoch.

    Raises:
        ConfigError: the training diverged.
        InterruptedTrainingError: a signal asked to stop.
    """
    make_deterministic(threads)
    keep_freed_memory()
    device = choose_device()
    precision = choose_precision(options.precision, device)
    train_reader, test_reader = (
        ClipReader(stores, plan, side, behaviors, geometry.length, threads)
        for side in ("train", "test")
    )
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout
    convnet = Convnet(Shape(geometry.length, train_reader.size_px, tuple(behaviors), network))
    initialize(convnet, generator)
    convnet.to(device)
    training = Training(convnet, options, generator, precision)
    key = make_key(
        code=code,
        stores=train_reader.describe_stores(),
        plan=hash_file(plan),
        behaviors=behaviors,
        geometry=geometry.model_dump(),
        network=network.model_dump(),
        options=options.model_dump(exclude={"trained_on"}),
        seed=seed,
        threads=threads,
        device=str(device.type),
        precision=str(precision),
    )
    with Checkpoints(checkpoints, key) as saved:
        if (state := saved.load()) is None:
            convnet.mean.copy_(measure_mean(train_reader, options.batch_size))
        else:
            training.restore(state)
        logger.info("%s, %s", device, precision)
        for _ in range(training.epoch, options.epochs):
            correct = train_epoch(training, train_reader, test_reader, saved)
        write_tsv(history, pd.DataFrame(training.rows))
        write_tsv(test, tabulate_test(test_reader.codes, correct, behaviors))
        metadata = {
            "trained_on": sorted(path.stem for path in stores),
            "plan_sha256": hash_file(plan),
            "training": options.model_dump(exclude={"trained_on"}),
            "seed": seed,
            "precision": name_precision(precision),
            "torch": torch.__version__,
        }
        save_convnet(model, convnet.cpu(), metadata)


class Training:
    """A training as far as it has come: all that its next step depends on."""

    def __init__(
        self,
        convnet: Convnet,
        options: ConvnetOptions,
        generator: torch.Generator,
        precision: torch.dtype,
    ) -> None:
        self.convnet, self.options, self.precision = convnet, options, precision
        self.device = convnet.mean.device
        self.optimizer = torch.optim.SGD(
            group_parameters(convnet, options), lr=options.learning_rate, momentum=options.momentum
        )
        self.rows: list[dict[str, float]] = []  # of the history, one an epoch
        self._generator = generator
        self._order_state = generator.get_state()  # that gives the epoch's order
        self._seen = 0  # clips of the epoch
        self._loss, self._correct = torch.zeros(2, device=self.device)  # their sums

    @property
    def epoch(self) -> int:
        """The epochs that are over."""
        return len(self.rows)

    def shuffle(self, n_clips: int) -> NDArray[np.int64]:
        """Return the clips of the epoch that are still to come, in their order."""
        self._generator.set_state(self._order_state)
        order = torch.randperm(n_clips, generator=self._generator).numpy()
        return order[self._seen :]

    def step(self, batch: Batch) -> None:
        """Take one step down the gradient."""
        codes = send(batch.codes, self.device)
        with autocast(self.precision, self.device):
            logits = self.convnet(change_light(batch, self.device))
        loss = F.cross_entropy(logits.float(), codes)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._loss += loss.detach() * len(codes)
        self._correct += (logits.argmax(1) == codes).sum()
        self._seen += len(codes)

    def end_epoch(self) -> dict[str, float]:
        """Close the epoch; return its row of the history, without the test's accuracy."""
        row: dict[str, float] = {
            "epoch": self.epoch + 1,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "train_loss": float(self._loss / self._seen),
            "train_accuracy": float(self._correct / self._seen),
        }
        if row["epoch"] % self.options.learning_rate_drop_epochs == 0:
            for group in self.optimizer.param_groups:
                group["lr"] *= self.options.learning_rate_drop
        self._order_state = self._generator.get_state()
        self._seen = 0
        self._loss, self._correct = torch.zeros(2, device=self.device)
        return row

    def capture(self) -> dict[str, Any]:
        """Return the state, to be saved."""
        return {
            "convnet": self.convnet.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rows": self.rows,
            "order": self._order_state,
            "seen": self._seen,
            "sums": [self._loss, self._correct],
            "random": capture_random(self.device),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a captured state."""
        self.convnet.load_state_dict(state["convnet"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rows = state["rows"]
        self._order_state, self._seen = state["order"], state["seen"]
        self._loss, self._correct = (total.to(self.device) for total in state["sums"])
        restore_random(state["random"], self.device)


def train_epoch(
    training: Training, train_reader: ClipReader, test_reader: ClipReader, saved: Checkpoints
) -> NDArray[np.bool_]:
    """Take what is left of a pass over the training clips; return which test clips are right, (N,)."""
    started = time.monotonic()
    options, convnet = training.options, training.convnet
    convnet.train()
    order = training.shuffle(len(train_reader))
    batches = Awaited(train_reader.batches(order, options.batch_size))
    for batch in batches:
        training.step(batch)
        saved.offer(training.capture)
    waited = batches.waited_s / (time.monotonic() - started)
    row = training.end_epoch()
    if not np.isfinite(row["train_loss"]):
        raise ConfigError(
            f"the convnet's loss became {row['train_loss']} in epoch {training.epoch + 1}; lower "
            "convnet.learning_rate"
        )
    correct = find_correct(convnet, test_reader, options.batch_size, training.precision)
    row["test_accuracy"] = share(correct)
    training.rows.append(row)
    logger.info(
        "epoch %d/%d: loss %.3f, training accuracy %.3f, test accuracy %.3f "
        "(%.0f s left; %.0f %% of the training was spent waiting for clips)",
        *(training.epoch, options.epochs, row["train_loss"], row["train_accuracy"]),
        *(row["test_accuracy"], (options.epochs - training.epoch) * (time.monotonic() - started)),
        100 * waited,
    )
    return correct


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


def change_light(batch: Batch, device: torch.device) -> Tensor:
    """Apply the plan's brightness and contrast: clips (B, L, S, S, 3) as float pixel values."""
    clips = send(batch.clips, device).float()
    contrast = send(batch.contrast, device).view(-1, 1, 1, 1, 1)
    brightness = send(batch.brightness, device).view(-1, 1, 1, 1, 1)
    middle = 127.5
    return ((clips - middle) * contrast + middle + 255 * brightness).clamp(0, 255)


@torch.inference_mode()
def find_correct(
    convnet: Convnet, reader: ClipReader, batch_size: int, precision: torch.dtype
) -> NDArray[np.bool_]:
    """Return which of a reader's clips the convnet takes for what they are, (N,)."""
    convnet.eval()
    device = convnet.mean.device
    correct = [np.zeros(0, bool)]
    for batch in reader.batches(np.arange(len(reader)), batch_size):
        clips = send(batch.clips, device)
        with autocast(precision, device):
            predicted = convnet(clips).argmax(1)
        correct.append(predicted.cpu().numpy() == batch.codes)
    return np.concatenate(correct)


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
