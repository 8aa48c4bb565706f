"""Options of what ethograms say of animals: groups compared, and days drawn."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from homecage.options import Options

SIGNIFICANCE = 0.05
"""The largest p that is called a difference. ASSUME: the field's custom."""

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
_DAY_MIN = 24 * 60


class AnalysisOptions(Options):
    """What ethograms say of groups, and of days (docs/analysis.md), where the sheet has columns for them."""

    method: str | None = None
    """Whose predictions are analyzed; null: the first of `comparisons` that none of them
    sets another method above."""
    group: str | None = Field("group", min_length=1)
    """The sheet's column that says an animal's group; null, or without such a column: none are compared."""
    animal: str = Field("animal", min_length=1)
    """The column that says whose video it is: the animal is the unit. Without it each video counts as one."""
    start: str | None = Field("start", min_length=1)
    """The column that says when a video starts, as 2024-05-01T19:00; null, or without such a column: days are
    drawn on request only, by the time of the recording."""
    reference: str | None = None
    """The group that each other one is compared with; null: each with each."""
    least_animals: int = Field(3, ge=2, le=1000)
    """Animals that each of two groups must have for a test; groups too small for any p below 0.05 are not
    tested either. Source: our choice."""
    relabelings: int = Field(10_000, ge=100, le=1_000_000)
    """Up to so many ways of dividing the animals a permutation test tries all of them, else so many at
    random. Source: our choice."""
    min_bout_s: float | None = Field(None, gt=0, le=3600)
    """Bouts shorter than this, in seconds, go to a neighbor before anything is counted, as by
    exports.min_bout_s; null: none do."""
    bin_min: int = Field(10, ge=1, le=_DAY_MIN)
    """Width of an actogram's bins, in minutes; a day divides into them."""
    plotted: Literal["single", "double"] = "double"
    """Days in a line of an actogram: double shows each day beside the next and below the one before."""
    actogram_behaviors: tuple[str, ...] | None = Field(None, min_length=1)
    """The behaviors of the actograms; null: all."""
    lights_on: str | None = Field(None, pattern=_CLOCK)
    """When the light goes on, as "07:00", by the clock of the column of starts; null: not known."""
    lights_off: str | None = Field(None, pattern=_CLOCK)
    """When it goes off, as "19:00"; null: not known."""
    cosinor_days: float = Field(1.0, ge=0.5, le=1000)
    """Scored days that a cosinor of 24 h needs; below three it has no intervals and no p. Source: our
    choice."""
    period_days: float = Field(3.0, ge=1, le=1000)
    """Scored days that a search for the period needs. Source: our choice."""
    shortest_period_h: float = Field(18.0, ge=1, le=1000)
    """The shortest period that is searched for, in hours. Source: our choice."""
    longest_period_h: float = Field(30.0, ge=1, le=1000)
    """The longest one. Source: our choice."""

    @field_validator("lights_on", "lights_off", mode="before")
    @classmethod
    def _read_sexagesimal(cls, clock: Any) -> Any:
        """Take 19:00 without quotes for what it says: YAML makes 19 * 60 of it."""
        if isinstance(clock, int) and 0 <= clock < _DAY_MIN:
            return f"{clock // 60:02d}:{clock % 60:02d}"
        return clock

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if _DAY_MIN % self.bin_min:
            raise ValueError(
                f"bin_min: found {self.bin_min}; expected minutes that a day divides into, as 5, 10, 30"
            )
        if (self.lights_on is None) != (self.lights_off is None):
            raise ValueError("found one of lights_on and lights_off; expected both, or neither")
        if self.lights_on is not None and self.lights_on == self.lights_off:
            raise ValueError(
                f"found lights_on and lights_off at {self.lights_on}; expected two times"
            )
        if self.shortest_period_h >= self.longest_period_h:
            raise ValueError(
                f"shortest_period_h: found {self.shortest_period_h:g}; expected less than longest_period_h, "
                f"{self.longest_period_h:g}"
            )
        return self
