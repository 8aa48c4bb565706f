"""A linear-chain conditional random field: linear in what a clip shows and in which behavior follows which.

It stands for the SVM-HMM of Jhuang et al. (2010), of which no maintained implementation exists. Both are
linear in the features and in the transitions and learn from whole sequences; they differ in the loss:
likelihood here, margin there. Its probabilities are the marginals of each clip given the whole video, what
comes later included.

Letters: C clips, D descriptor, K behaviors.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pycrfsuite
import torch
from numpy.typing import NDArray
from torch import Tensor

from homecage.sequence.classical import apply_scale, describe_fit, fit_scale, list_labeled
from homecage.sequence.models import Fitted, Task
from homecage.sequence.options import CrfOptions
from homecage.storage.checkpoints import Checkpoints


def fit(task: Task, options: CrfOptions, saved: Checkpoints) -> Fitted:
    """Learn from the labeled stretches of the training videos; nothing is random.

    It takes a minute, so one that is stopped starts again. The validation videos are measured, no more.
    """
    tensors = fit_scale(task.training, options.components)
    plan = list_labeled(task.training)
    videos = {sequence.video: sequence for sequence in task.training}
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(
        {
            "c1": 0.0,
            "c2": options.regularization,
            "max_iterations": options.iterations,
            # A transition that was never seen is unlikely, not impossible.
            "feature.possible_transitions": True,
        }
    )
    for video, start, stop in plan[["video", "start", "stop"]].itertuples(index=False):
        codes = videos[video].codes[start:stop].tolist()
        trainer.append(_list_items(tensors, videos[video].x[start:stop]), list(map(str, codes)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "crf"
        trainer.train(str(path))
        tensors["crf"] = torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8)
    shape = {"behaviors": task.n_behaviors}
    return describe_fit(task, tensors, shape, lambda x: score(tensors, shape, x))


def score(tensors: dict[str, Tensor], shape: dict[str, Any], x: Tensor) -> NDArray[np.float32]:
    """Return each behavior's marginal probability at each clip, (C, K), from x (C, D)."""
    tagger = pycrfsuite.Tagger()
    learned = tensors["crf"].numpy().tobytes()  # The tagger reads it as long as it is used.
    tagger.open_inmemory(learned)
    tagger.set(_list_items(tensors, x))
    probability = np.zeros((len(x), shape["behaviors"]), np.float32)
    for label in tagger.labels():
        probability[:, int(label)] = [tagger.marginal(label, clip) for clip in range(len(x))]
    return probability


def _list_items(tensors: dict[str, Tensor], x: Tensor) -> pycrfsuite.ItemSequence:
    """Name a clip's numbers, and one that is always 1: how common each behavior is."""
    scaled = apply_scale(tensors, x)
    names = [*map(str, range(scaled.shape[1])), "constant"]
    rows = scaled.tolist()
    return pycrfsuite.ItemSequence([dict(zip(names, [*row, 1.0], strict=True)) for row in rows])
