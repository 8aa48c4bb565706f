"""Options of bundles, and of the videos that one annotates."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from homecage.errors import ConfigError
from homecage.options import Options
from homecage.study.crop import parse_crop


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
