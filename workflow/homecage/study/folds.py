"""Folds: which videos train, which stop the training, and which one is held out."""

from dataclasses import dataclass

import numpy as np

from homecage.errors import DatasetError


@dataclass(frozen=True)
class Fold:
    """One fold of leave-one-video-out, named by its held-out video."""

    held_out: str
    training: tuple[str, ...]
    validation: tuple[str, ...]


def make_fold(others: list[str], held_out: str, n_validation: int, seed: int) -> Fold:
    """Choose a fold's inner validation videos from the ``others``, by name and seed alone.

    Videos stand in a seeded circle; those that follow the held-out one validate. So each video
    validates equally often over all folds.

    Raises:
        DatasetError: too few videos to train and validate on.
    """
    if len(others) <= n_validation:
        raise DatasetError(
            [
                f"{len(others) + 1} videos are too few to hold one out, validate on {n_validation} "
                "and train on the rest; lower sequence.validation_videos or add videos"
            ]
        )
    videos = sorted([*others, held_out])
    circle = [videos[i] for i in np.random.default_rng(seed).permutation(len(videos))]
    place = circle.index(held_out)
    following = circle[place + 1 :] + circle[:place]
    return Fold(
        held_out=held_out,
        training=tuple(sorted(following[n_validation:])),
        validation=tuple(sorted(following[:n_validation])),
    )
