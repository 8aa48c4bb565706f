"""Options of the sequence model: its shape, its training and the inner validation."""

from pydantic import Field

from homecage.options import Options, Precision


class SequenceOptions(Options):
    """The LSTM over descriptors; one is trained for each held-out video."""

    layers: int = Field(3, ge=1)
    """Stacked LSTM layers. Source: paper."""
    units: int = Field(512, ge=1)
    """Units of each layer. Source: our choice."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout after each layer. Source: our choice."""
    window_clips: int = Field(225, ge=2)
    """Clips in a training window: 15 s at stride 2 and 30 frames/s. Source: our choice."""
    window_growth: float = Field(2.0, ge=1)
    """Windows after duplication of those with rare behaviors, as a multiple of before.
    Source: the paper duplicates; the number is our choice."""
    class_weight: float = Field(0.0, ge=0, le=1)
    """A labeled clip weighs one over its behavior's frequency to this power in the loss: 0, all the
    same, as in the paper; 1, all behaviors the same. Source: our choice."""
    batch_size: int = Field(16, ge=1)
    """Windows in a batch. Source: our choice."""
    learning_rate: float = Field(0.001, gt=0)
    """Adam's learning rate. Source: our choice."""
    gradient_norm: float = Field(1.0, gt=0)
    """Gradients are scaled down to this norm. Source: our choice."""
    epochs: int = Field(60, ge=1)
    """Most passes over the training windows. Source: our choice."""
    patience: int = Field(10, ge=1)
    """Passes without a better inner validation loss before training stops. Source: our choice."""
    validation_videos: int = Field(2, ge=1)
    """Training videos of each fold kept aside for early stopping. Source: our choice."""
    precision: Precision = "auto"
    """Of the matrix products in training; weights are float32. auto: bfloat16 where the device
    multiplies matrices in it (a GPU, a CPU with AMX), else float32. Source: our choice."""
