"""Options of the figures and tables."""

from typing import Any

from pydantic import Field, RootModel

from homecage.options import Options


class Palette(RootModel[dict[str, str]]):
    """The behaviors in order, each with its color."""


class Titles(RootModel[dict[str, str]]):
    """The methods in order, each with what figures and tables call it."""


class Configuration(RootModel[dict[str, Any]]):
    """The whole configuration, as it was checked."""


class FigureText(Options):
    """What stands above a figure and below it."""

    title: str
    caption: str
    """In reStructuredText, with Snakemake's values to be filled in."""


class FigureTexts(RootModel[dict[str, FigureText]]):
    """The figures, by the names of their files."""


class ReportOptions(Options):
    """How the figures are drawn; nothing here changes a number."""

    dpi: int = Field(300, ge=50, le=1200)
    """Resolution of the PNG files, in dots per inch; the PDF files are vector drawings."""
    ethogram_minutes: float = Field(5.0, ge=0.1, le=1440)
    """Length of the ethogram, in minutes; a shorter video is shown whole. Source: paper."""
    ethogram_video: str | None = None
    """The video of the ethogram; null: the first one by name that was annotated twice, or else the
    first annotated one."""
    ethogram_start_s: float | None = Field(None, ge=0, le=10_000_000)
    """Where the ethogram starts, in seconds; null: of the stretches of that length into which the
    video divides, the one in which the annotators see the most behaviors."""
