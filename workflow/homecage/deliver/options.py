"""Options of exports, of bundles, and of the videos that one annotates."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from homecage.errors import ConfigError
from homecage.options import Options
from homecage.study.crop import parse_crop

Form = Literal["tables", "frames", "boris", "one_hot", "nwb", "overlay"]
"""A kind of file that is made for each video of a method."""


class ExportOptions(Options):
    """Results in the form that other programs take (docs/exports.md)."""

    forms: tuple[Form, ...] = ()
    """What every run makes for each video, besides the tables of all videos: tables (bouts, time budgets,
    transitions), frames (frame by frame, Parquet and CSV), boris (a BORIS project), one_hot (DeepEthogram,
    SimBA), nwb (needs the extra homecage[nwb]), overlay (a video). One file alone: name it to Snakemake."""
    methods: tuple[str, ...] | None = Field(None, min_length=1)
    """Of which methods it makes them; null: of all."""
    min_bout_s: float | None = Field(None, gt=0, le=3600)
    """Bouts shorter than this, in seconds, go to a neighbor, in everything that is exported and nowhere
    else; null: none do."""
    bin_s: float = Field(300.0, ge=1, le=31_536_000)
    """Width of the bins of the time budget by bin, in seconds from the first frame."""
    overlay_s: float = Field(10.0, ge=1, le=3600)
    """How much time the strips of the overlay video show, in seconds; now is in their middle."""


class BundleOptions(Options):
    """What a bundle says beside what was learned: results/bundle/{method}.safetensors, made on request."""

    license: str | None = Field(None, min_length=1)
    """Under which others may use it, as CC-BY-4.0; null: none is stated, so nobody else may."""


class AnnotateOptions(Options):
    """Which new videos the rule annotated scores, by which bundle; on request only."""

    videos: Path | None = None
    """The folder that holds them, relative to the working directory; null: none."""
    bundle: Path | None = None
    """The bundle: a file ending in .safetensors; null: none."""
    crop: str | None = None
    """The part of each picture that is used, x,y,width,height in pixels of the upright frame; null: all."""
    resample: bool = False
    """Whether videos of another frame rate than the bundle learned from are shown to it at its own."""
    on_decode_error: Literal["refuse", "warn"] = "refuse"
    """What to do with a damaged video: refuse it, or warn and use the frames that could be decoded."""

    @model_validator(mode="after")
    def _check_bundle(self) -> Self:
        if self.videos is not None and self.bundle is None:
            raise ValueError("videos need a bundle to be annotated by; found bundle: null")
        if self.crop is not None:
            try:
                parse_crop(self.crop)
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return self
