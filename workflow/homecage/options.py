"""The base of every room's options: typed, self-checking, refusing unknown keys."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Precision = Literal["auto", "float32", "bfloat16"]
"""What a network computes in; see ``precision.py``. It stands here because PyTorch is slow to load."""


class Options(BaseModel):
    """A section of ``config.yaml``; field descriptions carry meaning, unit and source."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
