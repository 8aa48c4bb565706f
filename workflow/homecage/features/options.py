"""Which representations there are, and the options of fc6."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from homecage.options import Options, Precision


@dataclass(frozen=True)
class Representation:
    """What the plan of an experiment must know of a representation."""

    by_convnet: bool
    """Whether a convnet makes it: with a convnet for each fold it is made for each fold, too."""
    has_probability: bool
    """Whether it has probabilities of its own, which a method may predict by without a model."""


REPRESENTATIONS = {"fc6": Representation(by_convnet=True, has_probability=True)}
"""By name. One more is a line here, a module in this room with its verb, and a rule."""


class FeatureOptions(Options):
    """How fc6 is computed; none of it changes what it is beyond rounding."""

    batch_size: int = Field(16, ge=1)
    """Clips computed at once."""
    engine: Literal["auto", "openvino", "torch", "plain"] = "auto"
    """openvino: what clips share is computed once, on a CPU; torch: the same in PyTorch, for a GPU;
    plain: each clip by itself. auto: whichever suits the device; plain where clips do not overlap."""
    precision: Precision = "auto"
    """auto: bfloat16 where the device multiplies matrices in it (a GPU, a CPU with AMX), else float32."""
