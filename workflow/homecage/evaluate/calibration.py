"""Whether a method is right as often as it says: reliability, calibration error, log loss."""

import numpy as np
from numpy.typing import NDArray

from homecage.evaluate.metrics import Scores, divide
from homecage.storage.frame_tables import UNLABELED, Codes

EDGES = np.linspace(0, 1, 11)
"""The bins of confidence: ten, as wide as each other."""
LEAST = float(np.finfo(np.float32).eps)
"""Smaller probabilities count as this one in the log loss, as in scikit-learn."""


def count_confidence(truth: Codes, probability: NDArray[np.float32]) -> Scores:
    """Count labeled frames, and sum their confidence and how many are correct, in each bin (bins, 3).

    A frame's confidence is the probability of the behavior that is predicted: the highest.

    Args:
        truth: (T,) codes.
        probability: (T, K).
    """
    known = truth != UNLABELED
    said = probability[known].astype(np.float64)
    confidence = said.max(axis=1, initial=0)
    correct = said.argmax(axis=1) == truth[known]
    n_bins = len(EDGES) - 1
    bins = np.clip(np.searchsorted(EDGES, confidence, side="left") - 1, 0, n_bins - 1)
    columns = [np.bincount(bins, weights, n_bins) for weights in (None, confidence, correct)]
    return np.stack(columns, axis=-1).astype(np.float64)


def calibration_error(counts: Scores) -> Scores:
    """Return the expected calibration error of (..., bins, 3).

    That is the mean over frames of how far, in their bin, accuracy is from confidence (Guo et al. 2017).
    """
    wrong = np.abs(counts[..., 1] - counts[..., 2]).sum(axis=-1)
    return divide(wrong, counts[..., 0].sum(axis=-1))


def sum_log_loss(truth: Codes, probability: NDArray[np.float32]) -> Scores:
    """Sum minus the natural logarithms of the true behaviors' probabilities; with the frames, (2,).

    Args:
        truth: (T,) codes.
        probability: (T, K).
    """
    known = np.flatnonzero(truth != UNLABELED)
    said = probability[known, truth[known]].astype(np.float64)
    return np.array([-np.log(np.clip(said, LEAST, 1)).sum(), len(known)])
