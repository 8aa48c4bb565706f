"""The vocabulary of behaviors: names, the labels data sets use for them, order and colors."""

from dataclasses import dataclass

from homecage.errors import UnknownBehaviorError


@dataclass(frozen=True)
class Behavior:
    """One behavior of the ethogram.

    ``labels`` are the spellings found in clip names and annotation files; the first is the
    abbreviation the clipped database of Jhuang et al. (2010) uses most.
    """

    name: str
    labels: tuple[str, ...]
    color: str


# Colors: Paul Tol's "muted" scheme, distinct under the common forms of color blindness.
VOCABULARY: tuple[Behavior, ...] = (
    Behavior("drink", ("d", "drink"), "#332288"),
    Behavior("eat", ("e", "eat"), "#DDCC77"),
    Behavior("groom", ("g", "gb", "groom", "groomback"), "#117733"),
    Behavior("hang", ("ha", "hang"), "#CC6677"),
    Behavior("micromovement", ("he", "head", "micromovement"), "#88CCEE"),
    Behavior("rear", ("r", "rear"), "#882255"),
    Behavior("rest", ("rs", "rest"), "#BBBBBB"),
    Behavior("walk", ("w", "walk"), "#44AA99"),
)

BEHAVIORS: tuple[str, ...] = tuple(behavior.name for behavior in VOCABULARY)
"""The K = 8 behaviors in the order of every probability column, table row and matrix axis."""

COLORS: dict[str, str] = {behavior.name: behavior.color for behavior in VOCABULARY}

UNLABELED = -1
"""The code of a frame nobody annotated; labeled frames carry their index in ``BEHAVIORS``."""

_NAME_OF_LABEL = {label: behavior.name for behavior in VOCABULARY for label in behavior.labels}


def parse_behavior(label: str) -> str:
    """Return the behavior that a data set's label stands for.

    Raises:
        UnknownBehaviorError: the label belongs to no behavior.
    """
    try:
        return _NAME_OF_LABEL[label.strip().lower()]
    except KeyError:
        raise UnknownBehaviorError(label, known=sorted(_NAME_OF_LABEL)) from None
