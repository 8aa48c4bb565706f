"""What a reader takes from a file, before it is known of which video, subject and annotator it is to speak.

A reader yields bouts as the file has them: with its own labels, and by frame or by time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from homecage.annotations.table import CellError

NOBODY = "No focal subject"
"""What BORIS calls the subject of events that are nobody's in particular."""


@dataclass(frozen=True)
class Edge:
    """Where a bout starts or stops. Where the frame is known, it counts, and not the time."""

    frame: int | None = None
    """From 0."""
    time_s: float | None = None
    """From the beginning of the video, or of the observation where that plays several."""
    n_after: int = 0
    """So many frames after the one of ``time_s``."""

    def __str__(self) -> str:
        """Write it as people do."""
        return f"frame {self.frame}" if self.time_s is None else f"{self.time_s:.3f} s"

    def comes_before(self, other: "Edge") -> bool:
        """Tell whether it comes before another one, by what both say."""
        if self.frame is not None and other.frame is not None:
            return self.frame < other.frame
        return self.time_s is not None and other.time_s is not None and self.time_s < other.time_s


@dataclass(frozen=True)
class RawBout:
    """A bout as its file has it."""

    start: Edge
    stop: Edge | None
    """Where it is over; None for one that nobody stopped."""
    label: str | None
    """None for frames that the file says were not labeled."""
    line: int | None = None
    subject: str | None = None
    annotator: str | None = None
    observation: str | None = None
    """All three None where files of this format do not say."""
    said: str = ""
    """How the file says where it is, for messages; empty for its edges."""
    point: bool = False
    """Whether it is an event without a length."""
    goes_on: bool = False
    """Whether it was going on when the video ended: its stop is None for that alone."""

    def __str__(self) -> str:
        """Say where it is."""
        return self.said or f"{self.start} to {self.stop or 'the end'}"


@dataclass(frozen=True)
class Medium:
    """A video that an observation plays."""

    name: str
    duration_s: float | None
    """None where the file does not say."""


Players = tuple[tuple[Medium, ...], ...]
"""The media of an observation: side by side, and one after the other."""


@dataclass
class Reading:
    """What a file says."""

    bouts: list[RawBout] = field(default_factory=list)
    problems: list[tuple[int | None, str]] = field(default_factory=list)
    """Each with its line."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of how it was read."""
    media: dict[str, Players] = field(default_factory=dict)
    """Of each observation; none of one that was coded live."""
    n_rows: int | None = None
    """The frames that it has a row for, each; None where it has no row for each frame."""
    fillers: tuple[str, ...] = ()
    """Labels that only say that nothing else was seen; no behavior, unless the study has it."""
    exclusive: bool = False
    """Whether the format has one label a frame, so that an overlap is a slip."""
    in_time: bool = False
    """Whether bouts stand in the order of time in such files."""

    def add(self, bout: RawBout) -> None:
        """Take in a bout.

        Raises:
            CellError: it stops before it starts.
        """
        if bout.stop is not None and bout.stop.comes_before(bout.start):
            raise CellError(f"the bout from {bout} ends before it starts")
        self.bouts.append(bout)

    @contextmanager
    def collect(self, line: int | None) -> Iterator[None]:
        """Take in what is wrong with a line, and go on after it."""
        try:
            yield
        except CellError as error:
            self.problems.append((line, str(error)))
