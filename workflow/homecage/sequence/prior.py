"""A control that sees nothing: every clip is as likely each behavior as a clip of the training videos.

Letters: C clips, K behaviors.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from homecage.sequence.classical import describe_fit
from homecage.sequence.models import Fitted, Task
from homecage.sequence.windows import count_behaviors
from homecage.storage.checkpoints import Checkpoints


def fit(task: Task, options: Any, saved: Checkpoints) -> Fitted:
    """Count the behaviors."""
    counts = count_behaviors(task)
    learned = {"share": (counts / counts.sum()).float()}
    return describe_fit(task, learned, {}, lambda x: score(learned, {}, x))


def score(tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor) -> NDArray[np.float32]:
    """Return the same probabilities for every clip, (C, K)."""
    share: NDArray[np.float32] = tensors["share"].numpy()
    return np.repeat(share[None], len(x), axis=0)
