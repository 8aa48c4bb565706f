"""Options of feature extraction."""

from typing import Literal

from pydantic import Field

from homecage.options import Options, Precision


class FeatureOptions(Options):
    """How descriptors are computed; none of it changes what they are beyond rounding."""

    batch_size: int = Field(16, ge=1)
    """Clips computed at once."""
    engine: Literal["auto", "openvino", "shared", "plain"] = "auto"
    """openvino: what clips share is computed once, on a CPU; shared: the same in PyTorch, for a GPU;
    plain: each clip by itself. auto: whichever suits the device; plain where clips do not overlap."""
    precision: Precision = "auto"
    """auto: bfloat16 where the device multiplies matrices in it (a GPU, a CPU with AMX), else float32."""
