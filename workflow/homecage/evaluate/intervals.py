"""How far a score might be off: the bootstrap over videos, sign-flip tests, and Holm's correction.

What is drawn again is a *unit*: a video, or all videos of a group that no fold divides. Frames of one
video are not independent, and videos of one animal are not either.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from homecage.evaluate.metrics import Counts, Scores, ratio
from homecage.evaluate.options import CONFIDENCE, LEAST_UNITS, EvaluationOptions

MOST_EXACT = 20
"""Up to so many units all 2^n signs are tried; with more, random ones."""
_AT_ONCE = 1000
_SEED = 0  # Of all draws: an interval is no matter of which seed was tried.


class Estimate(NamedTuple):
    """A score with its interval, NaN where there are too few units, and the units behind it."""

    value: float
    low: float
    high: float
    n_units: int


def estimate(
    score: Callable[[Counts], Scores], counts: Counts, options: EvaluationOptions
) -> Estimate:
    """Score the sum of all units' counts, with an interval by drawing units with replacement.

    Args:
        score: of counts (..., shape), one (...).
        counts: (units, shape). Units that counted nothing are left out.
        options: how many draws.
    """
    counts = counts[counts.reshape(len(counts), -1).any(axis=1)]
    value = float(score(counts.sum(axis=0)))
    if len(counts) < LEAST_UNITS:
        return Estimate(value, np.nan, np.nan, len(counts))
    flat = counts.reshape(len(counts), -1).astype(np.float64)
    draws = [
        score((weights @ flat).reshape(-1, *counts.shape[1:]))
        for weights in _iterate_weights(len(counts), options)
    ]
    return Estimate(value, *cut_tails(np.concatenate(draws), len(counts)), len(counts))


def estimate_mean(values: Scores, units: NDArray[np.intp], options: EvaluationOptions) -> Estimate:
    """Estimate the mean of videos' (V,) scores, of those that are defined, from their (V,) units."""
    defined = ~np.isnan(values)
    parts = np.stack([np.where(defined, values, 0), defined], axis=-1)
    return estimate(ratio, sum_units(parts, units), options)


def sum_units(counts: Counts, units: NDArray[np.intp]) -> Counts:
    """Sum (V, shape) counts of videos, each of the unit with that number, to (units, shape)."""
    sums = np.zeros((units.max(initial=-1) + 1, *counts.shape[1:]), dtype=counts.dtype)
    np.add.at(sums, units, counts)
    return sums


def cut_tails(draws: Scores, n_units: int) -> tuple[float, float]:
    """Return the percentile interval of the (draws,) that are defined, widened for few units.

    A plain percentile interval is too narrow with few units: it knows neither that a standard deviation
    of n is the smaller by sqrt((n - 1) / n), nor Student's t. Its tails are cut where both are made
    good (Hesterberg 2015, The American Statistician 69:371, "expanded percentile").
    """
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return np.nan, np.nan
    t = stdtrit(n_units - 1, (1 + CONFIDENCE) / 2)
    tail = float(ndtr(-np.sqrt(n_units / (n_units - 1)) * t))
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def try_signs(
    values: Scores, units: NDArray[np.intp], options: EvaluationOptions
) -> tuple[float, str]:
    """Return the p of videos' (V,) differences from nothing, and how signs were flipped.

    The signs of one unit's videos are flipped together. ``exact``: all combinations of signs;
    ``random``: as many random ones as an interval has draws.
    """
    defined = ~np.isnan(values)
    sums = sum_units(np.where(defined, values, 0), units)
    sums = sums[sum_units(defined.astype(np.int64), units) > 0]
    return flip_signs(sums, options), "exact" if len(sums) <= MOST_EXACT else "random"


def flip_signs(differences: Scores, options: EvaluationOptions) -> float:
    """Return the two-sided p of the sum of units' (units,) differences, under signs drawn by chance.

    Exact up to ``MOST_EXACT`` units; beyond, from as many random draws as an interval has.
    """
    n_units = len(differences)
    if not n_units:
        return float("nan")
    observed = abs(differences.sum()) * (1 - 1e-12)  # Sums in another order may differ in rounding.
    if n_units <= MOST_EXACT:
        sums = np.zeros(1)  # With the first sign as it is: the other half is the mirror image.
        for difference in differences[1:]:
            sums = np.concatenate([sums + difference, sums - difference])
        return float((np.abs(sums + differences[0]) >= observed).mean())
    rng = np.random.default_rng(_SEED)
    n_beyond = 0
    for n_draws in _divide_draws(options.resamples):
        signs = rng.integers(0, 2, (n_draws, n_units), dtype=np.int8) * 2.0 - 1
        n_beyond += int((np.abs(signs @ differences) >= observed).sum())
    return (n_beyond + 1) / (options.resamples + 1)


def correct_by_holm(p: Scores) -> Scores:
    """Return Holm's (1979) adjusted (n,) p: that one or more of them is so small by chance."""
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def _iterate_weights(n_units: int, options: EvaluationOptions) -> Iterator[Scores]:
    """Yield how often each unit was drawn, (draws, units), some draws at a time."""
    weights = _draw_weights(n_units, options.resamples)
    for start in range(0, len(weights), _AT_ONCE):
        yield weights[start : start + _AT_ONCE].astype(np.float64)


@lru_cache(maxsize=4)
def _draw_weights(n_units: int, n_draws: int) -> NDArray[np.uint16]:
    """Draw the same for all scores: what differs between methods is then not the draw."""
    rng = np.random.default_rng(_SEED)
    even = np.full(n_units, 1 / n_units)
    drawn = [rng.multinomial(n_units, even, n).astype(np.uint16) for n in _divide_draws(n_draws)]
    return np.concatenate(drawn)


def _divide_draws(n_draws: int) -> Iterator[int]:
    for start in range(0, n_draws, _AT_ONCE):
        yield min(_AT_ONCE, n_draws - start)
