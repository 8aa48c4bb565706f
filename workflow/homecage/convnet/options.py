"""Options of the convnet and its training."""

from typing import Annotated, Literal

from pydantic import Field

from homecage.options import Options, Precision

Channels = Annotated[int, Field(ge=1, le=1024)]
"""Of one layer."""


class NetworkOptions(Options):
    """The shape of the convnet. It also depends on the clip length and the frame size."""

    input: Literal["rgb", "gray+difference"] = "rgb"
    """What it sees of a frame. rgb: its colors; gray+difference: its gray, and the difference from
    the gray of the frame before, four times. Source: paper (rgb); the other is our choice."""
    channels: tuple[Channels, Channels, Channels, Channels, Channels] = (64, 128, 256, 256, 256)
    """Output channels of conv1 to conv5. Source: the C3D UCF101 training example."""
    descriptor: int = Field(2048, ge=1, le=16_384)
    """Units of fc6 (the descriptor, D) and of fc7. Source: paper."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7. Source: the C3D UCF101 training example."""
    initialization: Literal["he", "c3d"] = "he"
    """he: He et al. (2015); c3d: Gaussian with the widths and biases of the C3D UCF101 training
    example, for pixel_scale 1; not seen to train here, neither with SGD nor with AdamW, a warm-up
    and float32 (docs/method.md). Source: the paper does not say; our choice."""
    pixel_scale: float = Field(64.0, ge=0.1, le=1000)
    """Pixels are divided by this after the channel mean is subtracted; He initialization expects
    values of order 1: about 64. C3D does not divide: 1. Source: our choice."""

    @property
    def frames_before(self) -> int:
        """The frames before a clip that its first frame is compared with."""
        return int(self.input == "gray+difference")


class AugmentOptions(Options):
    """How a training clip is altered, at random and anew each time that it is presented."""

    brightness: float = Field(0.2, ge=0, lt=1)
    """Largest change of brightness, as a share of the full range. Source: the paper changes it; the
    number is our choice."""
    contrast: float = Field(0.2, ge=0, lt=1)
    """Largest relative change of contrast. Source: the paper changes it; the number is our choice."""
    shift: float = Field(0.0, ge=0, lt=1)
    """Largest shift in height and in width, as a share of the frame. Source: our choice."""
    zoom: float = Field(0.0, ge=0, lt=1)
    """Largest relative change of size. Source: our choice."""
    mirror: bool = False
    """Whether every other presentation, at random, swaps left and right: for cages whose feeder and spout
    are not all on the same sides. Source: our choice; C3D mirrors, of the paper nothing is known."""


class ConvnetOptions(Options):
    """The convnet's training."""

    trained_on: Literal["clips", "fold"] = "clips"
    """clips: one convnet for all folds, from the clipped database; fold: one for each fold, from
    the bouts of its training videos, so that it has seen no frame of the others. Source: the paper
    has one, from the clipped database; a convnet for each fold is our choice."""
    epochs: int = Field(15, ge=1, le=10_000)
    """Epochs, each of as many clips of every behavior (balance.clips_per_behavior). Source: paper."""
    batch_size: int = Field(32, ge=1, le=4096)
    """Clips in a batch. Source: paper."""
    optimizer: Literal["sgd", "adamw"] = "sgd"
    """sgd: stochastic gradient descent, whose rate drops in steps; adamw: Loshchilov & Hutter
    (2019), whose rate falls to 0 along a half cosine. Source: paper (sgd)."""
    learning_rate: float = Field(0.002, ge=1e-7, le=10)
    """Learning rate, after the warm-up and before it falls. Source: paper."""
    warm_up: float = Field(0.0, ge=0, lt=1)
    """Share of the training in which the rate rises from 0. Source: our choice."""
    learning_rate_drop: float = Field(0.1, gt=0, le=1)
    """Of sgd: factor on the learning rate at each drop. Source: paper."""
    learning_rate_drop_epochs: int = Field(3, ge=1, le=10_000)
    """Of sgd: epochs between drops. Source: paper."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum; of adamw, the first of its two betas. Source: the C3D UCF101 training example."""
    weight_decay: float = Field(0.005, ge=0, le=1)
    """Weight decay, on weights and not on biases. Source: the C3D UCF101 training example."""
    precision: Precision = "auto"
    """Of the layers' arithmetic; weights are float32. auto: bfloat16 where the device is fast
    in it (a GPU, a CPU with AMX, AMD's with AVX512-BF16), else float32. Source: our choice."""
