"""Which clips the clipped database holds, and where they are cut from; nothing is drawn."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from homecage.simulate.behaviors import BEHAVIORS, LABELS
from homecage.simulate.cage import RATE_FPS
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
    bouts = {name: true_bouts(name, options, count_session_frames()) for name in sessions}
    clips: list[Clip] = []
    numbers: Counter[str] = Counter()
    for behavior, count in _counts(options.clips_per_folder).items():
        at_hand = [
            (session, bout)
            for session in sessions
            for bout in bouts[session]
            if bout.behavior == behavior and bout.stop - bout.start >= LENGTH_FRAMES[2]
        ]
        order = [at_hand[index] for index in generator.permutation(len(at_hand))]
        for index in range(count):
            session, bout = order[index % len(order)]
            start, stop = _cut(generator, bout)
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


def _cut(generator: Generator, bout: Bout) -> tuple[int, int]:
    median, spread, shortest, longest = LENGTH_FRAMES
    sampled = round(median * float(np.exp(spread * generator.standard_normal())))
    length = min(int(np.clip(sampled, shortest, longest)), bout.stop - bout.start)
    start = bout.start + int(generator.integers(0, bout.stop - bout.start - length + 1))
    return start, start + length
