"""What of a video is most worth a look: clips of two seconds, by how many errors each second would mend."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from homecage.evaluate.bouts import find_edges_s
from homecage.evaluate.habits import Habits, Oddity, find_odd
from homecage.storage.frame_tables import UNLABELED, Prediction

CLIP_S = 2.0
"""How long a clip is that is looked at."""
_ODD_RIGHT = 0.5
"""ASSUME: an implausible bout is right at most every other time. (It was in the simulated cage.)"""
_UNSURE = 0.7
"""A frame is called unsure where its method gives its behavior no more."""


@dataclass(frozen=True)
class DoubtfulClip:
    """A clip that is worth a look."""

    start: int
    stop: int
    """The frames [start, stop)."""
    seconds: float
    gain: float
    """Frames of it that are expected to be wrong."""


class Doubts:
    """A method's behavior of each frame of a video, and how likely it is to be right.

    A frame's chance to be right is the mean of what its own method gives the behavior and of what all
    methods do: a method that errs is often sure, but others then seldom agree. Nothing is fitted. In
    implausible bouts it is at most one half.
    """

    def __init__(
        self,
        said: Mapping[str, Prediction],
        method: str,
        habits: Habits,
        behaviors: Sequence[str],
    ) -> None:
        """Doubt what a method says.

        Args:
            said: what all methods say of the video, by name; frames of which one says nothing count
                without it.
            method: the one that is doubted.
            habits: what bouts are like, in other videos than this one.
            behaviors: the K behaviors in order.
        """
        self.method, self.behaviors = method, tuple(behaviors)
        self.codes = said[method].codes
        self.others = {name: own.codes for name, own in said.items() if name != method}
        self.edges_s = find_edges_s(np.maximum.accumulate(said[method].time_s))
        self.odd: list[Oddity] = list(find_odd(self.codes, self.edges_s, habits, behaviors))
        self.own = _probability_of(self.codes, said[method])
        total, n_methods = np.zeros(len(self.codes)), np.zeros(len(self.codes))
        for own in said.values():
            probability = _probability_of(self.codes, own)
            total += np.nan_to_num(probability)
            n_methods += np.isfinite(probability)
        of_all = total / np.maximum(n_methods, 1)
        self.right = (self.own + of_all) / 2  # (T,), NaN where nothing is said
        for oddity in self.odd:
            frames = self.right[oddity.start : oddity.stop]
            np.minimum(frames, _ODD_RIGHT, out=frames)

    @property
    def expected_accuracy(self) -> float:
        """The share of the frames that is expected to be right, of those of which something is said."""
        known = self.right[np.isfinite(self.right)]
        return float(known.mean()) if len(known) else np.nan

    def list_clips(self, among: NDArray[np.bool_] | None = None) -> list[DoubtfulClip]:
        """Return clips that together are the video, none over another, what gains most a second first.

        They are of two seconds, around what is most doubtful; what then lies between two is shorter.

        Args:
            among: (T,), the frames that count: no other one gains anything or takes time, and clips without
                any are left out. None: all do.
        """
        gains, elapsed_s = np.nan_to_num(1 - self.right), self.edges_s
        if among is not None:
            gains = np.where(among, gains, 0.0)
            elapsed_s = np.append(0.0, np.cumsum(np.where(among, np.diff(self.edges_s), 0.0)))
        gained = np.append(0.0, np.cumsum(gains))

        def make(start: int, stop: int) -> DoubtfulClip:
            seconds = float(elapsed_s[stop] - elapsed_s[start])
            return DoubtfulClip(start, stop, seconds, float(gained[stop] - gained[start]))

        clips = [
            make(start, stop)
            for start, stop in _choose_clips(gained, self.edges_s)
            if among is None or among[start:stop].any()
        ]
        # Of nothing that lasts nothing is to be gained by a look.
        return sorted(
            clips, key=lambda one: (-one.gain / one.seconds if one.seconds else 0, one.start)
        )

    def explain(self, clip: DoubtfulClip) -> str:
        """Say in plain words why a clip is worth a look."""
        frames = slice(clip.start, clip.stop)
        reasons = [
            *self._explain_disagreement(frames),
            *self._explain_confidence(frames),
            *self._explain_oddity(frames),
        ]
        return "; ".join(reasons) or f"{self.method} is least sure here of what is left"

    def _explain_disagreement(self, clip: slice) -> Iterator[str]:
        own = self.codes[clip]
        pairs: dict[tuple[int, int], dict[str, int]] = {}
        for name, codes in self.others.items():
            differs = (codes[clip] != own) & (codes[clip] != UNLABELED) & (own != UNLABELED)
            for pair in zip(own[differs].tolist(), codes[clip][differs].tolist(), strict=True):
                votes = pairs.setdefault(pair, {})
                votes[name] = votes.get(name, 0) + 1
        if not pairs:
            return
        (said, other), votes = max(pairs.items(), key=lambda pair: (sum(pair[1].values()), pair[0]))
        frame_s = np.ptp(self.edges_s[clip.start : clip.stop + 1]) / (clip.stop - clip.start)
        longest_s = max(votes.values()) * float(frame_s)
        yield (
            f"{self.method} says {self.behaviors[said]}, but {', '.join(votes)}"
            f" {self.behaviors[other]} ({longest_s:.1f} s)"
        )

    def _explain_confidence(self, clip: slice) -> Iterator[str]:
        if not np.isfinite(self.own[clip]).any():
            return
        at = clip.start + int(np.nanargmin(self.own[clip]))
        if self.own[at] <= _UNSURE:
            yield f"{self.method} is only {self.own[at]:.0%} sure of {self.behaviors[self.codes[at]]}"

    def _explain_oddity(self, clip: slice) -> Iterator[str]:
        by_reason: dict[str, list[str]] = {}
        for odd in self.odd:
            if odd.start < clip.stop and clip.start < odd.stop:
                by_reason.setdefault(odd.but, []).append(odd.what)
        for but, whats in by_reason.items():
            yield f"{', '.join(dict.fromkeys(whats))}: {but}"


def _probability_of(
    codes: NDArray[np.int8],  # (T,)
    said: Prediction,
) -> NDArray[np.float64]:
    """Return what a method gives other codes (T,), NaN where either says nothing."""
    probability = said.probability[np.arange(len(codes)), codes].astype(np.float64)
    probability[codes == UNLABELED] = np.nan
    return probability


def _choose_clips(
    gained: NDArray[np.float64],  # (T + 1,), of the frames before each
    edges_s: NDArray[np.float64],  # (T + 1,)
) -> Iterable[tuple[int, int]]:
    """Take the clip that gains most, again and again, of those that touch none taken; then the rest."""
    n_frames = len(edges_s) - 1
    # Half a microsecond is no frame: times are sums of fractions.
    stops = np.searchsorted(edges_s, edges_s[:-1] + CLIP_S - 5e-7).clip(max=n_frames)
    whole = np.flatnonzero(edges_s[stops] - edges_s[:-1] >= CLIP_S - 5e-7)
    gains = gained[stops[whole]] - gained[whole]
    taken = np.zeros(n_frames, dtype=bool)
    for start in whole[np.argsort(-gains, kind="stable")].tolist():
        if not taken[start : stops[start]].any():
            taken[start : stops[start]] = True
            yield start, int(stops[start])
    edges = np.flatnonzero(np.diff(taken, prepend=True, append=True))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
