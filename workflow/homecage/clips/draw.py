"""Which clips are taken from a plan's stretches: for training drawn anew in each epoch; for a test all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from homecage.clips.stretches import Stretch
from homecage.errors import StoreError
from homecage.storage.tables import read_tsv


@dataclass(frozen=True)
class Side:
    """The stretches of one side of a plan, and how many clips are taken from each."""

    stretches: list[Stretch]
    n_clips: NDArray[np.float64]


@dataclass(frozen=True)
class Clips:
    """N clips in an order: the stretch of each, by its place in its side, and its first frame."""

    stretch: NDArray[np.int64]  # (N,)
    start: NDArray[np.int64]  # (N,) in the store

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, wanted: slice) -> Self:
        return replace(self, stretch=self.stretch[wanted], start=self.start[wanted])


def read_side(plan: Path, side: str, behaviors: Sequence[str]) -> Side:
    """Read one side, ``train`` or ``test``, of a plan.

    Raises:
        StoreError: the plan is of other behaviors.
    """
    table = read_tsv(plan)
    if unknown := set(table["behavior"]) - set(behaviors):
        raise StoreError(
            plan, f"names the behavior {min(unknown)!r}, which is none of: {', '.join(behaviors)}"
        )
    table = table[table["side"] == side]
    columns = (table[name] for name in ("store", "stretch", "behavior", "start", "stop"))
    stretches = [Stretch(*row) for row in zip(*columns, strict=True)]
    return Side(stretches, table["clips"].to_numpy(np.float64))


def draw_clips(side: Side, length: int, rng: np.random.Generator) -> Clips:
    """Draw the training clips of an epoch, in random order.

    Each behavior has its number of them exactly. They begin anywhere in its stretches, which come by
    chance, each in proportion to the clips that the plan takes from it.
    """
    behaviors = np.array([stretch.behavior for stretch in side.stretches])
    picks = [np.zeros(0, np.int64)]
    for behavior in dict.fromkeys(behaviors.tolist()):
        own = np.flatnonzero(behaviors == behavior)
        n_clips = side.n_clips[own]
        chance = n_clips / n_clips.sum()
        picks.append(rng.choice(own, size=round(n_clips.sum()), p=chance))
    chosen = rng.permutation(np.concatenate(picks))
    starts = [stretch.cut(length, step=1) for stretch in side.stretches]
    n_starts = np.array([len(own) for own in starts], np.int64)
    first = np.array([own.start for own in starts], np.int64)
    return Clips(chosen, first[chosen] + rng.integers(n_starts[chosen]))


def list_clips(side: Side, length: int) -> Clips:
    """List the test clips: all that fit side by side into each stretch."""
    taken = [(i, s) for i, own in enumerate(side.stretches) for s in own.cut(length, step=length)]
    stretch, start = np.array(taken, np.int64).reshape(-1, 2).T
    return Clips(stretch, start)
