"""What an annotation file holds, before it is known which behaviors a study has."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homecage.annotations.mit import read_bouts
from homecage.study.behaviors import Behavior, Vocabulary


@dataclass(frozen=True)
class Amount:
    """How much is labeled: in frames, or in seconds where a file goes by time."""

    bouts: int = 0
    frames: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Amount") -> "Amount":
        """Put two together."""
        return Amount(
            self.bouts + other.bouts, self.frames + other.frames, self.seconds + other.seconds
        )

    def __str__(self) -> str:
        """Write it as people do."""
        counts = ("bout", self.bouts), ("frame", self.frames)
        said = [f"{n:,} {unit}{'s' * (n != 1)}" for unit, n in counts if n]
        return ", ".join(said + [f"{self.seconds:,.1f} s"] * (self.seconds > 0))


@dataclass(frozen=True)
class Contents:
    """What a file says: how much bears each of its labels, and of which videos it says that it is."""

    labels: Mapping[str, Amount]
    videos: tuple[str, ...] = ()
    """Their files' names without suffix; none where files of its format do not say."""


class _AsWritten(Vocabulary):
    """Takes every label for itself."""

    behaviors: tuple[Behavior, ...] = ()

    def parse(self, label: str) -> str:
        return label.strip()


def read_contents(path: Path) -> Contents:
    """Read what a file of any known format holds.

    Raises:
        AnnotationError: it cannot be read, is malformed, or of no known format.
    """
    labels: dict[str, Amount] = {}
    for bout in read_bouts(path, _AsWritten()):
        label, amount = bout.behavior or "", Amount(1, bout.stop - bout.start)
        labels[label] = labels.get(label, Amount()) + amount
    return Contents(labels)
