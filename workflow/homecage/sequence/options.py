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
    window_clips: int = Field(225, ge=2, le=100_000)
    """Clips in a training window: 15 s at stride 2 and 30 frames/s. Source: our choice."""
    window_growth: float = Field(2.0, ge=1, le=100)
    """Windows after duplication of those with rare behaviors, as a multiple of before.
    Source: the paper duplicates; the number is our choice."""
    class_weight: float = Field(0.0, ge=0, le=1)
    """A labeled clip weighs one over its behavior's frequency to this power in the loss: 0, all the
    same, as in the paper; 1, all behaviors the same. Source: our choice."""
    batch_size: int = Field(16, ge=1, le=4096)
    """Windows in a batch. Source: our choice."""
    learning_rate: float = Field(0.001, ge=1e-7, le=10)
    """Adam's learning rate. Source: our choice."""
    gradient_norm: float = Field(1.0, ge=1e-6, le=1e6)
    """Gradients are scaled down to this norm. Source: our choice."""
    epochs: int = Field(60, ge=1, le=10_000)
    """Most passes over the training windows. Source: our choice."""
    patience: int = Field(10, ge=1, le=10_000)
    """Passes without a better validation loss before training stops. Source: our choice."""
    random_phase: bool = True
    """Whether each pass cuts its windows elsewhere, by up to half a window: else what a network that looks
    back says of a clip depends on the clip's place in a window. Source: our choice."""
    refit: bool = False
    """Whether the validation videos, once they have said after how many passes to stop, are learned from
    too, by training anew for so many passes. Source: our choice."""
    precision: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Of the layers' arithmetic in training; weights are float32. float16 needs a GPU, bfloat16 a CPU.
    auto: float16 on a GPU, bfloat16 on a CPU that is fast in it (AMX, AMD's AVX512-BF16), else float32.
    Source: our choice."""


class LstmOptions(TrainingOptions):
    """Stacked LSTM layers, and a softmax at each clip."""

    kind: Literal["lstm", "bilstm", "shuffled-lstm"] = "lstm"
    """lstm: a clip is scored from itself and those before it; bilstm: from those after it as well;
    shuffled-lstm: a control, the clips of each video in random order. Source: paper (lstm)."""
    layers: int = Field(3, ge=1, le=16)
    """Stacked layers. Source: paper."""
    units: int = Field(512, ge=1, le=8192)
    """Units of each layer, in each direction. Source: paper."""
    dropout: float = Field(0.5, ge=0, lt=1)
    """Dropout after each layer. Source: our choice."""


class TcnOptions(TrainingOptions):
    """A network of dilated convolutions over time: a clip is scored from those around it."""

    kind: Literal["tcn"] = "tcn"
    """As one stage of MS-TCN (Abu Farha and Gall 2019)."""
    layers: int = Field(7, ge=1, le=16)
    """Convolutions over three clips each, twice as far apart in each layer: 7 see 127 clips to either side.
    Source: our choice."""
    units: int = Field(48, ge=1, le=8192)
    """Channels of each layer. Source: our choice."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout after each layer. Source: our choice."""
    input_dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout of what the network looks at. Source: our choice."""


class MlpOptions(TrainingOptions):
    """A network with one hidden layer: a clip is scored from itself alone, a control for context."""

    kind: Literal["mlp"] = "mlp"
    """A multi-layer perceptron."""
    units: int = Field(64, ge=1, le=8192)
    """Of the hidden layer. Source: our choice."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout after the hidden layer. Source: our choice."""
    input_dropout: float = Field(0.0, ge=0, lt=1)
    """Dropout of what the network looks at. Source: our choice."""


class OwnOptions(Options):
    """No model: what the representation says itself, for what is done to probabilities afterwards."""

    kind: Literal["own"] = "own"
    """The only representation must be one that predicts."""


class PriorOptions(Options):
    """No look at the video: how common each behavior is in the training videos, a control."""

    kind: Literal["prior"] = "prior"
    """The class prior."""


class CrfOptions(Options):
    """A linear-chain conditional random field (CRF): linear in the descriptor and in the transitions."""

    kind: Literal["crf"] = "crf"
    """crf: stands for the SVM-HMM of Jhuang et al. (2010), of which none is maintained."""
    components: int | None = Field(None, ge=1, le=16_384)
    """Principal components of the descriptor that it learns from, which is faster; null: all of it.
    Source: our choice."""
    regularization: float = Field(10.0, ge=0, le=1e9)
    """Weight of the sum of squared parameters in the loss, which sums over clips. Source: our choice."""
    iterations: int = Field(100, ge=1, le=100_000)
    """Most steps of L-BFGS. Source: our choice."""


class SvmOptions(Options):
    """A linear support vector machine over single clips, each behavior against the others."""

    kind: Literal["svm"] = "svm"
    """svm: as after the histograms of Dollar et al. (2005)."""
    every: int = Field(4, ge=1, le=10_000)
    """Labeled clips from one that it learns from to the next: neighbors share most of their frames.
    Source: our choice."""
    penalty: float = Field(0.003, ge=1e-9, le=1e9)
    """Weight of the errors against the width of the margin (C). Source: our choice."""
    balanced: bool = False
    """Whether an error weighs one over its behavior's frequency. Source: our choice."""


ModelOptions = Annotated[
    LstmOptions | TcnOptions | MlpOptions | CrfOptions | SvmOptions | OwnOptions | PriorOptions,
    Field(discriminator="kind"),
]
"""The options of one model of any kind: their ``kind`` says which class they are."""


class AnyModel(RootModel[ModelOptions]):
    """The same, as the parameter of a verb."""


MODULES = {
    "lstm": "homecage.sequence.lstm",
    "bilstm": "homecage.sequence.bilstm",
    "shuffled-lstm": "homecage.sequence.shuffled_lstm",
    "tcn": "homecage.sequence.tcn",
    "mlp": "homecage.sequence.mlp",
    "own": "homecage.sequence.own",
    "prior": "homecage.sequence.prior",
    "crf": "homecage.sequence.crf",
    "svm": "homecage.sequence.svm",
}
"""The module of each kind of model, imported when it is used."""


def module_of(kind: str) -> str:
    """Return the name of the module that trains models of a kind and predicts with them."""
    return MODULES[kind]


class DecodingOptions(Options):
    """What is done to a model's probabilities; all of it is fitted to the training side of a fold."""

    smoothing: Literal["none", "hmm"] = "none"
    """hmm: a clip also counts what the whole video around it shows, by a hidden Markov model with the
    transitions between behaviors that the training videos have. Source: our choice."""
    aim: Literal["none", "frames", "behaviors"] = "none"
    """none: as they are. frames: calibrated on the validation videos, so that the most probable behavior is
    right in most frames. behaviors: the same, divided by how common each behavior is, so that it is right
    most often over behaviors. Source: our choice."""
