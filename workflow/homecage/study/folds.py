"""Folds: which videos each one holds out, which stop its training in time, and which train."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from homecage.errors import ConfigError, StudyError
from homecage.study.names import find_unsafe, safe_name
from homecage.study.options import FoldOptions
from homecage.study.study import Video


@dataclass(frozen=True)
class Fold:
    """One fold: its name on disk, and its videos by their keys; no video has two roles."""

    name: str
    held_out: tuple[str, ...]
    validation: tuple[str, ...]
    training: tuple[str, ...]

    def limit(self, labeled_videos: int | None, seed: int) -> "Fold":
        """Return the fold with so many validation and training videos; those of fewer are among them.

        Raises:
            ConfigError: none would be left to train on, or there are not so many.
        """
        if labeled_videos is None:
            return self
        least, most = len(self.validation) + 1, len(self.validation) + len(self.training)
        if not least <= labeled_videos <= most:
            raise ConfigError(
                f"methods: labeled_videos: found {labeled_videos}; fold {self.name} has {most} labeled "
                f"videos, of which {len(self.validation)} stop the training (folds.validation): "
                f"expected {least} to {most}"
            )
        shuffled = np.random.default_rng(seed).permutation(len(self.training))
        kept = sorted(shuffled[: labeled_videos - len(self.validation)])
        return replace(self, training=tuple(self.training[i] for i in kept))


def plan_folds(videos: tuple[Video, ...], options: FoldOptions, seed: int) -> tuple[Fold, ...]:
    """Divide the videos into folds; those of one group (an animal, a cage) always stay together.

    Groups stand in a seeded circle, which is cut into as many arcs as there are folds: each fold holds
    one arc out, and the groups that follow it validate. So each group is held out once, and validates
    about as often as any other. A fold of one group bears its name, others are numbered.

    Raises:
        ConfigError: no such column, or too few groups.
        StudyError: a video is in no group, or two spellings look like one group.
    """
    groups = group_videos(videos, options.by)
    names = sorted(groups)
    number = options.number or len(names)
    needed = max(number, options.validation + 2)
    if len(names) < needed or len(names) - -(-len(names) // number) <= options.validation:
        kind = "videos" if options.by == "video" else f"groups by {options.by!r}"
        raise ConfigError(
            f"folds: found {len(names)} {kind}; {number} folds that hold out one or more, keep "
            f"{options.validation} for validation (folds.validation) and train on the rest need {needed} "
            "or more; add videos, or lower folds.validation or folds.number"
        )
    circle = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    arcs = np.array_split(np.arange(len(circle)), number)
    width = len(str(number))
    folds = []
    for i, arc in enumerate(arcs):
        following = circle[arc[-1] + 1 :] + circle[: arc[0]]
        roles = (
            circle[arc[0] : arc[-1] + 1],
            following[: options.validation],
            following[options.validation :],
        )
        keys = (tuple(sorted(key for name in role for key in groups[name])) for role in roles)
        own = options.number is None
        folds.append(Fold(safe_name(roles[0][0]) if own else f"fold{i + 1:0{width}}", *keys))
    return tuple(sorted(folds, key=lambda fold: fold.name))


def hold_out_none(videos: tuple[Video, ...], folds: tuple[Fold, ...]) -> Fold:
    """Return what is trained to be given away: it learns from all videos, and bears no fold's name."""
    name, taken = "all", {fold.name for fold in folds}
    while name in taken:
        name += "_"
    return Fold(name, (), (), tuple(sorted(video.key for video in videos)))


def group_videos(videos: tuple[Video, ...], by: str) -> dict[str, list[str]]:
    """Return the keys of the videos of each group, by the group's name."""
    columns = {column for video in videos for column in video.columns}
    if by != "video" and by not in columns:
        known = ", ".join(["video", *sorted(columns)])
        raise ConfigError(
            f"folds.by: found {by!r}; expected one of: {known} (columns of videos.tsv)"
        )
    group_of = {v.key: v.name if by == "video" else v.columns[by] for v in videos}
    if missing := [video.name for video in videos if not group_of[video.key]]:
        raise StudyError(
            [f"{name}: nothing in column {by!r}, which folds.by asks for" for name in missing]
        )
    # "M1" and "m1" would be held out apart: the same animal, it seems, on both sides of a fold.
    spelled: dict[str, set[str]] = defaultdict(set)
    for group in group_of.values():
        spelled["".join(group.casefold().split()) if by != "video" else group].add(group)
    problems = [
        f"column {by!r}: {' and '.join(map(repr, sorted(same)))} look like one group, which would be on "
        "two sides of a fold; spell it one way"
        for same in spelled.values()
        if len(same) > 1
    ]
    if problems := problems or find_unsafe(sorted(set(group_of.values()))):
        raise StudyError(problems)
    groups: dict[str, list[str]] = defaultdict(list)
    for key, group in group_of.items():
        groups[group].append(key)
    return dict(groups)


def find_divided(videos: tuple[Video, ...], folds: tuple[Fold, ...], column: str) -> list[str]:
    """Return the entries of a column, such as animal, that a fold holds out and also learns from."""
    entry = {video.key: video.columns.get(column, "") for video in videos}
    divided = set()
    for fold in folds:
        held_out = {entry[key] for key in fold.held_out}
        divided |= held_out & {entry[key] for key in (*fold.training, *fold.validation)}
    return sorted(divided - {""})


def tabulate_folds(folds: tuple[Fold, ...]) -> str:
    """Return the plan of all folds, tab-separated: fold, video, role."""
    lines = ["fold\tvideo\trole"]
    for fold in folds:
        for role in ("held_out", "validation", "training"):
            lines += [f"{fold.name}\t{key}\t{role}" for key in getattr(fold, role)]
    return "\n".join(lines) + "\n"
