"""Training one fold: the LSTM that will score a video none of whose labels it has seen."""

import copy
import hashlib
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from homecage.clips.options import ClipOptions
from homecage.clips.tiling import labeled_frames
from homecage.errors import DatasetError, StoreError
from homecage.running.device import choose_device, make_deterministic
from homecage.running.memory import keep_freed_memory
from homecage.running.precision import choose_precision, name_precision
from homecage.sequence.network import SequenceModel, save_sequence_model
from homecage.sequence.options import SequenceOptions
from homecage.sequence.windows import Sequence, count_behaviors, join_windows, plan_windows
from homecage.storage.checkpoints import Checkpoints, capture_random, make_key, restore_random
from homecage.storage.frame_tables import read_annotation
from homecage.storage.publish import publish
from homecage.storage.stores import open_store
from homecage.storage.weights import hash_file, load_weights
from homecage.study.behaviors import UNLABELED
from homecage.study.folds import make_fold

logger = logging.getLogger(__name__)


def train_fold(
    *,
    held_out: str,
    features: list[Path],
    annotations: list[Path],
    convnet: Path,
    geometry: ClipOptions,
    options: SequenceOptions,
    seed: int,
    threads: int,
    checkpoints: Path,
    model: Path,
    history: Path,
    plan: Path,
) -> None:
    """Train on all videos but the held-out one, of which neither features nor labels come in.

    Args:
        held_out: name of the held-out video; it names the fold.
        features: feature stores of the other videos.
        annotations: annotator 1's annotations of the same videos, in the same order.
        convnet: the convnet behind the features: what trained it is recorded with the fold.
        geometry: which frame labels a clip.
        options: the model, its training and the inner validation.
        seed: of the validation videos, the windows, the initial weights, their order and dropout.
        threads: CPU threads; part of what makes two runs identical.
        checkpoints: folder that keeps the state of a training that is stopped, to go on from.
        model: safetensors file to write: the weights of the best epoch.
        history: TSV to write: epoch, train_loss, validation_loss, validation_accuracy, best.
        plan: TSV to write: the training windows and their copies.

    Raises:
        DatasetError: too few videos, or none of the training or validation clips is labeled.
        InterruptedTrainingError: a signal asked to stop.
    """
    make_deterministic(threads)
    keep_freed_memory()
    device = choose_device()
    precision = choose_precision(options.precision, device)
    sequences = {
        path.stem: read_sequence(path, annotation, geometry)
        for path, annotation in zip(features, annotations, strict=True)
    }
    fold = make_fold(list(sequences), held_out, options.validation_videos, seed)
    training = [sequences[video] for video in fold.training]
    validation = [sequences[video] for video in fold.validation]
    for role, videos in (("training", training), ("inner validation", validation)):
        if all((sequence.codes == UNLABELED).all() for sequence in videos):
            names = ", ".join(sequence.video for sequence in videos)
            raise DatasetError([f"fold {held_out}: no {role} video has a labeled clip ({names})"])
    windows = plan_windows(
        training, options.window_clips, options.window_growth, np.random.default_rng(seed)
    )
    torch.manual_seed(seed)
    network = SequenceModel(
        training[0].fc6.shape[1], options.units, options.layers, options.dropout, precision
    ).to(device)
    key = make_key(
        fold=asdict(fold),
        data=[hash_sequence(sequences[video]) for video in sorted(sequences)],
        options=options.model_dump(),
        seed=seed,
        threads=threads,
        device=device.type,
        precision=str(precision),
    )
    weights = weigh_behaviors(training, options.class_weight).to(device)
    examples = Examples(
        *(part.to(device) for part in join_windows(training, windows, options.window_clips))
    )
    del sequences, training  # the descriptors stand in memory once
    copies = torch.from_numpy(np.repeat(np.arange(len(windows)), windows["copies"]))
    examples = replace(examples, windows=examples.windows[copies])
    with Checkpoints(checkpoints, key) as saved:
        progress = fit(Training(network, weights, options), examples, validation, saved)
        with publish(plan) as temporary:
            windows.to_csv(temporary, sep="\t", index=False)
        with publish(history) as temporary:
            progress.tabulate().to_csv(temporary, sep="\t", index=False)
        _, trained = load_weights(convnet)
        metadata = {
            **asdict(fold),
            "convnet_sha256": hash_file(convnet),
            "convnet_trained_on": trained["trained_on"],
            "options": options.model_dump(),
            "seed": seed,
            "precision": name_precision(precision),
            "torch": torch.__version__,
        }
        network.load_state_dict(progress.best_weights)
        save_sequence_model(model, network, metadata)


