"""Which representations there are, and their options."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

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
    "motion": Representation("motion"),
}
"""By name. One more is a line here, a module in this room with its verb, and a rule."""


class Fc6Options(Options):
    """How fc6 is computed; none of it changes what it is beyond rounding."""

    batch_size: int = Field(16, ge=1)
    """Clips computed at once."""
    engine: Literal["auto", "openvino", "torch", "plain"] = "auto"
    """openvino: what clips share is computed once, on a CPU; torch: the same in PyTorch, for a GPU;
    plain: each clip by itself. auto: whichever suits the device; plain where clips do not overlap."""
    precision: Precision = "auto"
    """auto: bfloat16 where the device multiplies matrices in it (a GPU, a CPU with AMX), else float32."""


class FeatureOptions(Options):
    """The representations that have something to choose."""

    fc6: Fc6Options = Fc6Options()
