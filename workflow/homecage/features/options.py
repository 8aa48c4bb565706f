"""Which representations there are, and their options."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from homecage.options import Options, Precision


@dataclass(frozen=True)
class Representation:
    """What the plan of an experiment must know of a representation: an array of a store."""

    store: str
    """The folder of its stores, in ``results/features``."""
    array: str = "x"
    """``x``, or ``probability``: those of the store's own, which a method may predict by without a model;
    to a model they are shown as their logarithms."""
    learned: str | None = None
    """What must be learned before, by the folder of its ``model.safetensors`` in ``results``; where each
    fold has a convnet of its own, this too is learned and kept for each fold."""

    @property
    def predicts(self) -> bool:
        """Whether it says itself what each clip shows."""
        return self.array == "probability"


REPRESENTATIONS = {
    "fc6": Representation("fc6", learned="convnet"),
    "fc8": Representation("fc6", "probability", learned="convnet"),
    "fc6-2d": Representation("fc6-2d", learned="convnet-2d"),
    "motion": Representation("motion"),
    "jhuang": Representation("jhuang", learned="templates"),
    "cuboids": Representation("cuboids", learned="vocabulary"),
    "encoder": Representation("encoder"),
}
"""By name. One more is a line here, a module in this room with its verb, and a rule."""


class Fc6Options(Options):
    """How fc6 is computed; none of it changes what it is beyond rounding."""

    batch_size: int | None = Field(None, ge=1, le=4096)
    """Clips computed at once; null: 64 on a GPU, 16 on a CPU."""
    engine: Literal["auto", "openvino", "torch", "plain"] = "auto"
    """openvino: what clips share is computed once, on a CPU; torch: the same in PyTorch, for a GPU;
    plain: each clip by itself. auto: whichever suits the device; plain where clips do not overlap."""
    precision: Precision = "auto"
    """auto: bfloat16 where the device is fast in it (a GPU, a CPU with AMX, AMD's with AVX512-BF16), else
    float32."""


Share = Annotated[float, Field(ge=0, le=1)]
"""Of the whole: of a frame's width or height, of the full range of a color."""
Speed = Annotated[float, Field(gt=0, le=256)]
"""In pixels a frame."""


class JhuangOptions(Options):
    """Position, velocity and motion features after Jhuang et al. (2010)."""

    feeder: tuple[Share, Share] | None = None
    """The feeder's x and y, as shares of the frame's width and height from its top left corner; null:
    not known, and the distances from the four sides of the frame stand in for that from the feeder."""
    wavelength_px: float = Field(8.0, ge=2, le=512)
    """Of the moving stripes that the filters see best, in pixels of the decoded frames. Source: our
    choice."""
    speeds_px: tuple[Speed, Speed, Speed] = (1.0, 2.0, 3.0)
    """The three speeds, in pixels a frame; less than half of the wavelength. The wavelength over the clip's
    length is the slowest that filters of a clip's length tell from rest. Source: three speeds and four
    directions, Jhuang et al.; their values, our choice."""
    pool_px: int = Field(8, ge=1, le=512)
    """Side of the cells, overlapping by half, of each of which the largest response is kept. Source:
    Jhuang et al. (2007)."""
    templates: int = Field(300, ge=1, le=10_000)
    """Pieces of the training clips' motion that a clip is compared with. Source: 310 features with ten of
    position and velocity, Jhuang et al. (2010)."""
    template_cells: int = Field(4, ge=1, le=512)
    """Side of a template, in cells. Source: the smallest of Jhuang et al. (2007)."""

    @model_validator(mode="after")
    def _check_speeds(self) -> Self:
        if max(self.speeds_px) >= self.wavelength_px / 2:
            raise ValueError(
                f"speeds_px: found {list(self.speeds_px)}; expected speeds below half of the "
                f"wavelength, {self.wavelength_px / 2:g} pixels a frame: faster stripes seem to go back"
            )
        return self


class CuboidOptions(Options):
    """Counts of kinds of interest points, after Dollar et al. (2005)."""

    sigma_px: float = Field(2.0, ge=0.5, le=64)
    """Size of an interest point in space, in pixels of the decoded frames. Source: Dollar et al."""
    tau: float = Field(2.5, ge=1.5, le=100)
    """Its duration, in frames: the best seen changes are those that come and go within 1.6 times as many.
    Source: Dollar et al."""
    points_per_frame: float = Field(1.0, ge=0.001, le=100)
    """Interest points in a frame of the training clips, on average; the strength that it takes holds for
    all videos. Source: our choice."""
    components: int = Field(100, ge=1, le=10_000)
    """Principal components of the gradient around a point. Source: our choice."""
    words: int = Field(250, ge=2, le=10_000)
    """Kinds of points. Source: the size that Dollar et al. use most."""
    window: int = Field(31, ge=1, le=10_000)
    """Frames, around the one that labels a clip, whose points are counted: about a second; a clip itself
    holds too few. Source: our choice."""


Divisor = Annotated[float, Field(ge=0.001, le=1000)]
"""Of a color."""


class EncoderOptions(Options):
    """A frozen image encoder, such as DINOv2; values other than its file are those of DINOv2."""

    file: Path | None = None
    """The ONNX file, weights included, relative to the working directory: made of frames (any number, 3,
    size_px, size_px), it gives a vector of each. null: none, and no method may look at encoder."""
    size_px: int = Field(224, ge=1, le=2048)
    """Height and width of the images that it takes; frames are resized."""
    mean: tuple[Share, Share, Share] = (0.485, 0.456, 0.406)
    """What is taken off red, green and blue, as shares of full range."""
    scale: tuple[Divisor, Divisor, Divisor] = (0.229, 0.224, 0.225)
    """What they are divided by after that."""
    batch_size: int = Field(16, ge=1, le=4096)
    """Frames computed at once."""
    precision: Precision = "auto"
    """auto: bfloat16 where the processor is fast in it (AMX, AMD's AVX512-BF16), else float32."""


class FeatureOptions(Options):
    """The representations that have something to choose."""

    fc6: Fc6Options = Fc6Options()
    jhuang: JhuangOptions = JhuangOptions()
    cuboids: CuboidOptions = CuboidOptions()
    encoder: EncoderOptions = EncoderOptions()
