"""The base of every room's options: typed, self-checking, refusing unknown keys."""

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """A section of ``config.yaml``; field descriptions carry meaning, unit and source."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
