"""Training one fold: the LSTM that will score a video none of whose labels it has seen."""

import copy
import logging
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from homecage.behaviors import UNLABELED
from homecage.clips.options import ClipOptions
from homecage.clips.tiling import labeled_frames
from homecage.device import choose_device, make_deterministic
from homecage.errors import DatasetError, StoreError
from homecage.predictions import read_annotation
from homecage.publish import publish
from homecage.sequence.folds import make_fold
from homecage.sequence.network import SequenceModel, save_sequence_model
from homecage.sequence.options import SequenceOptions
from homecage.sequence.windows import Sequence, count_behaviors, plan_windows, stack_windows
from homecage.stores import open_store
from homecage.weights import hash_file, load_weights

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
        model: safetensors file to write: the weights of the best epoch.
        history: TSV to write: epoch, train_loss, validation_loss, validation_accuracy, best.
        plan: TSV to write: the training windows and their copies.

    Raises:
        DatasetError: too few videos, or none of the training or validation clips is labeled.
    """
    make_deterministic(threads)
    device = choose_device()
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
        training[0].fc6.shape[1], options.units, options.layers, options.dropout
    ).to(device)
    weights = weigh_behaviors(training, options.class_weight).to(device)
    fc6, codes = stack_windows(training, windows, options.window_clips)
    copies = torch.from_numpy(np.repeat(np.arange(len(windows)), windows["copies"]))
    best, rows = fit(
        network, fc6.to(device), codes.to(device), copies, validation, weights, options
    )
    with publish(plan) as temporary:
        windows.to_csv(temporary, sep="\t", index=False)
    with publish(history) as temporary:
        rows.to_csv(temporary, sep="\t", index=False)
    _, trained = load_weights(convnet)
    metadata = {
        **asdict(fold),
        "convnet_sha256": hash_file(convnet),
        "convnet_trained_on": trained["trained_on"],
        "options": options.model_dump(),
        "seed": seed,
        "torch": torch.__version__,
    }
    network.load_state_dict(best)
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


def fit(
    network: SequenceModel,
    fc6: Tensor,
    codes: Tensor,
    copies: Tensor,
    validation: list[Sequence],
    weights: Tensor,
    options: SequenceOptions,
) -> tuple[dict[str, Tensor], pd.DataFrame]:
    """Train until the inner validation loss no longer falls; return the best weights and history.

    Args:
        network: the model, changed in place.
        fc6: windows, (N, W, D).
        codes: their labels, (N, W).
        copies: the windows of one epoch, each as often as the plan says.
        validation: whole videos, each scored in one pass as a held-out one is.
        weights: of each behavior in the loss, (K,).
        options: the optimizer and when to stop.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=options.learning_rate)
    best_loss, best_weights = float("inf"), copy.deepcopy(network.state_dict())
    best_epoch = 0
    rows = []
    started = time.monotonic()
    for epoch in range(1, options.epochs + 1):
        order = copies[torch.randperm(len(copies))]
        loss = train_epoch(network, fc6, codes, order, optimizer, weights, options)
        validation_loss, validation_accuracy = validate(network, validation, weights)
        rows.append((epoch, loss, validation_loss, validation_accuracy))
        if validation_loss < best_loss:
            best_loss, best_epoch = validation_loss, epoch
            best_weights = copy.deepcopy(network.state_dict())
        if epoch % 5 == 0:
            logger.info(
                "epoch %d: loss %.3f, validation loss %.3f, accuracy %.3f (%.0f s)",
                *(epoch, loss, validation_loss, validation_accuracy, time.monotonic() - started),
            )
        if epoch - best_epoch >= options.patience:
            break
    logger.info("stopped after epoch %d; kept epoch %d", epoch, best_epoch)
    names = ["epoch", "train_loss", "validation_loss", "validation_accuracy"]
    history = pd.DataFrame(rows, columns=names)
    history["best"] = (history["epoch"] == best_epoch).astype(int)
    return best_weights, history


def train_epoch(
    network: SequenceModel,
    fc6: Tensor,
    codes: Tensor,
    order: Tensor,
    optimizer: torch.optim.Optimizer,
    weights: Tensor,
    options: SequenceOptions,
) -> float:
    """Take one pass over windows in this order; return the mean loss of a batch."""
    network.train()
    losses = []
    for indices in order.split(options.batch_size):
        indices = indices.to(fc6.device)
        loss = sequence_loss(network(fc6[indices].float()), codes[indices], weights)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), options.gradient_norm)
        optimizer.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


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
