"""The tables of all scores: beside the accuracies, of agreement, bouts, time and probabilities."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from homecage.evaluate import metrics
from homecage.evaluate.boundaries import EDGES_S
from homecage.evaluate.calibration import EDGES, calibration_error
from homecage.evaluate.intervals import Estimate, estimate, estimate_mean
from homecage.evaluate.metrics import Counts, Scores, divide, ratio
from homecage.evaluate.names import OVER_VIDEOS, POOLED
from homecage.evaluate.options import EvaluationOptions
from homecage.evaluate.segments import OVERLAPS, edit_score, segment_f1
from homecage.evaluate.tallies import Scored, Tallies


@dataclass(frozen=True)
class Measure:
    """A score, and the counts it is computed from."""

    counts: str
    score: Callable[[Counts], Scores]
    """Of counts (..., shape), (...)."""
    can_pool: bool = True
    """Whether the sum of videos' counts is the count of their frames together; medians do not add up."""


def _measure_f1(index: int) -> Measure:
    return Measure("found", lambda counts: segment_f1(counts[..., index, :]))


def _measure_bouts(row: int, column: int) -> Measure:
    def score(counts: Counts) -> Scores:
        return np.where(counts[..., 1, 0] > 0, counts[..., row, column], np.nan)

    return Measure("bouts", score, can_pool=column == 0)


MEASURES: dict[str, Measure] = {
    **{f"accuracy_{level}": Measure("confusion", own) for level, own in metrics.ACCURACIES.items()},
    "kappa": Measure("confusion", metrics.kappa),
    "macro_f1": Measure("confusion", metrics.macro_f1),
    **{
        f"segment_f1_{100 * overlap:.0f}": _measure_f1(index)
        for index, overlap in enumerate(OVERLAPS)
    },
    "edit": Measure("edits", edit_score),
    "bouts": _measure_bouts(0, 0),
    "true_bouts": _measure_bouts(1, 0),
    "bout_ratio": Measure("bouts", lambda counts: ratio(counts[..., 0])),
    "median_bout_s": _measure_bouts(0, 1),
    "true_median_bout_s": _measure_bouts(1, 1),
    "time_budget_error": Measure("confusion", metrics.time_budget_error),
    "log_loss": Measure("log_loss", ratio),
    "calibration_error": Measure("confidence", calibration_error),
}
"""Every score by its name in the tables; a method without probabilities has none of the last two."""


def estimate_averages(
    tallies: Tallies, measure: Measure, options: EvaluationOptions
) -> Iterator[tuple[str, Estimate]]:
    """Yield a score pooled over the frames of all videos, and as the mean of the videos' own."""
    counts = tallies.of_videos[measure.counts]
    if measure.can_pool:
        yield POOLED, estimate(measure.score, tallies.sum_units(counts), options)
    yield OVER_VIDEOS, estimate_mean(measure.score(counts), tallies.units, options)


def tabulate_scores(scored: Scored, options: EvaluationOptions) -> pd.DataFrame:
    """Tabulate every score of every method, with its interval."""
    return pd.DataFrame(
        [
            {
                **key._asdict(),
                "measure": name,
                "average": average,
                "value": found.value,
                "low": found.low,
                "high": found.high,
            }
            for key, tallies in scored.items()
            for name, measure in MEASURES.items()
            if measure.counts in tallies.of_videos
            for average, found in estimate_averages(tallies, measure, options)
        ]
    )


def tabulate_boundaries(scored: Scored, options: EvaluationOptions) -> pd.DataFrame:
    """Tabulate accuracy, pooled, by the distance in seconds from a change of behavior."""
    return pd.DataFrame(
        [
            {
                **key._asdict(),
                "from_s": from_s,
                "to_s": to_s,
                "n_frames": int(counts[..., 1].sum()),
                "accuracy": found.value,
                "low": found.low,
                "high": found.high,
            }
            for key, tallies in scored.items()
            for from_s, to_s, counts in _iterate_bins(tallies, "distance", EDGES_S)
            for found in [estimate(ratio, counts, options)]
        ]
    )


def tabulate_calibration(scored: Scored, options: EvaluationOptions) -> pd.DataFrame:
    """Tabulate accuracy, pooled, by how likely the method found what it predicted."""
    rows = [
        {
            **key._asdict(),
            "from": low,
            "to": high,
            "n_frames": int(counts[..., 0].sum()),
            "confidence": float(divide(counts[..., 1].sum(), counts[..., 0].sum())),
            "accuracy": found.value,
            "low": found.low,
            "high": found.high,
        }
        for key, tallies in scored.items()
        if "confidence" in tallies.of_videos
        for low, high, counts in _iterate_bins(tallies, "confidence", EDGES)
        for found in [estimate(lambda c: divide(c[..., 2], c[..., 0]), counts, options)]
    ]
    return pd.DataFrame(rows)


def _iterate_bins(
    tallies: Tallies, counts: str, edges: Iterable[float]
) -> Iterator[tuple[float, float, Counts]]:
    """Yield the ends of each bin, and its (units, shape) counts."""
    of_units = tallies.sum_units(tallies.of_videos[counts])
    for index, (low, high) in enumerate(pairwise(edges)):
        yield low, high, of_units[:, index]
