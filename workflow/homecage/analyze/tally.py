"""What is counted of ethograms, and the measures that follow: time budgets, bouts and transitions.

Letters: K behaviors.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from homecage.deliver.bouts import Scoring
from homecage.deliver.budget import tabulate_budget
from homecage.deliver.transitions import tabulate_transitions
from homecage.storage.frame_tables import UNLABELED, Codes

Numbers = NDArray[np.float64]

MEASURES = {
    "share": "share of time",
    "bouts_per_hour": "bouts per hour",
    "mean_s": "mean bout (s)",
}
"""Of a behavior, with what figures call them."""


@dataclass(frozen=True)
class Tally:
    """Counts of some videos, which add up; measures are made of sums, not averaged over videos."""

    n_bouts: Numbers  # (K,)
    total_s: Numbers  # (K,)
    n_transitions: Numbers  # (K, K), from the first to the second

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.n_bouts + other.n_bouts,
            self.total_s + other.total_s,
            self.n_transitions + other.n_transitions,
        )

    @property
    def scored_s(self) -> float:
        """Seconds that show any behavior."""
        return float(self.total_s.sum())

    @property
    def share(self) -> Numbers:
        """Of the scored seconds (K,), NaN where there are none."""
        return _divide(self.total_s, self.scored_s)

    @property
    def bouts_per_hour(self) -> Numbers:
        """Bouts per scored hour (K,), NaN where there is none."""
        return _divide(3600 * self.n_bouts, self.scored_s)

    @property
    def mean_s(self) -> Numbers:
        """Mean length of the bouts (K,), NaN where there are none."""
        return _divide(self.total_s, self.n_bouts)

    @property
    def transition_share(self) -> Numbers:
        """Of the transitions from a behavior (K, K), NaN where there are none from it."""
        return _divide(self.n_transitions, self.n_transitions.sum(axis=1, keepdims=True))


def nothing(n_behaviors: int) -> Tally:
    """Return the tally of no video."""
    return Tally(np.zeros(n_behaviors), np.zeros(n_behaviors), np.zeros((n_behaviors, n_behaviors)))


def tally(scoring: Scoring) -> Tally:
    """Count a video's bouts, seconds and transitions."""
    bouts, behaviors = scoring.bouts, scoring.behaviors
    budget = tabulate_budget(bouts, behaviors, scoring.edges_s[[0, -1]])
    n = tabulate_transitions(bouts, behaviors)["n"].to_numpy(float)
    return Tally(
        budget["n_bouts"].to_numpy(float),
        budget["total_s"].to_numpy(float),
        n.reshape(len(behaviors), len(behaviors)),
    )


def tally_annotated(scoring: Scoring, truth: Codes) -> tuple[Tally, Tally]:
    """Count what the method, and what the annotator says, of the frames that both label.

    Args:
        scoring: of T frames.
        truth: the annotation (T,).
    """
    both = (truth != UNLABELED) & (scoring.codes != UNLABELED)
    said, true = (
        tally(replace(scoring, codes=np.where(both, codes, np.int8(UNLABELED))))
        for codes in (scoring.codes, truth)
    )
    return said, true


def _divide(numerator: Numbers, denominator: Numbers | float) -> Numbers:
    undefined = np.full(numerator.shape, np.nan)
    known = np.not_equal(denominator, 0)
    ratio: Numbers = np.divide(numerator, denominator, out=undefined, where=known)
    return ratio
