"""No model: the probabilities that a representation has, handed on.

Letters: C clips, K behaviors.
"""

from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.errors import ConfigError
from homecage.sequence.classical import describe_fit
from homecage.sequence.models import Fitted, Task
from homecage.storage.checkpoints import Checkpoints


def fit(task: Task, options: Any, saved: Checkpoints) -> Fitted:
    """Learn nothing.

    Raises:
        ConfigError: what it looks at is not one number a behavior.
    """
    if (width := task.training[0].x.shape[1]) != task.n_behaviors:
        raise ConfigError(
            f"a model of kind own hands on what its one representation says of {task.n_behaviors} "
            f"behaviors; found {width} numbers a clip"
        )
    return describe_fit(task, {}, {}, lambda x: score({}, {}, x))


def score(tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor) -> NDArray[np.float32]:
    """Return probabilities (C, K) from their logarithms (C, K)."""
    probability: NDArray[np.float32] = F.softmax(x.float(), dim=1).numpy()
    return probability
