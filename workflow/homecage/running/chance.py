"""Whether a network that learned something would show it by now."""

from math import sqrt

GAIN = 0.05
"""The gain over chance that a first epoch should show, and where there are too few samples, need not."""

ERRORS = 3.0
"""Standard errors that count as significant: chance exceeds them once in 740 times."""


def stays_at_chance(n_correct: int, n_samples: int, chance: float) -> bool:
    """Say whether an accuracy is that of guessing, and is of enough samples to say so.

    It is not significantly above chance, while a gain of ``GAIN`` would be, almost surely.

    Args:
        n_correct: samples that were right.
        n_samples: all of them; where they are few, nothing is said.
        chance: the accuracy of the best guess that looks at nothing.
    """
    if not n_samples:
        return False
    error = sqrt(chance * (1 - chance) / n_samples)
    return 2 * ERRORS * error < GAIN and n_correct / n_samples < chance + ERRORS * error
