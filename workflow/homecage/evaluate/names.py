"""The names in the tables: annotators, methods and the sets of frames, with their order."""

from collections.abc import Iterable

ANNOTATOR_1 = "annotator_1"
"""The truth."""
ANNOTATOR_2 = "annotator_2"
"""The second opinion, on a part of the videos."""

CONVNET = "3dcnn"
LSTM = "lstm-3dcnn"
HUMAN = "human"
"""The second annotator in the form of a prediction; scored on FD* only."""

CD = "CD"
"""The clipped database: every frame of every clip."""
FD = "FD"
"""The full database: every frame that annotator 1 labeled."""
FD_STAR = "FD*"
"""The frames of FD that annotator 2 labeled too."""


def order_sources(names: Iterable[str]) -> list[str]:
    """Order annotators and methods as tables and figures show them: truth, methods, humans."""
    first, last = [ANNOTATOR_1, CONVNET, LSTM], [HUMAN, ANNOTATOR_2]
    found = set(names)
    others = sorted(found.difference(first, last))
    return [name for name in (*first, *others, *last) if name in found]
