"""Options that say which files a study is made of, and how its videos are divided into folds."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from homecage.options import Options


class DatasetOptions(Options):
    """Where the study's files are, and how they lie there."""

    layout: Literal["simulated", "mit", "sheets"] = "simulated"
    """simulated: made by the workflow itself; mit: the folders of the MIT home-cage data set (Jhuang et
    al. 2010); sheets: a lab's own videos, listed in videos.tsv and, where there are clips, clips.tsv."""
    root: Path | None = None
    """The folder that holds them, relative to the working directory; none for simulated."""
    corrections: Path = Path("corrections")
    """A folder of corrected annotations, relative to the working directory, which need not be there: each
    file is annotator 1's of the video that it is called as, in place of any other."""

    @model_validator(mode="after")
    def _check_root(self) -> Self:
        if self.layout == "simulated" and self.root is not None:
            raise ValueError("layout 'simulated' takes no root: the workflow writes that data set")
        if self.layout != "simulated" and self.root is None:
            raise ValueError(f"layout {self.layout!r} needs root: the data set's folder")
        return self


class FoldOptions(Options):
    """How the videos are divided: each fold holds some out, and learns from others."""

    by: str = "video"
    """What is never divided: video, or any column of videos.tsv, such as animal or cage: all videos with
    the same entry are held out together, or validate or train together. Source: the paper leaves one
    video out."""
    number: int | None = Field(None, ge=2, le=10_000)
    """Folds; null: one for each video or group, as in the paper."""
    validation: int = Field(2, ge=1, le=10_000)
    """Videos or groups of each fold kept aside to stop training in time. Source: our choice."""
