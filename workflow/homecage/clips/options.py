"""Options of clips: their geometry, and how the convnet's training and test clips are balanced."""

from typing import Self

from pydantic import Field, model_validator

from homecage.options import Options


class ClipGeometry(Options):
    """The geometry of a clip. Every stage from the convnet on depends on it."""

    length: int = Field(8, ge=8, le=64, multiple_of=8)
    """Frames in a clip; the convnet halves them three times. Source: paper."""
    stride: int = Field(2, ge=1, le=64)
    """Frames from one clip of a whole video to the next: 8 - 6 overlapping. Source: paper."""
    label_offset: int = Field(3, ge=0, le=63)
    """The frame of a clip (from 0) whose behavior is the clip's. Source: our choice."""

    @model_validator(mode="after")
    def _label_inside(self) -> Self:
        if self.label_offset + self.stride > self.length:
            raise ValueError(
                f"label_offset {self.label_offset} + stride {self.stride} must not exceed "
                f"the clip length {self.length}"
            )
        return self


class BalanceOptions(Options):
    """How many of the convnet's training and test clips come from which stretches."""

    test_fraction: float = Field(0.2, gt=0, lt=1)
    """Share of each behavior's stretches (clips of the clipped database, or bouts) kept for the test.
    Source: our choice."""
    clips_per_behavior: int | None = Field(None, ge=1, le=1_000_000)
    """Training clips of each behavior in an epoch; null: as many as the commonest gives without
    overlap. Source: the paper evens the classes; the number is our choice."""
    leave_out_shared: bool = False
    """Whether clips are left out that the leakage audit finds in a full video, by their pictures or by the
    name of their recording. Source: our choice; the paper says nothing of it."""
