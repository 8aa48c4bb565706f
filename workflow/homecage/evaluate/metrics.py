"""Scores of confusion matrices, of one or of thousands at a time.

Letters: T frames, K behaviors. A confusion matrix counts frames: the truth in rows, the prediction
in columns. All scores take matrices ``(..., K, K)``, so that resampled ones are scored together. What
cannot be scored is NaN (written ``n/a``), never 0: a behavior absent from the truth has no recall, and a
video without labels no accuracy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from homecage.evaluate.names import OVER_BEHAVIORS, OVER_FRAMES
from homecage.storage.frame_tables import UNLABELED, Codes

Counts = NDArray[Any]
"""Counts, integer as they were counted or summed over resampled videos; the last axes are named."""
Scores = NDArray[np.float64]


def count_confusion(truth: Codes, prediction: Codes, n_behaviors: int) -> Counts:
    """Count the frames of every pair of true and predicted behavior.

    Frames that either side leaves unlabeled are not counted.

    Args:
        truth: (T,) codes.
        prediction: (T,) codes.
        n_behaviors: K.

    Returns:
        (K, K) frames; rows truth, columns prediction.
    """
    labeled = (truth != UNLABELED) & (prediction != UNLABELED)
    if not labeled.any():
        return np.zeros((n_behaviors, n_behaviors), dtype=np.int64)
    counts: Counts = confusion_matrix(
        truth[labeled], prediction[labeled], labels=np.arange(n_behaviors)
    )
    return counts


def recall(counts: Counts) -> Scores:
    """Return the (..., K) shares of each behavior's true frames that were predicted as such."""
    return divide(_hits(counts), counts.sum(axis=-1))


def f1(counts: Counts) -> Scores:
    """Return (..., K) 2 TP / (2 TP + FP + FN) of each behavior that occurs in the truth."""
    support = counts.sum(axis=-1)
    scores = divide(2 * _hits(counts), support + counts.sum(axis=-2))
    return np.where(support > 0, scores, np.nan)


def kappa(counts: Counts) -> Scores:
    """Return Cohen's (...) kappa: agreement beyond that of chance; NaN where chance agrees always."""
    total = counts.sum(axis=(-2, -1))
    observed = divide(_hits(counts).sum(axis=-1), total)
    by_chance = (counts.sum(axis=-1) * counts.sum(axis=-2).astype(np.float64)).sum(axis=-1)
    expected = divide(by_chance, total.astype(np.float64) ** 2)
    return divide(observed - expected, 1 - expected)


def score_behaviors(counts: Counts) -> dict[str, Scores | Counts]:
    """Return (K,) recall, precision, F1, kappa and support of each behavior of one matrix (K, K).

    Precision is NaN where the behavior was never predicted, F1 is 0 there. Kappa is Cohen's, of this
    behavior against all others. Support is the number of true frames.
    """
    support = counts.sum(axis=1)
    precision = divide(_hits(counts), counts.sum(axis=0))
    # Of each behavior against all others: (K, 2, 2).
    both, total = _hits(counts), counts.sum()
    missed, false = support - both, counts.sum(axis=0) - both
    against_others = np.stack([both, missed, false, total - both - missed - false], axis=-1)
    return {
        "recall": recall(counts),
        "precision": np.where(support > 0, precision, np.nan),
        "f1": f1(counts),
        "kappa": np.where(support > 0, kappa(against_others.reshape(-1, 2, 2)), np.nan),
        "support": support,
    }


def accuracy_over_frames(counts: Counts) -> Scores:
    """Return correct / labeled frames; NaN without labeled frames."""
    return divide(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def accuracy_over_behaviors(counts: Counts) -> Scores:
    """Return the mean recall of the behaviors present in the truth; NaN without labeled frames."""
    return mean_of_defined(recall(counts))


def macro_f1(counts: Counts) -> Scores:
    """Return the mean F1 of the behaviors present in the truth; NaN without labeled frames."""
    return mean_of_defined(f1(counts))


def time_budget_error(counts: Counts) -> Scores:
    """Return the mean over behaviors of how far their share of the frames is from the true one."""
    wrong = np.abs(counts.sum(axis=-1) - counts.sum(axis=-2)).mean(axis=-1)
    return divide(wrong, counts.sum(axis=(-2, -1)))


def mean_of_defined(values: Scores) -> Scores:
    """Return the mean, along the last axis, of the values that are not NaN; NaN if there are none."""
    return divide(np.nansum(values, axis=-1), (~np.isnan(values)).sum(axis=-1))


def ratio(sums: Counts) -> Scores:
    """Return the first / the second of (..., 2) sums, as of a mean: NaN where the second is nothing."""
    return divide(sums[..., 0], sums[..., 1])


def divide(part: Counts, whole: Counts) -> Scores:
    """Return part / whole; NaN where the whole is nothing."""
    part, whole = np.broadcast_arrays(part, whole)
    quotient: Scores = np.divide(
        part, whole, out=np.full(whole.shape, np.nan), where=np.asarray(whole > 0)
    )
    return quotient


ACCURACIES: dict[str, Callable[[Counts], Scores]] = {
    OVER_BEHAVIORS: accuracy_over_behaviors,
    OVER_FRAMES: accuracy_over_frames,
}
"""The two accuracies of the paper's Table 1, by the names the tables use."""


def _hits(counts: Counts) -> Counts:
    return np.diagonal(counts, axis1=-2, axis2=-1)
