"""Training windows: stretches of consecutive clips, those with rare behaviors duplicated.

Letters: N windows, W clips in a window, C clips, D descriptor, K behaviors.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from homecage.study.behaviors import BEHAVIORS, UNLABELED


@dataclass(frozen=True)
class Sequence:
    """The clips of one video: descriptors and labels."""

    video: str
    fc6: Tensor  # (C, D) float16
    codes: NDArray[np.int64]  # (C,) index in BEHAVIORS, or UNLABELED


def plan_windows(
    sequences: list[Sequence], window_clips: int, growth: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Cut each video into windows and decide how often each one is used.

    Windows follow one another; the last one of a video ends with it. Windows without a labeled clip
    are left out. Duplicates are drawn at random, a window's chance being the mean, over its labeled
    clips, of one over its behavior's frequency.

    Returns:
        One row a window: video, start (clip), copies.
    """
    counts = np.zeros(len(BEHAVIORS))
    for sequence in sequences:
        counts += count_behaviors(sequence.codes)
    rarity = np.divide(counts.sum(), counts, out=np.zeros_like(counts), where=counts > 0)
    rows = []
    for sequence in sequences:
        for start in window_starts(len(sequence.codes), window_clips):
            inside = count_behaviors(sequence.codes[start : start + window_clips])
            if inside.sum():
                rows.append((sequence.video, start, float(inside @ rarity / inside.sum())))
    table = pd.DataFrame(rows, columns=["video", "start", "rarity"])
    n_duplicates = round((growth - 1) * len(table))
    chances = table["rarity"] / table["rarity"].sum()
    drawn = rng.choice(len(table), size=n_duplicates, p=chances)
    table["copies"] = 1 + np.bincount(drawn, minlength=len(table))
    return table.drop(columns="rarity")


def window_starts(n_clips: int, window_clips: int) -> list[int]:
    """Return the first clips of a video's windows; a shorter video is one window by itself."""
    last = max(n_clips - window_clips, 0)
    return [*range(0, last, window_clips), last]


def count_behaviors(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count labeled clips by behavior, (K,)."""
    return np.bincount(codes[codes != UNLABELED], minlength=len(BEHAVIORS))


def join_windows(
    sequences: list[Sequence], plan: pd.DataFrame, window_clips: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Lay all clips out once, and say which of them each window holds.

    Returns:
        The descriptors of all clips (C + 1, D) float16, their labels (C + 1,), and the clips of
        each window (N, W). The last clip is padding: zero and unlabeled.
    """
    padding = Sequence("", torch.zeros_like(sequences[0].fc6[:1]), np.array([UNLABELED]))
    fc6 = torch.cat([sequence.fc6 for sequence in [*sequences, padding]])
    codes = np.concatenate([sequence.codes for sequence in [*sequences, padding]])
    lengths = pd.Series({sequence.video: len(sequence.codes) for sequence in sequences})
    stop = plan["video"].map(lengths.cumsum()).to_numpy()
    start = stop - plan["video"].map(lengths).to_numpy() + plan["start"].to_numpy()
    clips = start[:, None] + np.arange(window_clips)
    clips[clips >= stop[:, None]] = len(fc6) - 1
    return fc6, torch.from_numpy(codes), torch.from_numpy(clips)
