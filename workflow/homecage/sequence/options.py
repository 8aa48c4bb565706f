"""Options of the models that learn from descriptors; PyTorch, slow to load, is not needed to read them.

One more model is a module (``models.py`` says what it offers), a class here with its ``kind``, named in
``ModelOptions``, and its line in ``MODULES``.
"""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from homecage.options import Options


class TrainingOptions(Options):
    """How a network is trained by gradient, whatever it is made of."""

    kind: str
    """The model."""
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
    """Passes without a better validation loss before training stops. Source: our choice."""
    precision: Literal["auto", "float32", "float16"] = "auto"
    """Of the layers' arithmetic in training; weights are float32. float16 needs a GPU. auto: float16 on a
    GPU, else float32. Source: our choice."""


class LstmOptions(TrainingOptions):
    """Stacked LSTM layers, and a softmax at each clip."""

    kind: Literal["lstm", "bilstm"] = "lstm"
    """lstm: a clip is scored from itself and those before it; bilstm: from those after it as well.
    Source: paper (lstm)."""
    layers: int = Field(3, ge=1)
    """Stacked layers. Source: paper."""
    units: int = Field(512, ge=1)
    """Units of each layer, in each direction. Source: paper."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout after each layer. Source: our choice."""


ModelOptions = Annotated[LstmOptions, Field(discriminator="kind")]
"""The options of one model of any kind: their ``kind`` says which class they are."""


class AnyModel(RootModel[ModelOptions]):
    """The same, as the parameter of a verb."""


MODULES = {
    "lstm": "homecage.sequence.lstm",
    "bilstm": "homecage.sequence.bilstm",
}
"""The module of each kind of model, imported when it is used."""


def module_of(kind: str) -> str:
    """Return the name of the module that trains models of a kind and predicts with them."""
    return MODULES[kind]
