"""A linear support vector machine over single clips: none is judged by those around it.

Letters: C clips, D descriptor, N labeled clips, K behaviors.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.svm import LinearSVC
from torch import Tensor

from homecage.errors import ConfigError
from homecage.sequence.classical import apply_scale, describe_fit, fit_scale
from homecage.sequence.models import Fitted, Task
from homecage.sequence.options import SvmOptions
from homecage.sequence.sequences import Sequence
from homecage.storage.checkpoints import Checkpoints
from homecage.storage.frame_tables import UNLABELED

_TEMPERATURES = torch.logspace(-2, 2, 81, dtype=torch.float64)  # Steps of an eighth.
_NEVER = -1e3  # The score of a behavior that no training clip shows.


def fit(task: Task, options: SvmOptions, saved: Checkpoints) -> Fitted:
    """Learn each behavior against the others from labeled training clips.

    Margins are no probabilities: those are their softmax, at the temperature that gives the validation
    videos the least log loss. It takes seconds, so one that is stopped starts again.

    Raises:
        ConfigError: there are no validation videos.
    """
    if not task.validation:
        raise ConfigError(
            "a model of kind svm finds its temperature on videos that it has not learned from; it cannot "
            "learn from all videos: bundle another method"
        )
    tensors = fit_scale(task.training)
    x, codes = (part[:: options.every] for part in _gather(tensors, task.training))
    machine = LinearSVC(
        C=options.penalty,
        class_weight="balanced" if options.balanced else None,
        dual=False,  # There are more clips than numbers a clip.
        tol=1e-2,  # Finer ones took eight times as long and changed no accuracy.
        random_state=task.seed,
    )
    machine.fit(x, codes)
    weights, offset = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # scikit-learn keeps the second one's only.
        weights, offset = np.concatenate([-weights, weights]), np.concatenate([-offset, offset])
    tensors["weights"] = torch.zeros(x.shape[1], task.n_behaviors, dtype=torch.float64)
    tensors["offset"] = torch.full((task.n_behaviors,), _NEVER, dtype=torch.float64)
    seen = torch.from_numpy(machine.classes_)
    tensors["weights"][:, seen] = torch.from_numpy(weights.T)
    tensors["offset"][seen] = torch.from_numpy(offset)
    tensors["temperature"] = _find_temperature(tensors, task.validation)
    return describe_fit(task, tensors, {}, lambda x: score(tensors, {}, x))


def score(tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor) -> NDArray[np.float32]:
    """Return each behavior's probability at each clip, (C, K), from x (C, D)."""
    scores = _measure_margins(tensors, torch.from_numpy(apply_scale(tensors, x)))
    probability: NDArray[np.float32] = F.softmax(scores / tensors["temperature"], 1).float().numpy()
    return probability


def _gather(
    tensors: dict[str, Tensor], sequences: list[Sequence]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the labeled clips of videos on the training clips' scale, (N, D), and their codes (N,)."""
    labeled = [(sequence, sequence.codes != UNLABELED) for sequence in sequences]
    x = np.concatenate([apply_scale(tensors, sequence.x[rows]) for sequence, rows in labeled])
    return x, torch.cat([sequence.codes[rows] for sequence, rows in labeled]).numpy()


def _measure_margins(tensors: dict[str, Tensor], scaled: Tensor) -> Tensor:
    return scaled @ tensors["weights"] + tensors["offset"]


def _find_temperature(tensors: dict[str, Tensor], validation: list[Sequence]) -> Tensor:
    x, codes = _gather(tensors, validation)
    margins = _measure_margins(tensors, torch.from_numpy(x))
    # A behavior that only the validation videos show says nothing of the temperature.
    known = tensors["offset"][torch.from_numpy(codes)] > _NEVER
    losses = [
        F.cross_entropy(margins[known] / temperature, torch.from_numpy(codes)[known])
        for temperature in _TEMPERATURES
    ]
    return _TEMPERATURES[int(torch.stack(losses).argmin())] if known.any() else torch.tensor(1.0)
