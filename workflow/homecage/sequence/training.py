"""Training a network by gradient, and scoring with it: what all models share that are networks.

A network takes descriptors (B, C, D) and gives logits (B, C, K).

Letters: B windows of a batch, C clips, D descriptor, K behaviors.
"""

import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from homecage.errors import ConfigError
from homecage.running.chance import stays_at_chance
from homecage.running.device import choose_device
from homecage.running.memory import keep_freed_memory
from homecage.running.precision import autocast, choose_precision, name_precision
from homecage.sequence.models import Fitted, Task
from homecage.sequence.normalize import Normalize
from homecage.sequence.options import TrainingOptions
from homecage.sequence.sequences import Sequence
from homecage.sequence.windows import plan_windows, shift_windows, take_windows, weigh_behaviors
from homecage.storage.checkpoints import Checkpoints, capture_random, restore_random
from homecage.storage.frame_tables import UNLABELED

logger = logging.getLogger(__name__)


def fit_network(
    build: Callable[..., nn.Module],
    chosen: set[str],
    task: Task,
    options: TrainingOptions,
    saved: Checkpoints,
) -> Fitted:
    """Train a network until the validation loss no longer falls, from where a stopped training was.

    Args:
        build: makes the network from ``descriptor``, ``behaviors`` and what is chosen.
        chosen: the options that are keywords of ``build``, too.
        task: the videos; the seed is of the windows, the initial weights, their order and dropout. Without
            validation videos all epochs are done.
        options: the windows, the optimizer and when to stop.
        saved: the checkpoints.

    Raises:
        ConfigError: the device does not compute in the precision that is asked for; or nothing was learned.
        InterruptedTrainingError: a signal asked to stop.
    """
    shape = {
        "descriptor": task.training[0].x.shape[1],
        "behaviors": task.n_behaviors,
        **options.model_dump(include=chosen),
    }
    state: dict[str, Any] = saved.load() or {}
    runs: dict[str, Training] = {}

    def train(name: str, task: Task, options: TrainingOptions) -> pd.DataFrame:
        """Train ``runs[name]`` to its end; return the plan of its windows."""
        run, plan = start_training(build, shape, task, options)
        runs[name] = run
        if name in state:
            run.restore(state[name])
        run_epochs(run, plan, task, lambda: saved.offer(capture))
        return plan

    def capture() -> dict[str, Any]:
        return {name: run.capture() for name, run in runs.items()}

    plan = train("first", task, options)
    first = runs["first"]
    logger.info("stopped after epoch %d; kept epoch %d", first.epoch, first.best_epoch)
    check_learned(first, task)
    history = pd.DataFrame(first.rows)
    history["best"] = (history["epoch"] == first.best_epoch).astype(int)
    precision = name_precision(first.precision)
    if not options.refit:
        return Fitted(first.best_weights, shape, precision, history, plan)
    as_long = {"epochs": first.best_epoch, "patience": first.best_epoch}
    every = replace(task, training=[*task.training, *task.validation])
    plan = train("refit", every, options.model_copy(update=as_long))
    refitted = runs["refit"].network.state_dict()
    return Fitted(refitted, shape, precision, history, plan, first.best_weights)


def start_training(
    build: Callable[..., nn.Module], shape: dict[str, Any], task: Task, options: TrainingOptions
) -> tuple["Training", pd.DataFrame]:
    """Make a network to be trained, and plan the windows that it learns from."""
    device = choose_device()
    precision = choose_training_precision(options.precision, device)
    torch.manual_seed(task.seed)
    network = build(**shape)
    for part in network.modules():
        if isinstance(part, Normalize):
            part.measure([video.x for video in task.training])
    weights = weigh_behaviors(task, options.class_weight).to(device)
    plan = plan_windows(task, options.window_clips, options.window_growth)
    return Training(network.to(device), weights, options, precision), plan


def run_epochs(
    run: "Training", plan: pd.DataFrame, task: Task, after_step: Callable[[], None]
) -> None:
    """Train to the end, calling this after each step."""
    keep_freed_memory()
    device, options = run.weights.device, run.options
    windows = plan.loc[plan.index.repeat(plan["copies"])]  # as each epoch has them
    training = {video.video: video.to(device) for video in task.training}
    validation = [video.to(device) for video in task.validation]
    started = time.monotonic()
    while not run.done:
        for batch in run.shuffle(len(windows)):
            rows = windows.iloc[batch.tolist()]
            if options.random_phase:
                rows = shift_windows(rows, training, options.window_clips)
            run.step(*take_windows(training, rows, options.window_clips))
            after_step()
        run.end_epoch(validation)
        if run.epoch % 5 == 0:
            logger.info(
                "epoch %d: loss %.3f, validation loss %.3f, accuracy %.3f (%.0f s)",
                *run.rows[-1].values(),
                time.monotonic() - started,
            )


def check_learned(run: "Training", task: Task) -> None:
    """Refuse a network that does not even know the videos that it learned from.

    Measured as the mean recall of their behaviors, so that a network which only learned what is common
    does not pass.

    Raises:
        ConfigError: it guesses.
    """
    codes = torch.cat([video.codes for video in task.training])
    said = torch.cat(
        [score_whole(run.network, video.x.to(run.weights.device)) for video in task.training]
    )
    right = said.argmax(1).cpu() == codes
    there = codes[codes != UNLABELED].unique()
    recall = float(torch.stack([right[codes == code].double().mean() for code in there]).mean())
    n_clips = int((codes != UNLABELED).sum())
    if len(there) > 1 and stays_at_chance(round(recall * n_clips), n_clips, 1 / len(there)):
        raise ConfigError(
            f"after {run.epoch} epochs the model knows {100 * recall:.1f} % of the clips that it learned "
            f"from, as a guess would ({len(there)} behaviors, each counting alike): change the model's "
            "learning_rate or epochs, or what it looks at (representations)"
        )


