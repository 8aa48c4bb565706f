"""Options of the exports."""

from typing import Literal

from pydantic import Field

from homecage.options import Options

Form = Literal["tables", "frames", "boris", "one_hot", "nwb", "overlay"]
"""A kind of file that is made for each video of a method."""


class ExportOptions(Options):
    """Results in the form that other programs take (docs/exports.md)."""

    forms: tuple[Form, ...] = ()
    """What every run makes for each video, besides the tables of all videos: tables (bouts, time budgets,
    transitions), frames (frame by frame, Parquet and CSV), boris (a BORIS project), one_hot (DeepEthogram,
    SimBA), nwb (needs the extra homecage[nwb]), overlay (a video). One file alone: name it to Snakemake."""
    methods: tuple[str, ...] | None = Field(None, min_length=1)
    """Of which methods it makes them; null: of all."""
    min_bout_s: float | None = Field(None, gt=0, le=3600)
    """Bouts shorter than this, in seconds, go to a neighbor, in everything that is exported and nowhere
    else; null: none do."""
    bin_s: float = Field(300.0, ge=1, le=31_536_000)
    """Width of the bins of the time budget by bin, in seconds from the first frame."""
    overlay_s: float = Field(10.0, ge=1, le=3600)
    """How much time the strips of the overlay video show, in seconds; now is in their middle."""
