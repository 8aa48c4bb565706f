"""The behaviors of a study: names, the labels that stand for them, order and colors."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import cycle
from typing import Self

from pydantic import Field, model_validator

from homecage.errors import UnknownBehaviorError
from homecage.options import Options

MOST_BEHAVIORS = 100
"""A frame's behavior is kept in one byte, and a figure's legend is to be read."""


class Behavior(Options):
    """One behavior of the ethogram."""

    name: str = Field(pattern=r"^\w[\w .-]*$")
    """What tables and figures call it: letters, digits, spaces, `._-`."""
    labels: tuple[str, ...] = ()
    """What clips and annotations call it, in any case; its name always counts."""
    color: str | None = Field(None, pattern=r"^#[0-9A-Fa-f]{6}$")
    """Its color in figures, as #RRGGBB; null: one that no other behavior has."""

    @property
    def spellings(self) -> set[str]:
        """All that stands for it, as it is compared."""
        return {_fold(label) for label in (self.name, *self.labels)}


class Vocabulary(Options):
    """What the labels of clips and annotations mean."""

    behaviors: tuple[Behavior, ...] = Field(min_length=2, max_length=MOST_BEHAVIORS)
    ignored_labels: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _each_label_means_one_thing(self) -> Self:
        meaning: dict[str, str] = {_fold(label): "ignored_labels" for label in self.ignored_labels}
        for behavior in self.behaviors:
            for label in sorted(behavior.spellings):
                if label in meaning:
                    raise ValueError(
                        f"the label {label!r} stands for both {meaning[label]} and {behavior.name}"
                    )
                meaning[label] = behavior.name
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The K behaviors in the order of every probability column, table row and matrix axis."""
        return tuple(behavior.name for behavior in self.behaviors)

    def find(self, label: str) -> str | None:
        """Return the behavior that a label stands for; None for one that is ignored or unknown."""
        wanted = _fold(label)
        return next((b.name for b in self.behaviors if wanted in b.spellings), None)

    def parse(self, label: str) -> str | None:
        """Return the behavior that a label stands for; None for a label that is ignored.

        Raises:
            UnknownBehaviorError: it stands for nothing; the nearest known label is named.
        """
        wanted = _fold(label)
        if (behavior := self.find(label)) or wanted in map(_fold, self.ignored_labels):
            return behavior
        known = [label for behavior in self.behaviors for label in sorted(behavior.spellings)]
        nearest = get_close_matches(wanted, known, n=1, cutoff=0)
        raise UnknownBehaviorError(label, known=self.names, nearest=nearest[0])


# Paul Tol's "muted" scheme, distinct under the common forms of color blindness, and then his "light" one.
_COLORS = [
    "#332288",
    "#DDCC77",
    "#117733",
    "#CC6677",
    "#88CCEE",
    "#882255",
    "#44AA99",
    "#999933",
    "#AA4499",
    "#BBBBBB",
]
_COLORS += ["#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#99DDFF", "#44BB99", "#BBCC33", "#AAAA00"]


def choose_colors(behaviors: Iterable[Behavior]) -> dict[str, str]:
    """Return a color for each behavior, in their order: its own, or the next that nobody has."""
    behaviors = tuple(behaviors)
    taken = {behavior.color.upper() for behavior in behaviors if behavior.color}
    free = cycle([color for color in _COLORS if color not in taken] or _COLORS)
    return {behavior.name: behavior.color or next(free) for behavior in behaviors}


# Their colors are of Paul Tol's "muted" scheme. The labels are those of the clipped database of Jhuang et
# al. (2010), whose "head" is the paper's micromovement.
HOME_CAGE = (
    Behavior(name="drink", labels=("d",), color="#332288"),
    Behavior(name="eat", labels=("e",), color="#DDCC77"),
    Behavior(name="groom", labels=("g", "gb", "groomback"), color="#117733"),
    Behavior(name="hang", labels=("ha",), color="#CC6677"),
    Behavior(name="micromovement", labels=("he", "head"), color="#88CCEE"),
    Behavior(name="rear", labels=("r",), color="#882255"),
    Behavior(name="rest", labels=("rs",), color="#BBBBBB"),
    Behavior(name="walk", labels=("w",), color="#44AA99"),
)
"""The eight behaviors of the paper: the default in the configuration, and of nothing else."""


def _fold(label: str) -> str:
    return label.strip().casefold()
