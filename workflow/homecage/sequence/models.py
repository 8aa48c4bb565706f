"""What every model offers that learns to score clips from their descriptors.

A model is a module with two functions, ``fit`` and ``score``, as ``Model`` describes them. Those that
are networks share ``training.py``; another kind (a classifier of single clips, a Markov model) brings its
own and puts what it has learned into tensors.

Letters: C clips, D descriptor, K behaviors.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from homecage.sequence.options import module_of
from homecage.sequence.sequences import Sequence
from homecage.storage.checkpoints import Checkpoints


@dataclass(frozen=True)
class Task:
    """What a model learns from."""

    training: list[Sequence]
    validation: list[Sequence]
    """Whole videos that say when to stop; nothing else is learned from them."""
    n_behaviors: int
    seed: int


@dataclass(frozen=True)
class Fitted:
    """What a model has learned, and how."""

    tensors: dict[str, Tensor]
    shape: dict[str, Any]
    """What rebuilds the model around its tensors; JSON values."""
    precision: str
    """What it was computed in."""
    history: pd.DataFrame
    """One row a pass: epoch, train_loss, validation_loss, validation_accuracy, best (1: was kept)."""
    plan: pd.DataFrame
    """What one pass learns from, one row a stretch of clips: video, start, copies."""
    unrefitted: dict[str, Tensor] | None = None
    """What was learned from the training videos alone, where ``tensors`` learned from all."""


class Model(Protocol):
    """A model's module."""

    def fit(self, task: Task, options: Any, saved: Checkpoints) -> Fitted:
        """Learn, from where a stopped training was.

        Args:
            task: the videos, and the seed of all that is random.
            options: of this kind of model.
            saved: the checkpoints, to load from at the start and to offer the state to now and then.
        """

    def score(
        self, tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor
    ) -> NDArray[np.float32]:
        """Return each behavior's probability at each clip (C, K) of a video from x (C, D) float16."""


def find_model(kind: str) -> Model:
    """Import the model of a kind."""
    return cast(Model, import_module(module_of(kind)))
