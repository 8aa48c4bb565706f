"""The cosinor: a cosine of a period fitted to a day's rhythm, and the period that fits best.

    y(t) = MESOR + amplitude * cos(2 pi (t - acrophase) / period)

Letters: N bins, P parameters.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import f as fisher
from scipy.stats import t as student

from homecage.analyze.effects import UNKNOWN, Estimate
from homecage.analyze.options import SIGNIFICANCE
from homecage.evaluate.options import CONFIDENCE

Values = NDArray[np.float64]

_WIDEST_STEP_H = 0.25
_TAIL = (1 - CONFIDENCE) / 2
_MEMORY_H = 6.0
"""ASSUME: bins further apart than this do not resemble each other, but for the rhythm."""


class Bins(NamedTuple):
    """A rhythm as it was recorded."""

    middle_h: Values  # (N,), increasing
    share: Values  # (N,)
    weight: Values  # (N,), how much of each bin was scored, 0 to 1
    width_h: float


@dataclass(frozen=True)
class Rhythm:
    """A fitted cosine; the acrophase, when it is highest, in hours from 0 to below the period."""

    period_h: Estimate
    mesor: Estimate
    amplitude: Estimate
    acrophase_h: Estimate
    p: float
    """That there is no rhythm of this period; NaN where that is not told."""
    r2: float
    """The share of the bins' variance that the cosine explains; NaN for a mean of rhythms."""
    linear: Values
    """MESOR, and the factors of cosine and sine, (3,)."""


def fit_cosinor(bins: Bins, period_h: float) -> Rhythm:
    """Fit a cosine of a known period, by least squares weighted by what was scored of a bin.

    Bins that follow one another resemble each other, so N bins say less than N: the intervals are those of
    as many independent bins as residuals are worth (see ``_measure_inflation``).
    """
    design = _make_design(bins, period_h)
    linear, residuals = _solve(design, bins)
    covariance, degrees = _estimate_covariance(design, residuals, bins)
    mean = np.average(bins.share, weights=bins.weight)
    total = float((bins.weight * (bins.share - mean) ** 2).sum())
    left = float((bins.weight * residuals**2).sum())
    return describe(
        linear,
        covariance,
        degrees,
        Estimate.alone(period_h),
        p=_test_zero(linear[1:], covariance[1:, 1:], degrees),
        r2=1 - left / total if total > 0 else float("nan"),
    )


def search_period(bins: Bins, low_h: float, high_h: float) -> Rhythm | None:
    """Fit the cosine of the period that fits best, with the period's interval; None where that is a bound.

    The best of many periods fits noise better than one that is known before: p is corrected (Sidak) for as
    many independent periods as lie between the bounds, two in each 1 / span of frequency.
    """

    def measure(period_h: float) -> float:
        _, residuals = _solve(_make_design(bins, period_h), bins)
        return float((bins.weight * residuals**2).sum())

    # Over so long a time waves whose periods differ by period^2 / span are a whole turn apart.
    span_h = float(np.ptp(bins.middle_h)) + bins.width_h
    step_h = min(_WIDEST_STEP_H, low_h**2 / (8 * span_h))
    periods = np.linspace(low_h, high_h, max(3, int(np.ceil((high_h - low_h) / step_h)) + 1))
    left = np.array([measure(period) for period in periods])
    best = int(left.argmin())
    if best in (0, len(periods) - 1):
        return None
    within = (periods[best - 1], periods[best + 1])
    found = minimize_scalar(measure, bounds=within, method="bounded", options={"xatol": 1e-6})
    period_h = float(found.x)
    rhythm = fit_cosinor(bins, period_h)
    design = _make_design(bins, period_h)
    slope = (_make_design(bins, period_h + 1e-4) - _make_design(bins, period_h - 1e-4)) / 2e-4
    extended = np.column_stack([design, slope @ rhythm.linear])
    _, residuals = _solve(design, bins)
    covariance, degrees = _estimate_covariance(extended, residuals, bins)
    half = float(student.isf(_TAIL, degrees) * np.sqrt(covariance[3, 3]))
    return describe(
        rhythm.linear,
        covariance[:3, :3],
        degrees,
        Estimate(period_h, period_h - half, period_h + half),
        p=_correct(rhythm.p, 2 * span_h * (1 / low_h - 1 / high_h)),
        r2=rhythm.r2,
    )


def describe_still(bins: Bins, period_h: float) -> Rhythm:
    """Describe what is the same in every bin: its amplitude is 0."""
    mean = float(bins.share[0])
    period, mesor, amplitude = map(Estimate.alone, (period_h, mean, 0.0))
    linear = np.array([mean, 0.0, 0.0])
    return Rhythm(period, mesor, amplitude, UNKNOWN, float("nan"), float("nan"), linear)


def keep_values(rhythm: Rhythm) -> Rhythm:
    """Return a rhythm without its p and its intervals."""
    return replace(
        rhythm,
        period_h=Estimate.alone(rhythm.period_h.value),
        mesor=Estimate.alone(rhythm.mesor.value),
        amplitude=Estimate.alone(rhythm.amplitude.value),
        acrophase_h=Estimate.alone(rhythm.acrophase_h.value),
        p=float("nan"),
    )


def average_rhythms(linear: Values, period_h: float) -> Rhythm:
    """Average the cosines (A, 3) of animals, with intervals over them: Bingham's population-mean cosinor."""
    n = len(linear)
    covariance = np.cov(linear, rowvar=False) / n
    mean = linear.mean(axis=0)
    p = float("nan")
    if n > 2 and (squared := _measure_squared(mean[1:], covariance[1:, 1:])) is not None:
        p = float(fisher.sf(squared * (n - 2) / (2 * (n - 1)), 2, n - 2))  # Hotelling's T squared.
    return describe(mean, covariance, n - 1, Estimate.alone(period_h), p=p, r2=float("nan"))


