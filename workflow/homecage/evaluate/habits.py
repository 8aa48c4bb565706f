"""What annotated bouts are like, and the bouts of a method that are like none of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from homecage.clips.bouts import find_bouts
from homecage.storage.frame_tables import Codes

_SHORT = 0.01
"""ASSUME: a bout shorter than 99 of 100 annotated ones of its behavior is implausible."""
_LEAST_BOUTS = 20
"""Bouts of a behavior that must have been annotated before one is too short. ASSUME."""
_LEAST_CHANGES = 20
"""Changes from a behavior that must have been seen before one that was never seen is implausible."""


@dataclass(frozen=True)
class Habits:
    """How long the bouts of each behavior last, and how often each one follows each other one."""

    lengths_s: tuple[NDArray[np.float64], ...]
    """Of each of the K behaviors: its bouts, in seconds."""
    changes: NDArray[np.int64]  # (K, K), from a bout to the next one that touches it

    @cached_property
    def shortest_s(self) -> NDArray[np.float64]:
        """How long a bout of each behavior (K,) must last to be plausible; 0 where few were annotated."""
        return np.array(
            [
                np.quantile(own, _SHORT, method="lower") if len(own) >= _LEAST_BOUTS else 0
                for own in self.lengths_s
            ]
        )

    @cached_property
    def never(self) -> NDArray[np.bool_]:
        """Which changes (K, K) were never seen, from behaviors that were seen to end often."""
        often = self.changes.sum(axis=1, keepdims=True) >= _LEAST_CHANGES
        never: NDArray[np.bool_] = (self.changes == 0) & often
        return never


@dataclass(frozen=True)
class Oddity:
    """Frames [start, stop) of a method that are implausible, and why, in plain words."""

    start: int
    stop: int
    what: str
    but: str
    """What annotators do."""


def observe(codes: Codes, edges_s: NDArray[np.float64], n_behaviors: int) -> Habits:
    """Return the habits in the annotation of a video.

    Args:
        codes: (T,).
        edges_s: (T + 1,) when each frame begins, and when the last one ends.
        n_behaviors: K.
    """
    start, stop = find_bouts(codes)
    length_s = edges_s[stop] - edges_s[start]
    lengths_s = tuple(length_s[codes[start] == behavior] for behavior in range(n_behaviors))
    changes = np.zeros((n_behaviors, n_behaviors), dtype=np.int64)
    touch = stop[:-1] == start[1:]
    np.add.at(changes, (codes[start[:-1][touch]], codes[start[1:][touch]]), 1)
    return Habits(lengths_s, changes)


def pool(habits: Sequence[Habits], n_behaviors: int) -> Habits:
    """Return the habits of several videos together."""
    lengths = zip(*(own.lengths_s for own in habits), strict=True) if habits else [()] * n_behaviors
    none = np.zeros((n_behaviors, n_behaviors), dtype=np.int64)
    return Habits(
        tuple(np.concatenate([[], *own]) for own in lengths),
        sum((own.changes for own in habits), start=none),
    )


def find_odd(
    codes: Codes, edges_s: NDArray[np.float64], habits: Habits, behaviors: Sequence[str]
) -> Iterator[Oddity]:
    """Yield what is implausible in a method's codes (T,): bouts too short for their behavior, and changes
    that annotators never saw, of which the shorter bout is in doubt.
    """
    start, stop = find_bouts(codes)
    said, length_s = codes[start], edges_s[stop] - edges_s[start]
    for at in np.flatnonzero(length_s < habits.shortest_s[said]):
        name, shortest_s = behaviors[said[at]], habits.shortest_s[said[at]]
        n_bouts = len(habits.lengths_s[said[at]])
        usual = "99 of 100" if n_bouts > 100 else f"all {n_bouts}"
        yield Oddity(
            int(start[at]),
            int(stop[at]),
            f"{name} for {length_s[at]:.2f} s",
            f"{usual} annotated bouts of {name} last {shortest_s:.2f} s or longer",
        )
    never = (stop[:-1] == start[1:]) & habits.never[said[:-1], said[1:]]
    for after in np.flatnonzero(never) + 1:
        before = after - 1
        shorter = after if length_s[after] < length_s[before] else before
        name = behaviors[said[before]]
        yield Oddity(
            int(start[shorter]),
            int(stop[shorter]),
            f"{behaviors[said[after]]} right after {name}",
            f"none of the {habits.changes[said[before]].sum()} annotated changes from {name}",
        )
