"""What of a file of annotations a video's line in the sheet means, where the file holds more than that."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from homecage.options import Options


class Choice(Options):
    """Which of a file's annotations are of a video by an annotator.

    A lab names them in further columns of ``videos.tsv``: ``observation``, ``subject`` and
    ``annotator_1_name``; ``annotator_1_subject`` and ``annotator_1_observation`` where they are not the
    same for both annotators.
    """

    annotates: str = "annotator_1"
    """Whether it is to be annotator_1's or annotator_2's."""
    video: tuple[str, ...] = ()
    """The names that the video has: its own, and its file's, without the suffix."""
    observation: str | None = None
    """None where no column names one."""
    subject: str | None = None
    annotator: str | None = None

    def means(self, name: str) -> bool:
        """Tell whether a name is this video's."""
        return name.strip().casefold() in {own.casefold() for own in self.video}

    def column_of(self, kind: str) -> str:
        """Return the column in which an ``observation``, ``subject`` or ``annotator`` is named."""
        return f"{self.annotates}_name" if kind == "annotator" else kind


def make_choice(annotator: str, name: str, path: str | Path, columns: Mapping[str, str]) -> Choice:
    """Return what the columns of a video's line say of an annotator's file; empty cells say nothing."""

    def find(names: Iterable[str]) -> str | None:
        return next((cell for column in names if (cell := columns.get(column, ""))), None)

    return Choice(
        annotates=annotator,
        video=tuple(dict.fromkeys((name, Path(path).stem, Path(path).name))),
        observation=find((f"{annotator}_observation", "observation")),
        subject=find((f"{annotator}_subject", "subject")),
        annotator=find((f"{annotator}_name",)),
    )
