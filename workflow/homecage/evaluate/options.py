"""Options of evaluation."""

from pydantic import Field, RootModel

from homecage.options import Options

CONFIDENCE = 0.95
"""Share of experiments like this one whose intervals should hold the true score."""
LEAST_UNITS = 5
"""With fewer videos or groups there is no interval: it knows no more than what it draws from."""


class Comparisons(RootModel[tuple[tuple[str, str], ...]]):
    """Pairs of a method and the baseline that its gain is measured from."""


class EvaluationOptions(Options):
    """How sure the numbers are; nothing here changes a score, only its interval."""

    resamples: int = Field(10_000, ge=100, le=100_000)
    """Draws of videos (of groups, where folds.by is a column) behind an interval. Source: our choice."""
