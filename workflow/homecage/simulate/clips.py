"""The clipped database: short clips of one behavior each, cut from recordings of their own."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from homecage.simulate.cage import RATE_FPS
from homecage.simulate.encode import write_mpeg
from homecage.simulate.names import source_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import Bout, true_bouts
from homecage.simulate.seeds import named_generator
from homecage.simulate.session import draw_frames, open_session
from homecage.storage.publish import publish
from homecage.study.behaviors import BEHAVIORS, VOCABULARY

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

SPELLED = {
    behavior.name: tuple(label for label in behavior.labels if label != "micromovement")
    for behavior in VOCABULARY
}
"""The spellings that clip names of the MIT data set use."""


@dataclass(frozen=True)
class Clip:
    """A clip: its file's name and the frames ``[start, stop)`` of its source."""

    name: str
    behavior: str
    source: str
    start: int
    stop: int


def simulate_clips(*, folder: str, options: SimulationOptions, output: Path) -> None:
    """Write one folder of clips, ``<source>_<label>_<number>.mpg``, one behavior each."""
    clips = plan_clips(folder, options)
    with publish(output) as temporary:
        temporary.mkdir()
        for source in sorted({clip.source for clip in clips}):
            session = open_session(source, options, _session_frames())
            for clip in clips:
                if clip.source == source:
                    write_mpeg(draw_frames(session, clip.start, clip.stop), temporary / clip.name)


def plan_clips(folder: str, options: SimulationOptions) -> list[Clip]:
    """Return which clips a folder holds and where they are cut from; draws nothing."""
    generator = named_generator(options, folder, "clips")
    sources = source_names(folder)
    bouts = {source: true_bouts(source, options, _session_frames()) for source in sources}
    clips: list[Clip] = []
    numbers: Counter[str] = Counter()
    for behavior, count in _counts(options.clips_per_folder).items():
        at_hand = [
            (source, bout)
            for source in sources
            for bout in bouts[source]
            if bout.behavior == behavior and bout.stop - bout.start >= LENGTH_FRAMES[2]
        ]
        order = [at_hand[index] for index in generator.permutation(len(at_hand))]
        for index in range(count):
            source, bout = order[index % len(order)]
            start, stop = _cut(generator, bout)
            label = str(generator.choice(SPELLED[behavior]))
            numbers[f"{source}_{label}"] += 1
            name = f"{source}_{label}_{numbers[f'{source}_{label}']}.mpg"
            clips.append(Clip(name, behavior, source, start, stop))
    return clips


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
    drawn = round(median * float(np.exp(spread * generator.standard_normal())))
    length = min(int(np.clip(drawn, shortest, longest)), bout.stop - bout.start)
    start = bout.start + int(generator.integers(0, bout.stop - bout.start - length + 1))
    return start, start + length


def _session_frames() -> int:
    return round(SESSION_S * RATE_FPS)
