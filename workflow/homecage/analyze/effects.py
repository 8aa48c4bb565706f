"""How far apart two groups are: differences of means and effect sizes, with intervals.

Letters: N values of one group.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, ndtr
from scipy.stats import chi2
from scipy.stats import t as student

from homecage.evaluate.options import CONFIDENCE

Values = NDArray[np.float64]

_TAIL = (1 - CONFIDENCE) / 2
_QUANTILES = 4000


class Estimate(NamedTuple):
    """A number with its interval; NaN where there is none."""

    value: float
    low: float
    high: float

    @classmethod
    def alone(cls, value: float) -> "Estimate":
        """Return a number without an interval."""
        return cls(float(value), np.nan, np.nan)


UNKNOWN = Estimate.alone(np.nan)


def estimate_mean(values: Values) -> Estimate:
    """Estimate a mean from values (N,), with Student's interval, which needs two that differ."""
    n = len(values)
    if not n:
        return UNKNOWN
    if not np.ptp(values):  # A single one, too. That nothing varied yet does not make it certain.
        return Estimate.alone(values[0])
    half = student.isf(_TAIL, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return Estimate(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def estimate_difference(values: Values, other: Values) -> Estimate:
    """Estimate the difference of two means, with Welch's interval: spreads may differ.

    No interval where both groups do not vary, or a group has a single value.
    """
    if not len(values) or not len(other):
        return UNKNOWN
    difference = float(values.mean() - other.mean())
    if min(len(values), len(other)) < 2 or not (np.ptp(values) or np.ptp(other)):
        return Estimate.alone(difference)
    squares = np.array([one.var(ddof=1) / len(one) for one in (values, other)])
    degrees = squares.sum() ** 2 / (squares**2 / (len(values) - 1, len(other) - 1)).sum()
    half = float(student.isf(_TAIL, degrees) * np.sqrt(squares.sum()))
    return Estimate(difference, difference - half, difference + half)


def estimate_hedges_g(values: Values, other: Values) -> Estimate:
    """Estimate Hedges' g: the difference in pooled standard deviations, freed from the bias of few values.

    Its interval is that of the noncentral t distribution (ASSUME: values are about normal, of one spread),
    which has no such bias. NaN where nothing varies.
    """
    n, n_other = len(values), len(other)
    degrees = n + n_other - 2
    if min(n, n_other) < 2:
        return UNKNOWN
    squares = ((values - values.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum()
    if squares <= 1e-24 * max((values**2).sum() + (other**2).sum(), 1e-300):
        return UNKNOWN
    d = float((values.mean() - other.mean()) / np.sqrt(squares / degrees))
    scale = float(np.sqrt(1 / n + 1 / n_other))
    unbiased = float(
        np.exp(gammaln(degrees / 2) - gammaln((degrees - 1) / 2)) / np.sqrt(degrees / 2)
    )
    low, high = (
        _find_noncentrality(d / scale, degrees, tail) * scale for tail in (1 - _TAIL, _TAIL)
    )
    return Estimate(d * unbiased, low, high)


def _find_noncentrality(t: float, degrees: int, tail: float) -> float:
    """Return the noncentrality with which a t as small as this one is so probable.

    The noncentral t is a normal number over the root of a chi-squared one over its degrees: its distribution
    is the mean of normal ones over that root's quantiles. (scipy's own is NaN in places.)
    """
    root = _list_roots(degrees)
    reach = abs(t) * root[-1] + 10
    return float(brentq(lambda shift: ndtr(t * root - shift).mean() - tail, -reach, reach))


@lru_cache(maxsize=64)
def _list_roots(degrees: int) -> Values:
    """Return quantiles of the root of a chi-squared number over its degrees."""
    quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return np.asarray(np.sqrt(chi2.ppf(quantiles, degrees) / degrees))
