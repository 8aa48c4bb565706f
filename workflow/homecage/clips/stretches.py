"""Stretches: consecutive frames of one behavior, from which the convnet's clips are cut.

In the clipped database each clip is one; in annotated videos each bout is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from homecage.clips.bouts import find_bouts
from homecage.errors import StoreError
from homecage.storage.frame_tables import read_shown_annotation
from homecage.storage.stores import open_store
from homecage.storage.tables import read_tsv


@dataclass(frozen=True)
class Stretch:
    """Frames ``[start, stop)`` of a store, all of one behavior."""

    store: str
    name: str
    behavior: str
    start: int
    stop: int

    def cut(self, length: int, step: int) -> range:
        """Return the first frames of clips of this length that begin every ``step`` frames."""
        return range(self.start, self.stop - length + 1, step)


def read_behaviors(table: Path, behaviors: Sequence[str]) -> dict[str, str]:
    """Read the behavior of each clip, by its path, from the table of clips; empty: of none.

    Raises:
        StoreError: it is a table of other behaviors.
    """
    clips = read_tsv(table, text=True)
    if unknown := set(clips["behavior"]) - {*behaviors, ""}:
        raise StoreError(
            table,
            f"found the behavior {min(unknown)!r}, which is none of: {', '.join(behaviors)}",
        )
    return dict(zip(clips["path"], clips["behavior"], strict=True))


def list_clip_stretches(store: Path, behavior_of: Mapping[str, str]) -> list[Stretch]:
    """List the clips of a folder's store that have a behavior.

    Raises:
        StoreError: the store holds a clip that the table of clips does not list.
    """
    clips = open_store(store, kind="clips")
    names: list[str] = clips.attributes["path"]
    if unknown := [name for name in names if name not in behavior_of]:
        raise StoreError(store, f"holds {unknown[0]}, which is not in the table of clips")
    return [
        Stretch(store.stem, name, behavior_of[name], start, start + length)
        for name, start, length in zip(
            names, clips["offset"][:].tolist(), clips["length"][:].tolist(), strict=True
        )
        if behavior_of[name]
    ]


def list_bout_stretches(annotation: Path, behaviors: Sequence[str]) -> list[Stretch]:
    """List the bouts of an annotated video; its annotation is named like its store of frames."""
    codes = read_shown_annotation(annotation, behaviors)
    return [
        Stretch(annotation.stem, f"{start}-{stop}", behaviors[codes[start]], start, stop)
        for start, stop in zip(*(edges.tolist() for edges in find_bouts(codes)), strict=True)
    ]
