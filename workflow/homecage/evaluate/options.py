"""Options of evaluation."""

from pydantic import RootModel


class Comparisons(RootModel[tuple[tuple[str, str], ...]]):
    """Pairs of a method and the baseline that its gain is measured from."""
