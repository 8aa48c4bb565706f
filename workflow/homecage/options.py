"""The base of every room's options: typed, self-checking, refusing unknown keys."""

from types import NoneType
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, model_validator

Precision = Literal["auto", "float32", "bfloat16"]
"""What a network computes in; see ``precision.py``. It stands here because PyTorch is slow to load."""


class Options(BaseModel):
    """A section of ``config.yaml``; field descriptions carry meaning, unit and source."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    @model_validator(mode="before")
    @classmethod
    def _read_null(cls, values: Any) -> Any:
        """Take the text null for none: Snakemake's --config hands every scalar over as text."""
        if not isinstance(values, dict):
            return values
        nullable = {
            name
            for name, field in cls.model_fields.items()
            if NoneType in get_args(field.annotation)
        }
        return {
            key: None if key in nullable and value in ("null", "~", "") else value
            for key, value in values.items()
        }
