"""The two human annotators: what they write down about what the mouse did.

Group 1 is the truth but for the human hand on the boundary, and leaves some stretches out. Group 2
disagrees as people do: it places boundaries later or sooner, overlooks short bouts, and calls
stretches of a behavior by the name of the one it is easily confused with. It labels only some of the
videos, and parts of some.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from homecage.simulate.cage import RATE_FPS
from homecage.simulate.process import Bout

FIRST_JITTER_FRAMES = 2.0
"""Standard deviation of group 1's boundaries."""

SECOND_JITTER_FRAMES = 7.0
"""Standard deviation of group 2's boundaries, which stay within half a second of the truth."""

OVERLOOKED_S = 0.9
"""Bouts shorter than this may be overlooked by group 2 ..."""

OVERLOOKED_SHARE = 0.35
"""... with this probability: they merge into the bout before."""

LOOK_S = (1.5, 3.0)
"""Group 2 judges long bouts piece by piece: shortest and longest piece."""

# How often group 2 calls a piece of a behavior by another's name.
# ASSUME: the pairs are those that annotators of the real data set confuse (Jhuang et al. 2010);
# the shares were tuned so that humans agree on about 72 % of the frames labeled twice, as there.
CONFUSIONS: dict[str, dict[str, float]] = {
    "drink": {"micromovement": 0.08, "rear": 0.04},
    "eat": {"rear": 0.13, "groom": 0.11, "micromovement": 0.03},
    "groom": {"micromovement": 0.16, "eat": 0.08},
    "hang": {"rear": 0.16},
    "micromovement": {"walk": 0.09, "groom": 0.08, "rest": 0.08, "rear": 0.04},
    "rear": {"eat": 0.11, "micromovement": 0.10},
    "rest": {"micromovement": 0.21},
    "walk": {"micromovement": 0.17},
}

PART_SHARE = 0.4
"""Share of the videos annotated twice that group 2 labeled only in part ..."""

PART_COVERED = (0.5, 0.85)
"""... which covers between these shares of the video, from anywhere in it."""


SKIPPED_SHARE = 0.35
"""Share of the videos in which group 1 left stretches without a label, and ..."""

SKIPPED = (1, 3)
"""... how many: the fewest, and one more than the most; ..."""

SKIPPED_S = (2.0, 8.0)
"""... the shortest and longest, though none takes more than a twentieth of the video."""


@dataclass(frozen=True)
class Label:
    """One line of an annotation: a behavior over the half-open frames ``[start, stop)``."""

    behavior: str
    start: int
    stop: int


def annotate_first(generator: Generator, bouts: list[Bout]) -> list[Label]:
    """Return group 1's labels, as they tile the video before any is skipped."""
    labels = [Label(bout.behavior, bout.start, bout.stop) for bout in bouts]
    return _shift_boundaries(generator, labels, FIRST_JITTER_FRAMES)


def skip_stretches(generator: Generator, labels: list[Label]) -> list[Label]:
    """Leave stretches without a label in some videos: nobody could tell, or somebody overlooked them."""
    if generator.random() >= SKIPPED_SHARE:
        return labels
    n_frames = labels[-1].stop
    for _ in range(generator.integers(*SKIPPED)):
        skipped = min(round(generator.uniform(*SKIPPED_S) * RATE_FPS), n_frames // 20)
        first = int(generator.integers(0, n_frames - skipped + 1))
        labels = [*_cut(labels, 0, first), *_cut(labels, first + skipped, n_frames)]
    return labels


def annotate_second(generator: Generator, bouts: list[Bout]) -> list[Label]:
    """Return group 2's labels: they tile a part of the video, or all of it."""
    labels: list[Label] = []
    for bout in bouts:
        length_s = (bout.stop - bout.start) / float(RATE_FPS)
        overlooked = length_s < OVERLOOKED_S and generator.random() < OVERLOOKED_SHARE
        if overlooked and labels:
            labels.append(Label(labels[-1].behavior, bout.start, bout.stop))
        else:
            labels += _judge(generator, bout)
    return _cover_part(
        generator, _shift_boundaries(generator, _joined(labels), SECOND_JITTER_FRAMES)
    )


def _judge(generator: Generator, bout: Bout) -> list[Label]:
    """Look at a bout piece by piece and name each piece."""
    others = CONFUSIONS[bout.behavior]
    names = [bout.behavior, *others]
    shares = [1 - sum(others.values()), *others.values()]
    pieces, start = [], bout.start
    while start < bout.stop:
        stop = start + round(generator.uniform(*LOOK_S) * RATE_FPS)
        stop = bout.stop if bout.stop - stop < RATE_FPS else stop
        pieces.append(Label(str(generator.choice(names, p=shares)), start, stop))
        start = stop
    return pieces


def _joined(labels: list[Label]) -> list[Label]:
    """Merge neighbors of the same behavior."""
    joined = labels[:1]
    for label in labels[1:]:
        if label.behavior == joined[-1].behavior:
            joined[-1] = Label(label.behavior, joined[-1].start, label.stop)
        else:
            joined.append(label)
    return joined


def _shift_boundaries(
    generator: Generator, labels: list[Label], deviation_frames: float
) -> list[Label]:
    """Move each boundary a little; the order stays and no label becomes empty."""
    edges = [labels[0].start, *(label.stop for label in labels)]
    limit = round(0.5 * RATE_FPS)
    shifts = np.clip(np.round(generator.normal(0, deviation_frames, len(edges))), -limit, limit)
    moved = edges.copy()
    for index in range(1, len(edges) - 1):
        # Half of the shorter neighbor at most, so that boundaries cannot meet.
        low = (edges[index] - edges[index - 1] - 1) // 2
        high = (edges[index + 1] - edges[index] - 1) // 2
        moved[index] += int(np.clip(shifts[index], -low, high))
    return [
        Label(label.behavior, start, stop)
        for label, start, stop in zip(labels, moved[:-1], moved[1:], strict=True)
    ]


def _cover_part(generator: Generator, labels: list[Label]) -> list[Label]:
    if generator.random() >= PART_SHARE:
        return labels
    n_frames = labels[-1].stop
    covered = max(1, round(n_frames * generator.uniform(*PART_COVERED)))
    first = int(generator.integers(0, n_frames - covered + 1))
    return _cut(labels, first, first + covered)


def _cut(labels: list[Label], start: int, stop: int) -> list[Label]:
    """Return what the labels say of the frames ``[start, stop)``."""
    cut = [
        Label(label.behavior, max(label.start, start), min(label.stop, stop)) for label in labels
    ]
    return [label for label in cut if label.start < label.stop]
