"""Options of the pages on which a video and its ethogram are looked at together."""

from pydantic import Field

from homecage.options import Options


class ViewerOptions(Options):
    """The pages on which videos are looked at, results/viewer/{video}.html (docs/viewer.md)."""

    videos: int | None = Field(12, ge=0, le=1_000_000)
    """Of how many videos, in the order of the study, every run makes pages, each with a copy of its video:
    some 0.3 GB an hour. Those of others are made on request. null: of all."""

    method: str | None = None
    """Whose probabilities and errors the pages show; null: the first of `comparisons` that none of them
    sets another method above."""
