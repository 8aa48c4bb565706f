"""What an annotation file holds, before it is known which behaviors a study has."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homecage.annotations.choose import stem
from homecage.annotations.formats import recognize
from homecage.annotations.reading import RawBout
from homecage.annotations.source import read_source
from homecage.errors import AnnotationError


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


def read_contents(path: Path) -> Contents:
    """Read what a file of any known format holds: bouts of all subjects and annotators, and no point events.

    Raises:
        AnnotationError: it cannot be read, is malformed, or of no known format.
    """
    source = read_source(path)
    reading = recognize(source).read(source)
    if reading.problems:
        line, problem = min(reading.problems, key=lambda problem: problem[0] or 0)
        raise AnnotationError(path, problem, line)
    labels: dict[str, Amount] = {}
    for bout in reading.bouts:
        label = (bout.label or "").strip()
        if label and not bout.point and label not in reading.fillers:
            labels[label] = labels.get(label, Amount()) + _measure(bout)
    media = (medium for players in reading.media.values() for row in players for medium in row)
    return Contents(labels, tuple(dict.fromkeys(stem(medium.name) for medium in media)))


def _measure(bout: RawBout) -> Amount:
    """Return what a bout holds; of one that nobody stopped, no length is known."""
    start, stop = bout.start, bout.stop
    if stop is None:
        return Amount(1)
    if start.frame is not None and stop.frame is not None:
        return Amount(1, stop.frame - start.frame)
    return Amount(1, seconds=(stop.time_s or 0.0) - (start.time_s or 0.0))
