"""A seeded plan of the convnet's training and test clips, written to a file.

Stretches are divided between training and test before any cutting, so no frame is on both sides.
Training clips are evened between behaviors as in the paper: stretches of rarer behaviors are cut into
more densely overlapping clips, with random brightness and contrast.
"""

import logging
from collections.abc import Sequence
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
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)


def balance_clips(
    *,
    clips: list[Path] | None = None,
    table: Path | None = None,
    annotations: list[Path] | None = None,
    behaviors: list[str],
    geometry: ClipGeometry,
    options: BalanceOptions,
    seed: int,
    plan: Path,
    counts: Path,
) -> None:
    """Write the plan (one row a clip) and its counts (one row a behavior).

    Args:
        clips: stores of the clipped database, one a folder.
        table: its table of clips, which says their behaviors.
        annotations: those of the training videos, where there is no clipped database.
        behaviors: the K behaviors in order.
        geometry: length of a clip in frames.
        options: split and balance.
        seed: of the split, the cuts and the brightness and contrast.
        plan: TSV with store, stretch, behavior, side, start (frame in the store), brightness (added,
            of full range 1) and contrast (factor).
        counts: TSV with stretches, those too short, frames, training and test clips.

    Raises:
        StudyError: nothing is long enough to train on.
    """
    behavior_of = read_behaviors(table, behaviors) if table else {}
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
    rows = cut_train(train, behaviors, geometry.length, options, rng)
    cuts = pd.DataFrame(rows + cut_test(test, geometry.length))
    write_tsv(plan, cuts)
    write_tsv(counts, count_stretches(stretches, usable, behaviors, cuts))
    logger.info(
        "%d training and %d test clips from %d stretches (%d too short)",
        (cuts["side"] == "train").sum(),
        (cuts["side"] == "test").sum(),
        len(stretches),
        len(stretches) - len(usable),
    )


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


def cut_test(stretches: list[Stretch], length: int) -> list[dict[str, object]]:
    """Cut test clips of ``length`` frames: they do not overlap and are not altered."""
    return [
        _row(stretch, "test", start, brightness=0.0, contrast=1.0)
        for stretch in stretches
        for start in stretch.cut(length, step=length)
    ]


def cut_train(
    stretches: list[Stretch],
    behaviors: Sequence[str],
    length: int,
    options: BalanceOptions,
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    """Cut the same number of training clips of ``length`` frames for each behavior there is.

    The commonest behavior is cut without overlap; the rarer one is, the more densely, down to a
    clip at every frame, which are then repeated as often as it takes. Brightness and contrast
    change at random for all behaviors alike: altering the rarer ones alone would be a cue.
    """
    by_behavior = _group(stretches, behaviors)
    target = options.clips_per_behavior or max(
        sum(len(stretch.cut(length, step=length)) for stretch in own)
        for own in by_behavior.values()
    )
    rows = []
    for own in filter(None, by_behavior.values()):
        for step in range(length, 0, -1):
            pool = [(stretch, start) for stretch in own for start in stretch.cut(length, step)]
            if len(pool) >= target:
                break
        picks = np.concatenate([rng.permutation(len(pool)) for _ in range(-(-target // len(pool)))])
        for stretch, start in (pool[i] for i in picks[:target]):
            brightness = rng.uniform(-options.brightness, options.brightness)
            contrast = rng.uniform(1 - options.contrast, 1 + options.contrast)
            rows.append(_row(stretch, "train", start, brightness, contrast))
    return rows


def count_stretches(
    stretches: list[Stretch],
    usable: list[Stretch],
    behaviors: Sequence[str],
    plan: pd.DataFrame,
) -> pd.DataFrame:
    """Count, for each behavior, the stretches that there are and the clips that are cut from them."""
    rows = []
    long_enough = _group(usable, behaviors)
    for behavior, own in _group(stretches, behaviors).items():
        planned = plan[plan["behavior"] == behavior]
        train = planned[planned["side"] == "train"]
        rows.append(
            {
                "behavior": behavior,
                "stretches": len(own),
                "too_short": len(own) - len(long_enough[behavior]),
                "frames": sum(stretch.stop - stretch.start for stretch in own),
                "train_stretches": len(train[["store", "stretch"]].drop_duplicates()),
                "train_clips": len(train),
                "train_clips_distinct": len(train[["store", "start"]].drop_duplicates()),
                "test_clips": len(planned) - len(train),
            }
        )
    return pd.DataFrame(rows)


def _group(stretches: list[Stretch], behaviors: Sequence[str]) -> dict[str, list[Stretch]]:
    return {name: [own for own in stretches if own.behavior == name] for name in behaviors}


def _row(
    stretch: Stretch, side: str, start: int, brightness: float, contrast: float
) -> dict[str, object]:
    return {
        "store": stretch.store,
        "stretch": stretch.name,
        "behavior": stretch.behavior,
        "side": side,
        "start": start,
        "brightness": round(brightness, 4),
        "contrast": round(contrast, 4),
    }
