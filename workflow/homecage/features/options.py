"""Options of feature extraction."""

from pydantic import Field

from homecage.options import Options


class FeatureOptions(Options):
    """How descriptors are computed; none of it changes what they are beyond rounding."""

    batch_size: int = Field(64, ge=1)
    """Clips computed at once."""
