"""Cutting the clipped database: a seeded plan of training and test clips, written to a file.

Source clips are split before any cutting, so no frame is on both sides. Training clips are evened
between behaviors as in the paper: sources of rarer behaviors are cut into more densely overlapping
clips, with random brightness and contrast.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from homecage.clips.options import BalanceOptions, ClipOptions
from homecage.errors import DatasetError
from homecage.storage.publish import publish
from homecage.storage.stores import open_store
from homecage.study.behaviors import BEHAVIORS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceClip:
    """One file of the clipped database: where its frames lie in its folder's clip store."""

    folder: str
    name: str
    behavior: str
    offset: int
    length: int


def balance_clips(
    *,
    clips: list[Path],
    geometry: ClipOptions,
    options: BalanceOptions,
    seed: int,
    plan: Path,
    counts: Path,
) -> None:
    """Write the plan (one row a clip) and its counts (one row a behavior).

    Args:
        clips: clip stores, one a folder of the clipped database.
        geometry: length of a clip in frames.
        options: split and balance.
        seed: of the split, the cuts and the brightness and contrast.
        plan: TSV with folder, clip, behavior, side, start (frame in the folder's store),
            brightness (added, of full range 1) and contrast (factor).
        counts: TSV with source clips, those too short, frames, training and test clips.

    Raises:
        DatasetError: no source clip is long enough to train on.
    """
    sources = [source for path in clips for source in read_sources(path)]
    usable = [source for source in sources if source.length >= geometry.length]
    if not usable:
        raise DatasetError(
            [
                f"none of the {len(sources)} clips has the {geometry.length} frames of a training clip"
            ]
        )
    rng = np.random.default_rng(seed)
    sides = split_sources(usable, options.test_fraction, rng)
    train = cut_train(sides["train"], geometry.length, options, rng)
    table = pd.DataFrame(train + cut_test(sides["test"], geometry.length))
    with publish(plan) as temporary:
        table.to_csv(temporary, sep="\t", index=False)
    summary = _count(sources, usable, table)
    with publish(counts) as temporary:
        summary.to_csv(temporary, sep="\t", index=False)
    logger.info(
        "%d training and %d test clips from %d source clips (%d too short)",
        (table["side"] == "train").sum(),
        (table["side"] == "test").sum(),
        len(sources),
        len(sources) - len(usable),
    )


def read_sources(path: Path) -> list[SourceClip]:
    """List the source clips in the store of one folder."""
    store = open_store(path, kind="clips")
    return [
        SourceClip(path.stem, name, behavior, int(offset), int(length))
        for name, behavior, offset, length in zip(
            store.attributes["name"],
            store.attributes["behavior"],
            store["offset"][:],
            store["length"][:],
            strict=True,
        )
    ]


def split_sources(
    sources: list[SourceClip], test_fraction: float, rng: np.random.Generator
) -> dict[str, list[SourceClip]]:
    """Split source clips into train and test, each behavior by itself.

    A behavior with a single source clip is trained on and not tested.
    """
    sides: dict[str, list[SourceClip]] = {"train": [], "test": []}
    for behavior in BEHAVIORS:
        own = [source for source in sources if source.behavior == behavior]
        order = rng.permutation(len(own))
        n_test = max(1, round(test_fraction * len(own))) if len(own) > 1 else 0
        sides["test"] += [own[i] for i in sorted(order[:n_test])]
        sides["train"] += [own[i] for i in sorted(order[n_test:])]
    return sides


def cut_test(sources: list[SourceClip], length: int) -> list[dict[str, object]]:
    """Cut test clips of ``length`` frames: they do not overlap and are not altered."""
    return [
        _row(source, "test", start, brightness=0.0, contrast=1.0)
        for source in sources
        for start in starts_in(source, length, step=length)
    ]


def cut_train(
    sources: list[SourceClip], length: int, options: BalanceOptions, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Cut the same number of training clips of ``length`` frames for each behavior there is.

    The commonest behavior is cut without overlap; the rarer one is, the more densely, down to a
    clip at every frame, which are then repeated as often as it takes. Brightness and contrast
    change at random for all behaviors alike: altering the rarer ones alone would be a cue.
    """
    sources_of = {
        behavior: [source for source in sources if source.behavior == behavior]
        for behavior in BEHAVIORS
    }
    target = options.clips_per_behavior or max(
        sum(len(starts_in(source, length, step=length)) for source in own)
        for own in sources_of.values()
    )
    rows = []
    for own in filter(None, sources_of.values()):
        for step in range(length, 0, -1):
            pool = [(source, start) for source in own for start in starts_in(source, length, step)]
            if len(pool) >= target:
                break
        picks = np.concatenate([rng.permutation(len(pool)) for _ in range(-(-target // len(pool)))])
        for source, start in (pool[i] for i in picks[:target]):
            brightness = rng.uniform(-options.brightness, options.brightness)
            contrast = rng.uniform(1 - options.contrast, 1 + options.contrast)
            rows.append(_row(source, "train", start, brightness, contrast))
    return rows


def starts_in(source: SourceClip, length: int, step: int) -> range:
    """Return the first frames, in the folder's store, of clips cut every ``step`` frames."""
    return range(source.offset, source.offset + source.length - length + 1, step)


def _row(
    source: SourceClip, side: str, start: int, brightness: float, contrast: float
) -> dict[str, object]:
    return {
        "folder": source.folder,
        "clip": source.name,
        "behavior": source.behavior,
        "side": side,
        "start": start,
        "brightness": round(brightness, 4),
        "contrast": round(contrast, 4),
    }


def _count(sources: list[SourceClip], usable: list[SourceClip], plan: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for behavior in BEHAVIORS:
        own = [source for source in sources if source.behavior == behavior]
        long_enough = [source for source in usable if source.behavior == behavior]
        planned = plan[plan["behavior"] == behavior]
        train = planned[planned["side"] == "train"]
        rows.append(
            {
                "behavior": behavior,
                "source_clips": len(own),
                "too_short": len(own) - len(long_enough),
                "frames": sum(source.length for source in own),
                "train_sources": train[["folder", "clip"]].drop_duplicates().shape[0],
                "train_clips": len(train),
                "train_clips_distinct": train[["folder", "start"]].drop_duplicates().shape[0],
                "test_clips": int((planned["side"] == "test").sum()),
            }
        )
    return pd.DataFrame(rows)
