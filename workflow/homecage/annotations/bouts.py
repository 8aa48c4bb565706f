"""Bouts of a study's behaviors, and which of them share frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bout:
    """An uninterrupted stretch of one behavior: frames ``start`` to ``stop - 1``, from 0.

    ``behavior`` is None where the frames are unlabeled: their label is one that the study ignores, or the
    file says so. ``line`` and ``said`` are where and how its file has it; they do not make a bout another.
    """

    start: int
    stop: int
    behavior: str | None
    line: int | None = field(default=None, compare=False, repr=False)
    said: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """Name the bout as its file does."""
        return f"{self.said or f'{self.start + 1}-{self.stop}'} {self.behavior or '(an ignored label)'}"


def order(bouts: Iterable[Bout], priority: Sequence[str]) -> list[Bout]:
    """Return bouts so that where several hold a frame, the last of them counts.

    That is the one that stands first in ``priority``; unlabeled ones count least.
    """
    ranks = {behavior: -place for place, behavior in enumerate(priority)}
    lowest = -len(priority)

    def rank(bout: Bout) -> tuple[int, int]:
        known = lowest - 1 if bout.behavior is None else ranks.get(bout.behavior, lowest)
        return known, bout.start

    return sorted(bouts, key=rank)


def find_overlaps(bouts: Iterable[Bout]) -> Iterator[tuple[Bout, Bout]]:
    """Iterate over pairs of bouts that share a frame: the one that starts later is the second.

    Of several bouts of one behavior, that which lasts longest is paired with those that start in it.
    """
    going_on: dict[str | None, Bout] = {}
    for bout in sorted(bouts, key=lambda bout: (bout.start, bout.stop)):
        for other in going_on.values():
            if other.stop > bout.start:
                yield other, bout
        last = going_on.get(bout.behavior)
        if last is None or bout.stop > last.stop:
            going_on[bout.behavior] = bout
