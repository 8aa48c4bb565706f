"""Training windows, and what helps rare behaviors: duplicates of their windows, weights in the loss.

Letters: B windows of a batch, W clips in a window, C clips, D descriptor, K behaviors.
"""

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from homecage.sequence.models import Task
from homecage.sequence.sequences import Sequence
from homecage.storage.frame_tables import UNLABELED


def plan_windows(task: Task, window_clips: int, growth: float) -> pd.DataFrame:
    """Cut each training video into windows and decide how often each one is used.

    Windows follow one another; the last one of a video ends with it. Windows without a labeled clip
    are left out. Duplicates are sampled, a window's chance being the mean, over its labeled clips, of
    one over its behavior's frequency.

    Returns:
        One row a window: video, start (clip), copies.
    """
    counts = count_behaviors(task)
    rarity = torch.where(counts > 0, counts.sum() / counts, 0.0)
    rows = []
    for sequence in task.training:
        for start in window_starts(len(sequence.codes), window_clips):
            codes = sequence.codes[start : start + window_clips]
            if (labeled := codes != UNLABELED).any():
                rows.append((sequence.video, start, float(rarity[codes[labeled]].mean())))
    table = pd.DataFrame(rows, columns=["video", "start", "rarity"])
    n_duplicates = round((growth - 1) * len(table))
    chances = table["rarity"] / table["rarity"].sum()
    sampled = np.random.default_rng(task.seed).choice(len(table), size=n_duplicates, p=chances)
    table["copies"] = 1 + np.bincount(sampled, minlength=len(table))
    return table.drop(columns="rarity")


def window_starts(n_clips: int, window_clips: int) -> list[int]:
    """Return the first clips of a video's windows; a shorter video is one window by itself."""
    last = max(n_clips - window_clips, 0)
    return [*range(0, last, window_clips), last]


def shift_windows(
    windows: pd.DataFrame, sequences: dict[str, Sequence], window_clips: int
) -> pd.DataFrame:
    """Return windows that begin up to half a window earlier or later, within their videos."""
    last = [max(len(sequences[video].codes) - window_clips, 0) for video in windows["video"]]
    half = window_clips // 2
    shifts = torch.randint(-half, half + 1, (len(windows),)).numpy()
    return windows.assign(start=np.clip(windows["start"] + shifts, 0, last))


def take_windows(
    sequences: dict[str, Sequence], windows: pd.DataFrame, window_clips: int
) -> tuple[Tensor, Tensor]:
    """Return descriptors (B, W, D) float32 and labels (B, W) of the windows in these rows of a plan.

    A window of a shorter video is padded with zeros, unlabeled.
    """
    parts = [
        (sequences[video], slice(start, start + window_clips))
        for video, start in zip(windows["video"], windows["start"], strict=True)
    ]
    x = pad_sequence([sequence.x[clips] for sequence, clips in parts], batch_first=True)
    codes = [sequence.codes[clips] for sequence, clips in parts]
    return x.float(), pad_sequence(codes, batch_first=True, padding_value=UNLABELED)


def weigh_behaviors(task: Task, power: float) -> Tensor:
    """Return each behavior's weight in the loss, (K,): one over its frequency, to this power.

    Weights are scaled so that a labeled clip weighs 1 on average; a behavior that never occurs
    weighs 1.
    """
    counts = count_behaviors(task)
    weights = torch.where(counts > 0, counts**-power, 0.0)
    weights *= counts.sum() / (weights * counts).sum()
    return torch.where(counts > 0, weights, 1.0).float()


def count_behaviors(task: Task) -> Tensor:
    """Count the labeled training clips by behavior, (K,) float64."""
    codes = torch.cat([sequence.codes for sequence in task.training])
    return torch.bincount(codes[codes != UNLABELED], minlength=task.n_behaviors).double()
