"""Options of the pages on which a video and its ethogram are looked at together."""

from homecage.options import Options


class ViewerOptions(Options):
    """The pages of the videos, results/viewer/{video}.html, made on request (docs/viewer.md)."""

    method: str | None = None
    """Whose probabilities and errors the pages show; null: the first of `comparisons` that none of them
    sets another method above."""
