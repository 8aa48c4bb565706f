"""Options of the convnet and its training."""

from typing import Literal

from pydantic import Field

from homecage.options import Options, Precision


class NetworkOptions(Options):
    """The shape of the convnet. It also depends on the clip length and the frame size."""

    channels: tuple[int, int, int, int, int] = (64, 128, 256, 256, 256)
    """Output channels of conv1 to conv5. Source: the C3D UCF101 training example."""
    descriptor: int = Field(2048, ge=1)
    """Units of fc6 (the descriptor, D) and of fc7. Source: paper."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout after fc6 and fc7. Source: the C3D UCF101 training example."""
    initialization: Literal["c3d", "he"] = "c3d"
    """c3d: Gaussian with the widths and biases of the C3D UCF101 training example; he: He et al.
    (2015). Source: C3D; the paper does not say."""
    pixel_scale: float = Field(1.0, gt=0)
    """Pixels are divided by this after the channel mean is subtracted; He initialization expects
    values of order 1: about 64. Source: C3D, which does not divide; the paper does not say."""


class ConvnetOptions(Options):
    """Stochastic gradient descent on the balanced clips."""

    trained_on: Literal["clips", "fold"] = "clips"
    """clips: one convnet for all folds, from the clipped database; fold: one for each fold, from
    the bouts of its training videos, so that it has seen no frame of the others. Source: the paper
    has one, from the clipped database; a convnet for each fold is our choice."""
    epochs: int = Field(15, ge=1)
    """Passes over the training clips. Source: paper."""
    batch_size: int = Field(32, ge=1)
    """Clips in a batch. Source: paper."""
    learning_rate: float = Field(0.002, gt=0)
    """Initial learning rate. Source: paper."""
    learning_rate_drop: float = Field(0.1, gt=0, le=1)
    """Factor on the learning rate at each drop. Source: paper."""
    learning_rate_drop_epochs: int = Field(3, ge=1)
    """Epochs between drops. Source: paper."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum. Source: the C3D UCF101 training example."""
    weight_decay: float = Field(0.005, ge=0)
    """Weight decay, on weights and not on biases. Source: the C3D UCF101 training example."""
    precision: Precision = "auto"
    """Of the layers' arithmetic; weights are float32. auto: bfloat16 where the device multiplies
    matrices in it (a GPU, a CPU with AMX), else float32. Source: our choice."""