def score_network(
    build: Callable[..., nn.Module], tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor
) -> NDArray[np.float32]:
    """Return probabilities (C, K) from a video's descriptors (C, D), all in one pass in float32."""
    device = choose_device()
    network = build(**shape)
    network.load_state_dict(tensors)
    logits = score_whole(network.to(device), x.to(device))
    probability: NDArray[np.float32] = F.softmax(logits, dim=1).cpu().numpy()
    return probability


@torch.inference_mode()
def score_whole(network: nn.Module, x: Tensor) -> Tensor:
    """Return logits (C, K) from descriptors (C, D)."""
    logits: Tensor = network.eval()(x[None].float())[0]
    return logits


def choose_training_precision(wanted: str, device: torch.device) -> torch.dtype:
    """Return what layers compute in: ``auto`` is half precision where the device is fast in it.

    That is float16 on a GPU, since under autocast cuDNN's LSTM computes in it whatever is asked for, and
    bfloat16 on a CPU, where PyTorch has no LSTM in float16.

    Raises:
        ConfigError: half precision of the other kind of device.
    """
    on_cpu = device.type == "cpu"
    if wanted == ("float16" if on_cpu else "bfloat16"):
        place, half = ("a CPU", "bfloat16") if on_cpu else ("a GPU", "float16")
        raise ConfigError(
            f"precision: found {wanted} on {place}; expected auto, float32 or {half} there"
        )
    if on_cpu:
        return choose_precision(wanted, device)  # type: ignore[arg-type]
    return torch.float32 if wanted == "float32" else torch.float16


class Training:
    """A training as far as it has come: all that its next step depends on."""

    def __init__(
        self,
        network: nn.Module,
        weights: Tensor,
        options: TrainingOptions,
        precision: torch.dtype = torch.float32,
    ) -> None:
        """Start with a network.

        Args:
            network: changed in place.
            weights: of each behavior in the loss, (K,).
            options: the optimizer and when to stop.
            precision: what layers compute in; weights stay float32.
        """
        self.network, self.weights = network, weights
        self.options, self.precision = options, precision
        self.optimizer = torch.optim.Adam(
            network.parameters(), lr=options.learning_rate, fused=True
        )
        # Small gradients vanish in float16: the loss is scaled up, and the gradients down again.
        half = precision == torch.float16
        self.scaler = torch.amp.GradScaler(weights.device.type, enabled=half)
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
        """The epoch, from 1, with the lowest validation loss; 0 before the first one is over.

        Without validation videos, the last one.
        """
        losses = [row["validation_loss"] for row in self.rows]
        if any(map(math.isnan, losses)):
            return self.epoch
        return 1 + losses.index(min(losses)) if losses else 0

    @property
    def done(self) -> bool:
        """Whether the validation loss no longer falls, or all epochs are over."""
        waiting = self.epoch - self.best_epoch
        return waiting >= self.options.patience or self.epoch >= self.options.epochs

    def shuffle(self, n_windows: int) -> list[Tensor]:
        """Return the batches of windows that are still to come in this epoch."""
        if self._order is None:
            self._order = torch.randperm(n_windows)
        return list(self._order.split(self.options.batch_size))[len(self._losses) :]

    def step(self, x: Tensor, codes: Tensor) -> None:
        """Take one step down the gradient with windows: x (B, C, D), labels (B, C)."""
        self.network.train()
        with autocast(self.precision, x.device):
            logits = self.network(x)
        loss = self.measure_loss(logits.float().flatten(0, 1), codes.flatten())
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.options.gradient_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._losses.append(loss.detach())

    def end_epoch(self, validation: list[Sequence]) -> None:
        """Score the validation videos, if any, and keep the weights if they are the best so far."""
        loss, accuracy = self._score(validation) if validation else (math.nan, math.nan)
        self.rows.append(
            {
                "epoch": self.epoch + 1,
                "train_loss": float(np.mean([float(loss) for loss in self._losses])),
                "validation_loss": loss,
                "validation_accuracy": accuracy,
            }
        )
        if self.best_epoch == self.epoch:
            self.best_weights = copy.deepcopy(self.network.state_dict())
        self._order, self._losses = None, []

    def _score(self, validation: list[Sequence]) -> tuple[float, float]:
        """Return the loss of videos, and the share of their labeled clips that are right."""
        logits = torch.cat([score_whole(self.network, video.x) for video in validation])
        codes = torch.cat([video.codes for video in validation])
        correct = (logits.argmax(1) == codes)[codes != UNLABELED]
        return float(self.measure_loss(logits, codes)), float(correct.double().mean())

    def measure_loss(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Return the weighted mean cross-entropy over labeled clips: logits (C, K), labels (C,)."""
        return F.cross_entropy(logits, codes, self.weights, ignore_index=UNLABELED)

    def capture(self) -> dict[str, Any]:
        """Return the state, to be saved."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "progress": [self.best_weights, self.rows, self._order, self._losses],
            "random": capture_random(self.weights.device),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a captured state."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.best_weights, self.rows, self._order, self._losses = state["progress"]
        restore_random(state["random"], self.weights.device)
