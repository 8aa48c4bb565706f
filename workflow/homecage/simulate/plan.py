"""Which clips the clipped database holds, and where they are cut from; nothing is drawn.

Somebody picked "the most exemplary samples of each behavior": from the longer bouts, away from their ends,
where the mouse does what the behavior is known by, and nothing near it suggests another one.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from homecage.simulate.behaviors import BEHAVIORS, LABELS
from homecage.simulate.cage import RATE_FPS
from homecage.simulate.motion import Segment, true_modes
from homecage.simulate.names import session_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import Bout, true_bouts
from homecage.simulate.seeds import named_generator

# ASSUME: shares of the clips, in the order of the real clipped database's imbalance as far as it
# is known; with the default sizes the rarest behavior has 35 clips.
SHARES = {
    "drink": 0.06,
    "eat": 0.12,
    "groom": 0.16,
    "hang": 0.09,
    "micromovement": 0.21,
    "rear": 0.12,
    "rest": 0.10,
    "walk": 0.14,
}

LENGTH_FRAMES = (40.0, 0.50, 10, 150)
"""Median, log standard deviation, shortest and longest clip."""

EXEMPLARY = {
    "drink": {"lap"},
    "eat": {"gnaw", "chew"},
    "groom": {"rub", "flank"},
    "hang": {"hang", "cling"},
    "micromovement": {"sniff", "forage"},
    "rear": {"look", "stretch"},
    "rest": {"doze", "still"},
    "walk": {"gait"},
}
"""The modes of motion that a behavior is known by."""

ELSEWHERE = ("micromovement", "rear")
"""Behaviors picked away from hopper and spout, where they could be taken for eating or drinking."""

EDGE_SHARE, EDGE_FRAMES = 0.15, (4, 15)
"""How far from a bout's ends clips keep, as a share of the bout, and at least and most."""

PICKED_SHARE = 0.5
"""Share of the clean stretches, the longest ones, that clips are cut from."""

SESSION_S = 600.0
"""Length of the recording that clips are cut from: long enough to drink several times."""


@dataclass(frozen=True)
class Clip:
    """A clip: its file's name and the frames ``[start, stop)`` of its session."""

    name: str
    behavior: str
    session: str
    start: int
    stop: int


def plan_clips(folder: str, options: SimulationOptions) -> list[Clip]:
    """Return the clips of a folder, one behavior each, named ``<session>_<label>_<number>.mpg``."""
    generator = named_generator(options, folder, "clips")
    sessions = session_names(folder)
    clean = {name: _find_clean(name, options) for name in sessions}
    clips: list[Clip] = []
    numbers: Counter[str] = Counter()
    for behavior, count in _counts(options.clips_per_folder).items():
        at_hand = [
            (name, stretch) for name in sessions for stretch in clean[name].get(behavior, [])
        ]
        at_hand.sort(key=lambda one: one[1][0] - one[1][1])
        at_hand = at_hand[: max(count, round(PICKED_SHARE * len(at_hand)))]
        order = [at_hand[index] for index in generator.permutation(len(at_hand))]
        for index in range(count):
            session, stretch = order[index % len(order)]
            start, stop = _cut(generator, *stretch)
            label = str(generator.choice(LABELS[behavior]))
            numbers[f"{session}_{label}"] += 1
            name = f"{session}_{label}_{numbers[f'{session}_{label}']}.mpg"
            clips.append(Clip(name, behavior, session, start, stop))
    return clips


def count_session_frames() -> int:
    """Return the length of the recordings that clips are cut from."""
    return round(SESSION_S * RATE_FPS)


def _counts(total: int) -> dict[str, int]:
    """Share out a folder's clips: one of each behavior, the rest by their shares."""
    exact = np.array([SHARES[behavior] for behavior in BEHAVIORS]) * total
    counts = np.maximum(1, np.floor(exact)).astype(int)
    while counts.sum() < total:
        counts[np.argmax(exact - counts)] += 1
    while counts.sum() > total:
        counts[np.argmax(np.where(counts > 1, counts - exact, -np.inf))] -= 1
    return dict(zip(BEHAVIORS, counts.tolist(), strict=True))


def _find_clean(session: str, options: SimulationOptions) -> dict[str, list[tuple[int, int]]]:
    """Return a session's stretches ``[start, stop)`` that are exemplary, by behavior."""
    bouts = true_bouts(session, options, count_session_frames())
    clean: dict[str, list[tuple[int, int]]] = {}
    for bout, segments in zip(bouts, true_modes(session, options, bouts), strict=True):
        if bout.behavior not in ELSEWHERE or bout.place.site == "open":
            found = clean.setdefault(bout.behavior, [])
            found += [
                (start, stop)
                for start, stop in _join_exemplary(bout, segments)
                if stop - start >= LENGTH_FRAMES[2]
            ]
    return clean


def _join_exemplary(bout: Bout, segments: list[Segment]) -> list[tuple[int, int]]:
    """Join a bout's exemplary segments where they touch, and cut off what is near another's."""
    edge = int(np.clip(EDGE_SHARE * (bout.stop - bout.start), *EDGE_FRAMES))
    joined: list[tuple[int, int]] = []
    for start, stop, mode in segments:
        if mode in EXEMPLARY[bout.behavior]:
            if joined and joined[-1][1] == start:
                start = joined.pop()[0]
            joined.append((start, stop))
    near = EDGE_FRAMES[0]
    return [
        (max(start + near, bout.start + edge), min(stop - near, bout.stop - edge))
        for start, stop in joined
    ]


def _cut(generator: Generator, first: int, last: int) -> tuple[int, int]:
    median, spread, shortest, longest = LENGTH_FRAMES
    sampled = round(median * float(np.exp(spread * generator.standard_normal())))
    length = min(int(np.clip(sampled, shortest, longest)), last - first)
    start = first + int(generator.integers(0, last - first - length + 1))
    return start, start + length
