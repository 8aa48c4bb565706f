"""Options that say which data set the experiment runs on."""

from pathlib import Path
from typing import Literal

from pydantic import field_validator, model_validator

from homecage.options import Options


class DatasetOptions(Options):
    """The data set: its layout on disk and where it is."""

    layout: Literal["simulated", "mit", "sheets"] = "simulated"
    """``simulated``: made by the workflow itself; ``mit``: the folders of the MIT home-cage data set
    (Jhuang et al. 2010); ``sheets``: a lab's own videos, listed in ``videos.tsv`` and ``clips.tsv``."""
    root: Path | None = None
    """The data set's folder, relative to the working directory; none for ``simulated``."""

    @field_validator("root", mode="before")
    @classmethod
    def _parse_none(cls, root: object) -> object:
        # Snakemake's --config hands every scalar over as a string.
        return None if root in ("", "null", "~") else root

    @model_validator(mode="after")
    def _check_root(self) -> "DatasetOptions":
        if self.layout == "simulated" and self.root is not None:
            raise ValueError("layout 'simulated' takes no root: the workflow writes that data set")
        if self.layout != "simulated" and self.root is None:
            raise ValueError(f"layout {self.layout!r} needs root: the data set's folder")
        return self
