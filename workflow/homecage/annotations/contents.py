"""What an annotation file holds, before it is known which behaviors a study has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    files_by_frame: frozenset[Path] = field(default=frozenset(), compare=False)
    """Those that the frames are of."""
    files_by_time: frozenset[Path] = field(default=frozenset(), compare=False)

    def __add__(self, other: "Amount") -> "Amount":
        """Put two together."""
        return Amount(
            self.bouts + other.bouts,
            self.frames + other.frames,
            self.seconds + other.seconds,
            self.files_by_frame | other.files_by_frame,
            self.files_by_time | other.files_by_time,
        )

    def __str__(self) -> str:
        """Write it as people do; where it stands in both units, of how many files each is."""
        bouts, frames = _count(self.bouts, "bout"), _count(self.frames, "frame")
        seconds = f"{self.seconds:,.1f} s"
        if self.frames and self.seconds > 0:
            n_by_time = len(self.files_by_time)
            by_frame = f"{frames} in {_count(len(self.files_by_frame), 'file')}"
            by_time = f"{seconds} in {n_by_time} other{'s' * (n_by_time != 1)}"
            return f"{bouts} ({by_frame}, {by_time})"
        said = [bouts] * bool(self.bouts) + [frames] * bool(self.frames)
        return ", ".join(said + [seconds] * (self.seconds > 0))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


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
            labels[label] = labels.get(label, Amount()) + _measure(bout, path)
    media = (medium for players in reading.media.values() for row in players for medium in row)
    return Contents(labels, tuple(dict.fromkeys(stem(medium.name) for medium in media)))


def _measure(bout: RawBout, path: Path) -> Amount:
    """Return what a bout of a file holds; of one that nobody stopped, no length is known."""
    start, stop = bout.start, bout.stop
    if stop is None:
        return Amount(1)
    if start.frame is not None and stop.frame is not None:
        return Amount(1, stop.frame - start.frame, files_by_frame=frozenset({path}))
    seconds = (stop.time_s or 0.0) - (start.time_s or 0.0)
    return Amount(1, seconds=seconds, files_by_time=frozenset({path}))
