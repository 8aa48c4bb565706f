"""A seeded plan of where the convnet's training and test clips come from, written to a file.

Stretches are divided between training and test before any cutting, so no frame is on both sides.
Training clips are evened between behaviors as in the paper: an epoch takes as many of each, so those
of rarer behaviors overlap more. The plan says what is balanced; which clips an epoch takes, each epoch
draws anew.
"""

import logging
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
import pandas as pd

from homecage.clips.options import BalanceOptions, ClipGeometry
from homecage.clips.stretches import (
    Stretch,
    list_bout_stretches,
    list_clip_stretches,
    read_behaviors,
)
from homecage.errors import StudyError
from homecage.storage.stores import open_store
from homecage.storage.tables import read_tsv, write_tsv

logger = logging.getLogger(__name__)


def balance_clips(
    *,
    clips: list[Path] | None = None,
    table: Path | None = None,
    annotations: list[Path] | None = None,
    leakage: Path | None = None,
    behaviors: list[str],
    geometry: ClipGeometry,
    options: BalanceOptions,
    seed: int,
    plan: Path,
    counts: Path,
) -> None:
    """Write the plan (one row a stretch) and its counts (one row a behavior).

    Args:
        clips: stores of the clipped database, one a folder.
        table: its table of clips, which says their behaviors.
        annotations: those of the training videos, where there is no clipped database.
        leakage: the leakage audit, whose clips are left out; none: no clip is.
        behaviors: the K behaviors in order.
        geometry: length of a clip in frames.
        options: split and balance.
        seed: of the split.
        plan: TSV with store, stretch, behavior, side, its frames in the store [start, stop), and the
            clips that are taken from it: of a test stretch all; of a training stretch the mean
            number in an epoch.
        counts: TSV with stretches, those too short, frames, training and test clips.

    Raises:
        StudyError: nothing is long enough to train on.
    """
    behavior_of = read_behaviors(table, behaviors) if table else {}
    if leakage:
        behavior_of |= dict.fromkeys(find_shared(leakage, clips or []), "")
    stretches = [
        *(stretch for store in clips or [] for stretch in list_clip_stretches(store, behavior_of)),
        *(
            stretch
            for path in annotations or []
            for stretch in list_bout_stretches(path, behaviors)
        ),
    ]
    usable = [stretch for stretch in stretches if stretch.cut(geometry.length, step=1)]
    if not usable:
        problem = f"none of the {len(stretches)} clips or bouts has the {geometry.length} frames"
        raise StudyError([f"{problem} of a training clip"])
    rng = np.random.default_rng(seed)
    train, test = split_stretches(usable, behaviors, options.test_fraction, rng)
    rows = [
        *share_training(train, behaviors, geometry.length, options.clips_per_behavior),
        *(_row(own, "test", len(own.cut(geometry.length, step=geometry.length))) for own in test),
    ]
    planned = pd.DataFrame(rows)
    write_tsv(plan, planned)
    write_tsv(counts, count_stretches(stretches, usable, behaviors, planned, geometry.length))
    logger.info(
        "%d training clips an epoch and %d test clips from %d stretches (%d too short)",
        *(round(planned.loc[planned["side"] == side, "clips"].sum()) for side in ("train", "test")),
        len(stretches),
        len(stretches) - len(usable),
    )


def find_shared(leakage: Path, clips: list[Path]) -> list[str]:
    """Return the paths of the clips that the leakage audit found in a full video."""
    found = read_tsv(leakage, text=True)
    folders = set(found.loc[found["kind"] == "name", "recording"])
    shared = [path for path in found.loc[found["kind"] == "content", "clip"] if path]
    for store in clips:
        if store.stem in folders:
            shared += open_store(store, kind="clips").attributes["path"]
    logger.info("%d clips are left out: a full video shows the same recording", len({*shared}))
    return shared


def split_stretches(
    stretches: list[Stretch],
    behaviors: Sequence[str],
    test_fraction: float,
    rng: np.random.Generator,
) -> tuple[list[Stretch], list[Stretch]]:
    """Split stretches into those to train on and those to test on, each behavior by itself.

    A behavior with a single stretch is trained on and not tested.
    """
    train: list[Stretch] = []
    test: list[Stretch] = []
    for own in _group(stretches, behaviors).values():
        order = rng.permutation(len(own))
        n_test = max(1, round(test_fraction * len(own))) if len(own) > 1 else 0
        test += [own[i] for i in sorted(order[:n_test])]
        train += [own[i] for i in sorted(order[n_test:])]
    return train, test


def share_training(
    stretches: list[Stretch],
    behaviors: Sequence[str],
    length: int,
    clips_per_behavior: int | None,
) -> list[dict[str, object]]:
    """Share out the same number of training clips of ``length`` frames for each behavior there is.

    By default as many as the commonest behavior gives without overlap. A stretch's part grows with
    the square root of the number of clips that can begin in it: a long one has more to show, but
    much of it is alike.
    """
    by_behavior = _group(stretches, behaviors)
    target = clips_per_behavior or max(
        sum(len(stretch.cut(length, step=length)) for stretch in own)
        for own in by_behavior.values()
    )
    rows = []
    for own in filter(None, by_behavior.values()):
        weights = np.sqrt([len(stretch.cut(length, step=1)) for stretch in own])
        parts = target * weights / weights.sum()
        rows += [_row(*each) for each in zip(own, repeat("train"), parts.tolist())]
    return rows


def count_stretches(
    stretches: list[Stretch],
    usable: list[Stretch],
    behaviors: Sequence[str],
    plan: pd.DataFrame,
    length: int,
) -> pd.DataFrame:
    """Count, for each behavior, its stretches and the clips of ``length`` frames that they give."""
    rows = []
    long_enough = _group(usable, behaviors)
    for behavior, own in _group(stretches, behaviors).items():
        planned = plan[plan["behavior"] == behavior]
        train, test = (planned[planned["side"] == side] for side in ("train", "test"))
        rows.append(
            {
                "behavior": behavior,
                "stretches": len(own),
                "too_short": len(own) - len(long_enough[behavior]),
                "frames": sum(stretch.stop - stretch.start for stretch in own),
                "train_stretches": len(train),
                "train_clips": round(train["clips"].sum()),
                "train_clips_distinct": (train["stop"] - train["start"] - length + 1).sum(),
                "test_clips": round(test["clips"].sum()),
            }
        )
    return pd.DataFrame(rows)


def _group(stretches: list[Stretch], behaviors: Sequence[str]) -> dict[str, list[Stretch]]:
    return {name: [own for own in stretches if own.behavior == name] for name in behaviors}


def _row(stretch: Stretch, side: str, clips: float) -> dict[str, object]:
    return {
        "store": stretch.store,
        "stretch": stretch.name,
        "behavior": stretch.behavior,
        "side": side,
        "start": stretch.start,
        "stop": stretch.stop,
        "clips": round(clips, 4),
    }
