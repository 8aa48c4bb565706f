"""Permutation tests of two groups, of several measures at once.

Letters: A animals, M measures, R relabelings.
"""

from collections.abc import Iterator
from itertools import combinations, islice
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Values = NDArray[np.float64]
Labels = NDArray[np.bool_]

_AT_ONCE = 1000
_SEED = 0  # Of all draws: a p is no matter of which seed was tried.
_ROUNDING = 1e-9  # Sums in another order differ in rounding.


class Permuted(NamedTuple):
    """What a test of several measures found."""

    p: Values  # (M,)
    corrected: Values  # (M,): that one or more of the measures is so far apart by chance
    exact: bool


def permute_labels(values: Values, labels: Labels, most: int) -> Permuted:
    """Test whether animals of two groups differ, by dividing them anew.

    The statistic is the share of a measure's variance that the groups explain, which orders relabelings as
    Student's t does. Corrected by Westfall and Young's (1993) single-step max-T: by how often the largest
    statistic of *all* measures is as large, which keeps what measures have in common. There it is how
    improbable that share is of so many animals, by Student's t: groups explain most of the variance of few
    by chance alone, which would hide what is told of the others.

    Args:
        values: (A, M), NaN where undefined: such an animal adds nothing, and is relabeled with the others.
        labels: (A,), which animals are of the first group.
        most: up to so many relabelings all are tried, else so many at random, the observed one added.
    """
    defined = ~np.isnan(values)
    known = defined.astype(np.float64)
    n = known.sum(axis=0)
    mean = np.where(defined, values, 0).sum(axis=0) / np.maximum(n, 1)
    deviations = np.where(defined, values - mean, 0.0)
    squares = (deviations**2).sum(axis=0)
    varies = squares > 1e-24 * np.where(defined, values**2, 0).sum(axis=0)

    def explain(labels: NDArray[np.float64]) -> Values:
        """Return the statistic (R, M) of relabelings (R, A)."""
        n_first = labels @ known
        product = n_first * (n - n_first)
        between = (
            labels @ deviations
        ) ** 2 * n  # The other group's sum is the same with another sign.
        within = product * squares
        shown = (product > 0) & varies
        shares: Values = np.divide(between, within, out=np.zeros_like(between), where=shown)
        return shares

    observed = explain(labels[None].astype(np.float64))[0] - _ROUNDING
    sizes = np.unique(n)

    def find_largest(found: Values) -> Values:
        """Return the largest statistic (R, 1) of all measures, as improbable as it is."""
        of_size = [found[:, n == size].max(axis=1) for size in sizes]
        most_of_all: Values = _measure_surprise(np.stack(of_size, axis=1), sizes).max(axis=1)
        return most_of_all[:, None]

    surprise = _measure_surprise(observed, n)
    exact = count_relabelings(int(labels.sum()), int((~labels).sum())) <= most
    n_beyond, n_largest, n_tried = np.zeros(len(n)), np.zeros(len(n)), 0
    for relabeled in _divide_all(labels) if exact else _divide_at_random(labels, most):
        found = explain(relabeled)
        n_beyond += (found >= observed).sum(axis=0)
        n_largest += (find_largest(found) >= surprise).sum(axis=0)
        n_tried += len(relabeled)
    added = 0 if exact else 1
    return Permuted(
        (n_beyond + added) / (n_tried + added), (n_largest + added) / (n_tried + added), exact
    )


def _measure_surprise(shares: Values, n: Values) -> Values:
    """Return -log p of shares (..., M) of the variance of n (M,) animals, by Student's t; 0 of two."""
    # Rounded to 1, all shares would be alike.
    rest = 1 - np.clip(shares, 0, 1 - 1e-12)
    p = betainc(np.maximum(n - 2, 1) / 2, 0.5, rest)
    surprise: Values = np.where(n > 2, -np.log(np.maximum(p, np.finfo(np.float64).tiny)), 0)
    return surprise


def count_relabelings(n_first: int, n_second: int) -> int:
    """Return in how many ways animals can be divided into two groups of these sizes."""
    return comb(n_first + n_second, n_first)


def find_smallest_p(n_first: int, n_second: int, *, most: int) -> float:
    """Return the smallest p that groups of these sizes can give.

    Of groups of one size, that with all labels exchanged is as far apart. Where animals without the measure
    are relabeled with these, p may be smaller.
    """
    n_ways = count_relabelings(n_first, n_second)
    if n_ways > most:
        return 1 / (most + 1)
    return min(1.0, (2 if n_first == n_second else 1) / n_ways)


def _divide_all(labels: Labels) -> Iterator[NDArray[np.float64]]:
    """Yield all relabelings (R, A), some at a time."""
    chosen = combinations(range(len(labels)), int(labels.sum()))
    while some := list(islice(chosen, _AT_ONCE)):
        relabeled = np.zeros((len(some), len(labels)))
        np.put_along_axis(relabeled, np.array(some, dtype=np.intp), 1.0, axis=1)
        yield relabeled


def _divide_at_random(labels: Labels, n_draws: int) -> Iterator[NDArray[np.float64]]:
    rng = np.random.default_rng(_SEED)
    for start in range(0, n_draws, _AT_ONCE):
        rows = np.tile(labels.astype(np.float64), (min(_AT_ONCE, n_draws - start), 1))
        yield rng.permuted(rows, axis=1)
