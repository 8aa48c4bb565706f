"""From a model's probabilities of single clips to those that are decided by.

What is fitted here is fitted to the training side of a fold: transitions between behaviors to the labels
of its training and validation videos, all else to what a model that has not learned from the validation
videos says of them.

Letters: C clips, K behaviors.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.sequence.models import Task
from homecage.sequence.options import DecodingOptions
from homecage.sequence.sequences import SMALLEST, Sequence
from homecage.storage.frame_tables import UNLABELED

Scores = NDArray[np.float64]
"""Logarithms of probabilities, (..., C, K)."""

TRUST = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""What a clip may count in smoothing. One counts less than 1 where its neighbors, which share most of its
frames, would say the same again."""
LEARNED_PRIOR = (0.0, 0.5, 1.0)
"""How far the model's probabilities may hold how common behaviors are: 0, as after balanced training."""
_PREFIX = "evidence."


@dataclass(frozen=True)
class Evidence:
    """What decoding is fitted to."""

    probability: Tensor  # (C, K) of the validation videos' clips, one video after the other
    codes: Tensor  # (C,) their labels
    n_clips: Tensor  # (videos,) of each
    transitions: Tensor  # (K, K) times that one behavior follows another, or itself, a clip later

    @classmethod
    def collect(cls, task: Task, probability: list[NDArray[np.float32]]) -> "Evidence":
        """Collect it.

        Args:
            task: what the model learned from.
            probability: what it says of each validation video, which it had not learned from.
        """
        return cls(
            torch.from_numpy(np.concatenate(probability)),
            torch.cat([video.codes for video in task.validation]),
            torch.tensor([len(video.codes) for video in task.validation]),
            count_transitions([*task.training, *task.validation], task.n_behaviors),
        )

    @classmethod
    def pool(cls, folds: Iterable["Evidence"], task: Task) -> "Evidence":
        """Put together what the folds' models say of videos that they had not learned from.

        Args:
            folds: of each fold's model.
            task: all videos, where the transitions come from.
        """
        parts = list(zip(*((e.probability, e.codes, e.n_clips) for e in folds), strict=True))
        probability, codes, n_clips = (torch.cat(part) for part in parts)
        transitions = count_transitions([*task.training, *task.validation], task.n_behaviors)
        return cls(probability, codes, n_clips, transitions)

    @classmethod
    def of_transitions(cls, transitions: Tensor) -> "Evidence":
        """Make what ``apply_calibration`` needs, from transitions (K, K) alone."""
        none = torch.zeros(0, dtype=torch.int64)
        return cls(torch.zeros(0, len(transitions)), none, none, transitions)

    def dump(self) -> dict[str, Tensor]:
        """Return it as tensors, to lie beside those of the model."""
        return {f"{_PREFIX}{name}": value for name, value in vars(self).items()}

    @classmethod
    def split(cls, tensors: dict[str, Tensor]) -> tuple["Evidence", dict[str, Tensor]]:
        """Part it from the tensors of the model."""
        own = {name: value for name, value in tensors.items() if name.startswith(_PREFIX)}
        evidence = cls(**{name.removeprefix(_PREFIX): value for name, value in own.items()})
        return evidence, {name: value for name, value in tensors.items() if name not in own}

    @property
    def prior(self) -> NDArray[np.float64]:
        """How common each behavior is, (K,); one that never occurs counts as seen once."""
        counts = self.transitions.numpy().sum(axis=0) + 1.0
        return np.asarray(counts / counts.sum())


def count_transitions(videos: list[Sequence], n_behaviors: int) -> Tensor:
    """Count which behavior follows which a clip later, (K, K); unlabeled clips follow nothing."""
    counts = torch.zeros(n_behaviors, n_behaviors, dtype=torch.float64)
    for video in videos:
        before, after = video.codes[:-1], video.codes[1:]
        both = (before != UNLABELED) & (after != UNLABELED)
        pairs = before[both] * n_behaviors + after[both]
        counts += torch.bincount(pairs, minlength=n_behaviors**2).view_as(counts)
    return counts


@dataclass(frozen=True)
class Calibration:
    """What decoding has found in the evidence; as it stands, it changes nothing."""

    trust: float = 1.0
    """What a clip counts in smoothing."""
    learned_prior: float = 0.0
    """How far the model's probabilities hold how common behaviors are, which smoothing takes off."""
    sharpness: float = 1.0
    """Factor on the logarithms of probabilities: one over the temperature."""
    bias: float = 0.0
    """How much more common behaviors count."""


def decode(
    probability: NDArray[np.float32], evidence: Evidence, options: DecodingOptions
) -> NDArray[np.float32]:
    """Return a video's probabilities (C, K) as the options want them.

    Args:
        probability: what the model says of each clip, (C, K).
        evidence: what decoding is fitted to.
        options: what is wanted.
    """
    found = find_calibration(evidence, options)
    return apply_calibration(probability, found, evidence, options)


