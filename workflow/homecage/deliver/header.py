"""What a bundle says of itself: all that is needed to use what was learned, and to judge it."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from homecage.clips.options import ClipGeometry
from homecage.convnet.options import NetworkOptions
from homecage.deliver.bundled import BUNDLED
from homecage.features.motion import NAMES as MOTION
from homecage.frames.options import FramesOptions
from homecage.sequence.decoding import Calibration
from homecage.sequence.options import DecodingOptions

FORMAT = 1
"""The version of what follows; a bundle of another one is refused."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class LearnedVideo(_Part):
    """A video that was learned from."""

    name: str
    sha256: str | None
    """Of the file."""
    annotation_sha256: str
    """Of annotator 1's file."""
    n_frames: int
    rate_fps: float | None
    crop: str | None = None
    """The part of the picture that was used, as the study's sheet has it; None: all of it."""


class LearnedClips(_Part):
    """A folder of clips that the convnet learned from."""

    folder: str
    n_clips: int
    sha256: str
    """Of the clips' own SHA-256, in order, each with a line break."""


class LearnedModel(_Part):
    """The model over representations; its tensors begin with ``model.``."""

    kind: str
    shape: dict[str, Any]
    """What rebuilds it around its tensors."""
    options: dict[str, Any]
    """How it was trained."""
    epochs: int | None
    """Passes over the training videos: the median of what the folds kept; None where it learns in one."""
    calibration: Calibration
    """What decoding uses, found in what the folds' models say of videos that they had not learned from."""


class Score(_Part):
    """A score of the method when each video was held out in turn; bounds are of its 95 % interval."""

    frames_of: str
    measure: str
    average: str
    value: float | None
    low: float | None
    high: float | None


class Drawn(_Part):
    """What is drawn again, all of its videos together, for the intervals of scores on some frames."""

    frames_of: str
    unit: str
    """video, or the column of the study's sheet that the folds do not divide."""
    n_units: int


class BehaviorScore(_Part):
    """How a behavior was found when each video was held out in turn."""

    frames_of: str
    behavior: str
    recall: float | None
    precision: float | None
    f1: float | None
    support: int
    """Its frames."""


class Header(_Part):
    """A bundle's header."""

    kind: Literal["bundle"] = "bundle"
    format: int = FORMAT
    method: str
    title: str
    data: str
    """What it learned from, in words."""
    simulated: bool
    """Whether no animal was filmed."""
    behaviors: tuple[str, ...] = Field(min_length=2)
    """In the order of every probability."""
    colors: dict[str, str]
    rate_fps: float = Field(gt=0)
    """Frames a second of the videos that were learned from: their median."""
    frames: FramesOptions
    """How videos become frames."""
    geometry: ClipGeometry
    representations: tuple[str, ...] = Field(min_length=1)
    """What the model looks at, side by side; without one, what predicts."""
    convnet: NetworkOptions | None
    """The shape of the convnet, whose tensors begin with ``convnet.``."""
    model: LearnedModel | None
    decoding: DecodingOptions
    videos: tuple[LearnedVideo, ...]
    """That the model, or the convnet of a fold, learned from."""
    clips: tuple[LearnedClips, ...]
    """That the convnet learned from."""
    held_out: str
    """How scores were made, in words."""
    scores: tuple[Score, ...]
    per_behavior: tuple[BehaviorScore, ...]
    drawn: tuple[Drawn, ...] = ()
    license: str | None
    made_with: dict[str, str]
    """Versions."""

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if unknown := sorted(set(self.representations) - set(BUNDLED)):
            raise ValueError(
                f"looks at {', '.join(unknown)}; expected some of: {', '.join(BUNDLED)}"
            )
        if (self.convnet is None) != (not self.uses_convnet):
            raise ValueError("fc6 and fc8 need a convnet, and nothing else does")
        if self.model is None and self.representations != ("fc8",):
            raise ValueError("without a model it must look at fc8 alone")
        return self

    @property
    def crops(self) -> list[str]:
        """The parts of pictures that were used, where of all videos only a part was."""
        crops = [video.crop for video in self.videos]
        return sorted({crop for crop in crops if crop}) if all(crops) else []

    @property
    def widths(self) -> dict[str, int]:
        """The representations, and the numbers of a clip that each has."""
        known = {"fc8": len(self.behaviors), "motion": len(MOTION)}
        if self.convnet:
            known["fc6"] = self.convnet.descriptor
        return {name: known[name] for name in self.representations}

    @property
    def uses_convnet(self) -> bool:
        """Whether it looks at a convnet's descriptors."""
        return bool({"fc6", "fc8"} & set(self.representations))


def explain(errors: list[Mapping[str, Any]]) -> str:
    """Say in one line what is wrong with a header."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'the whole'}: {error['msg']}" for error in errors
    )