def describe(
    linear: Values,  # (3,)
    covariance: Values,  # (3, 3)
    degrees: float,
    period: Estimate,
    *,
    p: float,
    r2: float,
) -> Rhythm:
    """Turn the factors of cosine and sine into amplitude and acrophase; their intervals by the delta method.

    Where no rhythm is told from none, there is no interval of its acrophase: any is possible.
    """
    mesor, cosine, sine = linear.tolist()
    amplitude = float(np.hypot(cosine, sine))
    hour_of = period.value / (2 * np.pi)
    acrophase_h = (
        float(np.arctan2(sine, cosine) * hour_of) % period.value % period.value
    )  # -0 is 0.
    t = float(student.isf(_TAIL, degrees))
    half = t * float(np.sqrt(covariance[0, 0]))
    mesor_estimate = Estimate(mesor, mesor - half, mesor + half)
    if amplitude == 0:
        return Rhythm(period, mesor_estimate, Estimate.alone(0.0), UNKNOWN, p, r2, linear)
    along = np.array([cosine, sine]) / amplitude
    across = np.array([-sine, cosine]) / amplitude**2 * hour_of
    half_amplitude, half_phase = (
        t * float(np.sqrt(max(0.0, float(gradient @ covariance[1:, 1:] @ gradient))))
        for gradient in (along, across)
    )
    if not p < SIGNIFICANCE or half_phase >= period.value / 2:
        half_phase = float("nan")
    return Rhythm(
        period,
        mesor_estimate,
        Estimate(amplitude, max(0.0, amplitude - half_amplitude), amplitude + half_amplitude),
        Estimate(acrophase_h, acrophase_h - half_phase, acrophase_h + half_phase),
        p,
        r2,
        linear,
    )


def _make_design(bins: Bins, period_h: float) -> Values:
    """Return what a MESOR, a cosine and a sine of size 1 give as means of each bin (N, 3)."""
    angle = 2 * np.pi * bins.middle_h / period_h
    # The mean of a cosine over a bin is flatter than the cosine.
    flattened = np.sinc(bins.width_h / period_h)
    return np.column_stack(
        [np.ones(len(angle)), flattened * np.cos(angle), flattened * np.sin(angle)]
    )


def _solve(design: Values, bins: Bins) -> tuple[Values, Values]:
    """Return the factors (P,) and the residuals (N,)."""
    root = np.sqrt(bins.weight)
    found = np.linalg.lstsq(design * root[:, None], bins.share * root, rcond=None)[0]
    factors = np.asarray(found, np.float64)
    return factors, bins.share - design @ factors


def _estimate_covariance(design: Values, residuals: Values, bins: Bins) -> tuple[Values, float]:
    """Return the covariance (P, P) of the factors, and the degrees of freedom behind it."""
    n, n_parameters = design.shape
    variance = float((bins.weight * residuals**2).sum()) / max(1, n - n_parameters)
    inflation = _measure_inflation(residuals, bins)
    inverse = np.linalg.pinv(design.T @ (design * bins.weight[:, None]))
    return variance * inflation * inverse, max(1.0, n / inflation - n_parameters)


def _measure_inflation(residuals: Values, bins: Bins) -> float:
    """Return how many bins (one or more) say as little as one would that resembles no other.

    It is the sum of the autocorrelations at all lags, by Geyer's (1992) initial positive sequence: they are
    summed in pairs of lags, until noise makes a pair negative. A lag is of all bins that are so far apart on
    the grid; what was not recorded is skipped.
    """
    place = np.rint((bins.middle_h - bins.middle_h[0]) / bins.width_h).astype(int)
    series, known = np.zeros((2, place[-1] + 1))
    series[place], known[place] = np.sqrt(bins.weight) * residuals, 1
    if not series.any():
        return 1.0

    def relate(lag: int) -> float:
        n_pairs = known[lag:] @ known[: len(known) - lag]
        return float(series[lag:] @ series[: len(series) - lag] / max(1.0, n_pairs))

    variance, total = relate(0), 0.0
    for lag in range(0, max(2, round(_MEMORY_H / bins.width_h)), 2):
        pair = relate(lag) + relate(lag + 1)
        if pair <= 0:
            break
        total += pair
    return max(1.0, (2 * total - variance) / variance)


def _correct(p: float, n_tests: float) -> float:
    """Return the p of the smallest of so many (N, if less than one, one) independent tests, by Sidak."""
    return float(-np.expm1(max(1.0, n_tests) * np.log1p(-min(p, 1 - 1e-15))))


def _test_zero(factors: Values, covariance: Values, degrees: float) -> float:
    """Return the p of the F test that a cosine and a sine add nothing."""
    squared = _measure_squared(factors, covariance)
    return float("nan") if squared is None else float(fisher.sf(squared / 2, 2, degrees))


def _measure_squared(factors: Values, covariance: Values) -> float | None:
    """Return how far from zero factors are, in their covariance; None where they are zero without doubt."""
    if not factors.any() and not covariance.any():
        return None
    solved = np.linalg.pinv(covariance, rcond=1e-12, hermitian=True) @ factors
    if np.linalg.norm(covariance @ solved - factors) > 1e-6 * np.linalg.norm(factors):
        return float("inf")  # There, nothing varies.
    return float(factors @ solved)
