"""Scores of whole bouts: whether there are as many as in truth, where they belong, in their order.

Bouts are compared where the truth is labeled: what is predicted elsewhere is left out, and a bout on two
sides of an unlabeled stretch is two, in the truth as in the prediction. Segment F1 and edit score are
those of Lea et al. (2017) and Farha & Gall (2019, MS-TCN), as shares of 1.
"""

import numpy as np
from numpy.typing import NDArray

from homecage.clips.bouts import find_bouts
from homecage.evaluate.metrics import Counts, Scores, divide
from homecage.storage.frame_tables import UNLABELED, Codes

OVERLAPS = (0.10, 0.25, 0.50)
"""How much of their union a predicted bout and its true one must share to count as found."""


def mask_unlabeled(prediction: Codes, truth: Codes) -> Codes:
    """Leave unlabeled what the truth leaves unlabeled, in (T,) codes."""
    return np.where(truth != UNLABELED, prediction, np.int8(UNLABELED))


def count_found(truth: Codes, prediction: Codes) -> Counts:
    """Count found, predicted and true bouts, (3 overlaps, 3).

    A predicted bout is compared with that bout of its behavior in (T,) ``truth`` that it shares most of
    their union with, the first of equals. Several that find the same true bout count as found once.
    """
    start, stop = find_bouts(truth)
    own_start, own_stop = find_bouts(prediction)
    # Bouts are disjoint and in order: the true ones that a predicted one touches follow one another.
    first = np.searchsorted(stop, own_start, side="right")
    n_touched = np.maximum(np.searchsorted(start, own_stop, side="left") - first, 0)
    own = np.repeat(np.arange(len(own_start)), n_touched)
    within = np.arange(len(own)) - np.repeat(np.cumsum(n_touched) - n_touched, n_touched)
    true = first[own] + within
    same = prediction[own_start[own]] == truth[start[true]]
    own, true = own[same], true[same]
    shared = np.minimum(stop[true], own_stop[own]) - np.maximum(start[true], own_start[own])
    union = np.maximum(stop[true], own_stop[own]) - np.minimum(start[true], own_start[own])
    overlap = shared / union
    order = np.lexsort((true, -overlap, own))
    best = order[
        np.flatnonzero(np.diff(own[order], prepend=-1))
    ]  # The first of each predicted bout.
    found = [len(np.unique(true[best][overlap[best] >= least])) for least in OVERLAPS]
    return np.array([[n, len(own_start), len(start)] for n in found], dtype=np.int64)


def segment_f1(counts: Counts) -> Scores:
    """Return 2 found / (predicted + true) of counts (..., 3)."""
    return divide(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def count_edits(truth: Codes, prediction: Codes) -> Counts:
    """Return the least edits between the sequences of bouts, and the bouts of the longer one, (2,)."""
    true, own = (codes[find_bouts(codes)[0]] for codes in (truth, prediction))
    return np.array([count_edits_of(true, own), max(len(true), len(own))], dtype=np.int64)


def count_edits_of(one: NDArray[np.integer], other: NDArray[np.integer]) -> int:
    """Return the Levenshtein distance of two sequences: insertions, deletions and replacements."""
    place = np.arange(len(other) + 1)
    row = place
    for n_before, item in enumerate(one):
        replaced = np.append(n_before + 1, row[:-1] + (other != item))
        best = np.minimum(replaced, row + 1)
        # An insertion costs one a step: the least of what stands before, plus the steps from there.
        row = np.minimum.accumulate(best - place) + place
    return int(row[-1])


def edit_score(counts: Counts) -> Scores:
    """Return 1 - edits / bouts of counts (..., 2)."""
    return 1 - divide(counts[..., 0], counts[..., 1])


def measure_bouts(truth: Codes, prediction: Codes, edges_s: NDArray[np.float64]) -> Scores:
    """Measure predicted and true bouts, (2, 2): their number, and their median length in seconds.

    Args:
        truth: (T,) codes.
        prediction: (T,) codes.
        edges_s: (T + 1,), when each frame begins, and when the last one ends.
    """
    rows = []
    for codes in (prediction, truth):
        start, stop = find_bouts(codes)
        lengths = edges_s[stop] - edges_s[start]
        rows.append([len(start), float(np.median(lengths)) if len(start) else np.nan])
    return np.array(rows)
