"""A verdict on each file of a study, in plain words, and the table of all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from homecage.frames.raw import RawFile
from homecage.storage.tables import write_tsv

Kind = Literal["study", "video", "clip", "annotation", "run"]

NO_FILES = ("study", "run")
"""Kinds of verdicts that are on no file, and count as none."""

_WORDS = {"error": "refused", "set_aside": "set aside", "warning": "with warnings", "ok": "sound"}
"""What files are called in counts; the worst first."""
_COLUMNS = ["verdict", "kind", "path", "n_frames", "n_frames_stated", "held_against", "what"]


@dataclass(frozen=True)
class Verdict:
    """What was found of a file; of a study, what no single file is to blame for."""

    kind: Kind
    path: str
    """Of the file; of a study, and of the run that follows, nothing."""
    problems: Sequence[str] = ()
    """Why nothing may be learned while it is in the study, each with the place."""
    warnings: Sequence[str] = ()
    """What is unusual about it, and is used as it is."""
    file: RawFile | None = None
    """What decoding found in it."""
    notes: Sequence[str] = ()
    """What to know of it besides."""
    aside: bool = False
    """Whether it was set aside by an earlier check, so that this one has not looked at it."""

    @property
    def verdict(self) -> str:
        """error, set_aside, warning or ok."""
        if self.aside:
            return "set_aside"
        return "error" if self.problems else "warning" if self.warnings else "ok"

    @property
    def said(self) -> list[str]:
        """All that is to be said of the file, without its path."""
        texts = [*self.problems, *self.warnings, *self.notes]
        return [text.removeprefix(self.path).lstrip(":, ") if self.path else text for text in texts]

    @property
    def what(self) -> str:
        """All of it in a line."""
        return " ".join("; ".join(self.said).split())


def write_verdicts(path: Path, verdicts: Iterable[Verdict]) -> None:
    """Write a table of verdicts: errors first, then files set aside, then warnings."""
    rows = [
        {
            "verdict": one.verdict,
            "kind": one.kind,
            "path": one.path,
            "n_frames": one.file.n_frames if one.file else None,
            "n_frames_stated": one.file.n_frames_stated if one.file else None,
            "held_against": one.file.held_against if one.file else None,
            "what": one.what,
        }
        for one in sort_verdicts(verdicts)
    ]
    write_tsv(path, pd.DataFrame(rows, columns=_COLUMNS, dtype=object))


def sort_verdicts(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return errors first, then files set aside, then warnings, in the study's order otherwise."""
    return sorted(verdicts, key=lambda one: list(_WORDS).index(one.verdict))


def count_files(found: Iterable[tuple[str, str]]) -> str:
    """Say how many files were found to be what, by the kind and the verdict of each line of the table."""
    files = Counter(verdict for kind, verdict in found if kind not in NO_FILES)
    counts = ", ".join(f"{files[one]} {words}" for one, words in _WORDS.items() if files[one])
    total = f"{files.total()} file{'s' * (files.total() != 1)}"
    return f"{total}: {counts}" if counts else total
