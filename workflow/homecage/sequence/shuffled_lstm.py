"""A control: the paper's model on videos whose clips are in random order.

What it loses against the paper's is what that one owes to time.

Letters: C clips, D descriptor, K behaviors.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from homecage.sequence import lstm
from homecage.sequence.models import Fitted, Task
from homecage.sequence.options import LstmOptions
from homecage.sequence.sequences import Sequence
from homecage.storage.checkpoints import Checkpoints


def fit(task: Task, options: LstmOptions, saved: Checkpoints) -> Fitted:
    """Train on shuffled videos."""
    training, validation = (
        [shuffle(video) for video in part] for part in (task.training, task.validation)
    )
    return lstm.fit(Task(training, validation, task.n_behaviors, task.seed), options, saved)


def score(tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor) -> NDArray[np.float32]:
    """Shuffle, score and put back in order: (C, D) -> (C, K)."""
    order = draw_order(len(x))
    scored: NDArray[np.float32] = lstm.score(tensors, shape, x[order])
    in_order: NDArray[np.float32] = scored[order.argsort().numpy()]
    return in_order


def shuffle(video: Sequence) -> Sequence:
    """Return a video with its clips in random order."""
    order = draw_order(len(video.codes))
    return Sequence(video.video, video.x[order], video.codes[order])


def draw_order(n_clips: int) -> Tensor:
    """Return an order of so many clips, always the same."""
    return torch.randperm(n_clips, generator=torch.Generator().manual_seed(n_clips))