def read_sequence(features: Path, annotation: Path, geometry: ClipOptions) -> Sequence:
    """Read a video's descriptors and its clips' labels.

    Raises:
        StoreError: features and annotation are not of the same video.
    """
    if features.stem != annotation.stem:
        raise StoreError(annotation, f"is not the annotation of {features.stem}")
    store = open_store(features, kind="features")
    codes = read_annotation(annotation)
    frames = labeled_frames(store.attributes["n_frames"], geometry)
    return Sequence(
        features.stem, torch.from_numpy(store["fc6"][:]), codes[frames].astype(np.int64)
    )


def hash_sequence(sequence: Sequence) -> str:
    """Hash a video's descriptors and labels."""
    content = hashlib.sha256(sequence.fc6.numpy().tobytes())
    content.update(sequence.codes.tobytes())
    return content.hexdigest()


@dataclass(frozen=True)
class Examples:
    """What a fold is trained on."""

    fc6: Tensor  # (C, D) float16, of all clips
    codes: Tensor  # (C,) their labels
    windows: Tensor  # (N, W) the clips of each window of an epoch, each as often as the plan says


class Training:
    """A fold's training as far as it has come: all that its next step depends on."""

    def __init__(self, network: SequenceModel, weights: Tensor, options: SequenceOptions) -> None:
        """Start with a network.

        Args:
            network: the model, changed in place.
            weights: of each behavior in the loss, (K,).
            options: the optimizer and when to stop.
        """
        self.network, self.weights, self.options = network, weights, options
        self.optimizer = torch.optim.Adam(
            network.parameters(), lr=options.learning_rate, fused=True
        )
        self.best_weights = copy.deepcopy(network.state_dict())
        self.rows: list[dict[str, float]] = []  # of the history, one an epoch
        self._order: Tensor | None = None  # of the epoch's windows, (N,)
        self._losses: list[Tensor] = []  # of the epoch's batches so far

    @property
    def epoch(self) -> int:
        """The epochs that are over."""
        return len(self.rows)

    @property
    def best_epoch(self) -> int:
        """The epoch, from 1, with the lowest validation loss; 0 before the first one is over."""
        losses = [row["validation_loss"] for row in self.rows]
        return 1 + losses.index(min(losses)) if losses else 0

    @property
    def done(self) -> bool:
        """Whether the validation loss no longer falls, or all epochs are over."""
        waiting = self.epoch - self.best_epoch
        return waiting >= self.options.patience or self.epoch >= self.options.epochs

    def draw_batches(self, n_windows: int) -> list[Tensor]:
        """Return the batches of windows that are still to come in this epoch."""
        if self._order is None:
            self._order = torch.randperm(n_windows)
        return list(self._order.split(self.options.batch_size))[len(self._losses) :]

    def step(self, examples: Examples, batch: Tensor) -> None:
        """Take one step down the gradient with the windows of these numbers, (B,)."""
        clips = examples.windows[batch.to(examples.windows.device)]  # (B, W)
        # The LSTM goes through memory step by step, so the batch is laid out like that.
        steps_first = examples.fc6[clips.t()].float()  # (W, B, D)
        logits = self.network(steps_first.transpose(0, 1))
        loss = sequence_loss(logits, examples.codes[clips], self.weights)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.options.gradient_norm)
        self.optimizer.step()
        self._losses.append(loss.detach())

    def end_epoch(self, validation_loss: float, validation_accuracy: float) -> None:
        """Note how the epoch went, and keep the weights if they are the best so far."""
        self.rows.append(
            {
                "epoch": self.epoch + 1,
                "train_loss": float(torch.stack(self._losses).mean()),
                "validation_loss": validation_loss,
                "validation_accuracy": validation_accuracy,
            }
        )
        if self.best_epoch == self.epoch:
            self.best_weights = copy.deepcopy(self.network.state_dict())
        self._order, self._losses = None, []

    def tabulate(self) -> pd.DataFrame:
        """Return the history, one row an epoch."""
        table = pd.DataFrame(self.rows)
        table["best"] = (table["epoch"] == self.best_epoch).astype(int)
        return table

    def capture(self) -> dict[str, Any]:
        """Return the state, to be saved."""
        return {
            "network": self.network.state_dict(),
            "best_weights": self.best_weights,
            "optimizer": self.optimizer.state_dict(),
            "rows": self.rows,
            "order": self._order,
            "losses": self._losses,
            "random": capture_random(self.weights.device),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a captured state."""
        self.network.load_state_dict(state["network"])
        self.best_weights = state["best_weights"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.rows = state["rows"]
        self._order = state["order"]
        self._losses = [loss.to(self.weights.device) for loss in state["losses"]]
        restore_random(state["random"], self.weights.device)


def fit(
    training: Training, examples: Examples, validation: list[Sequence], saved: Checkpoints
) -> Training:
    """Train until the inner validation loss no longer falls, from where a stopped training was.

    Args:
        training: from its start.
        examples: the windows to train on.
        validation: whole videos, each scored in one pass as a held-out one is.
        saved: the checkpoints.
    """
    if (state := saved.load()) is not None:
        training.restore(state)
    started = time.monotonic()
    while not training.done:
        training.network.train()
        for batch in training.draw_batches(len(examples.windows)):
            training.step(examples, batch)
            saved.offer(training.capture)
        training.end_epoch(*validate(training.network, validation, training.weights))
        if training.epoch % 5 == 0:
            row = training.rows[-1]
            logger.info(
                "epoch %d: loss %.3f, validation loss %.3f, accuracy %.3f (%.0f s)",
                *(training.epoch, row["train_loss"], row["validation_loss"]),
                *(row["validation_accuracy"], time.monotonic() - started),
            )
    logger.info("stopped after epoch %d; kept epoch %d", training.epoch, training.best_epoch)
    return training


def weigh_behaviors(sequences: list[Sequence], power: float) -> Tensor:
    """Return each behavior's weight in the loss, (K,): one over its frequency, to this power.

    Weights are scaled so that a labeled clip weighs 1 on average; a behavior that never occurs
    weighs 1.
    """
    counts = torch.from_numpy(sum(count_behaviors(sequence.codes) for sequence in sequences))
    weights = torch.where(counts > 0, counts.clamp(min=1).double() ** -power, 0.0)
    weights *= counts.sum() / (weights * counts).sum()
    return torch.where(counts > 0, weights, 1.0).float()


def sequence_loss(
    logits: Tensor, codes: Tensor, weights: Tensor, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy over labeled clips: logits (..., K), codes (...), weights (K,)."""
    return F.cross_entropy(
        logits.flatten(0, -2),
        codes.flatten(),
        weight=weights,
        ignore_index=UNLABELED,
        reduction=reduction,
    )


@torch.inference_mode()
def validate(
    network: SequenceModel, sequences: list[Sequence], weights: Tensor
) -> tuple[float, float]:
    """Return the weighted mean loss and the accuracy over the labeled clips of whole videos."""
    network.eval()
    loss, weight, correct, labeled = 0.0, 0.0, 0, 0
    for sequence in sequences:
        logits = network(sequence.fc6[None].float().to(weights.device))[0]
        codes = torch.from_numpy(sequence.codes).to(weights.device)
        own = codes[codes != UNLABELED]
        loss += float(sequence_loss(logits, codes, weights, reduction="sum"))
        weight += float(weights[own].sum())
        correct += int((logits.argmax(1) == codes).sum())
        labeled += len(own)
    return loss / weight, correct / labeled