def find_calibration(evidence: Evidence, options: DecodingOptions) -> Calibration:
    """Fit what the options want."""
    prior = np.log(evidence.prior)
    found = Calibration()
    if options.smoothing == "none" and options.aim == "none":
        return found
    known = [part.numpy() for part in evidence.probability.split(evidence.n_clips.tolist())]
    told = [_log(part) for part in known]
    if options.smoothing == "hmm":
        trust, learned = choose_trust(told, evidence)
        told = [smooth(trust * (part - learned * prior), evidence) for part in told]
        found = replace(found, trust=trust, learned_prior=learned)
    if options.aim != "none":
        sharpness, bias = calibrate(np.concatenate(told), evidence)
        found = replace(found, sharpness=sharpness, bias=bias)
    return found


def apply_calibration(
    probability: NDArray[np.float32],
    found: Calibration,
    evidence: Evidence,
    options: DecodingOptions,
) -> NDArray[np.float32]:
    """Return a video's probabilities (C, K) as the options want them; of the evidence, transitions do."""
    if options.smoothing == "none" and options.aim == "none":
        return probability
    prior = np.log(evidence.prior)
    score = _log(probability)
    if options.smoothing == "hmm":
        score = smooth(found.trust * (score - found.learned_prior * prior), evidence)
    if options.aim != "none":
        score = found.sharpness * score + found.bias * prior
        score -= prior if options.aim == "behaviors" else 0.0
    decoded: NDArray[np.float32] = _exponentiate(score).astype(np.float32)
    return decoded


def choose_trust(told: list[Scores], evidence: Evidence) -> tuple[float, float]:
    """Choose what a clip counts, and the prior that is taken off, by the validation videos' log loss."""
    prior = np.log(evidence.prior)
    loss = {}
    for trust, learned in product(TRUST, LEARNED_PRIOR):
        smoothed = np.concatenate(
            [smooth(trust * (part - learned * prior), evidence) for part in told]
        )
        sharpness, bias = calibrate(smoothed, evidence)
        loss[trust, learned] = measure_loss(sharpness * smoothed + bias * prior, evidence)
    return min(loss, key=lambda choice: loss[choice])


def smooth(evidence_of_clip: Scores, evidence: Evidence) -> Scores:
    """Return what each clip's behavior is, given all clips of the video: a hidden Markov model.

    Forward and backward (Rabiner 1989), with each step normalized.

    Args:
        evidence_of_clip: log likelihood of each clip under each behavior, up to a constant, (C, K).
        evidence: where the transitions come from; each is counted half a time more than it was seen.
    """
    counts = evidence.transitions.numpy() + 0.5
    follows = counts / counts.sum(axis=1, keepdims=True)  # (K, K) from, to
    likelihood = np.exp(evidence_of_clip - evidence_of_clip.max(axis=1, keepdims=True))
    forward, backward = np.empty_like(likelihood), np.ones_like(likelihood)
    forward[0] = evidence.prior * likelihood[0]
    for clip in range(1, len(likelihood)):
        step = (forward[clip - 1] @ follows) * likelihood[clip]
        forward[clip] = step / step.sum()
    for clip in range(len(likelihood) - 2, -1, -1):
        step = follows @ (likelihood[clip + 1] * backward[clip + 1])
        backward[clip] = step / step.sum()
    both = forward * backward
    return _log(both / both.sum(axis=1, keepdims=True))


def calibrate(score: Scores, evidence: Evidence) -> tuple[float, float]:
    """Fit the sharpness of scores, and how much more common behaviors count, by the log loss.

    Temperature scaling (Guo et al. 2017; sharpness is one over the temperature) and logit adjustment
    (Menon et al. 2021), both fitted.

    Args:
        score: of the validation clips, (C, K).
        evidence: their labels.
    """
    labeled = evidence.codes != UNLABELED
    scores, codes = torch.from_numpy(score)[labeled], evidence.codes[labeled]
    prior = torch.from_numpy(np.log(evidence.prior))
    fitted = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([fitted], max_iter=50, line_search_fn="strong_wolfe")

    def measure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(fitted[0] * scores + fitted[1] * prior, codes)
        loss.backward()
        return loss

    optimizer.step(measure)
    sharpness, bias = fitted.tolist()
    return max(sharpness, 0.0), bias


def measure_loss(score: Scores, evidence: Evidence) -> float:
    """Return the log loss of scores of the validation clips."""
    labeled = evidence.codes != UNLABELED
    return float(F.cross_entropy(torch.from_numpy(score)[labeled], evidence.codes[labeled]))


def _log(probability: NDArray[np.floating]) -> Scores:
    return np.asarray(np.log(np.maximum(probability, SMALLEST).astype(np.float64)))


def _exponentiate(score: Scores) -> NDArray[np.float64]:
    raised = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
