"""The labels of a lab's annotations: how much bears each, and which look like a slip of the pen."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from homecage.annotations.contents import Amount, Contents

_NEAR = 0.75
"""Share of two words that is the same, by ``difflib``: of four letters, one is another."""


def add_labels(contents: Iterable[Contents]) -> dict[str, Amount]:
    """Return how much bears each label in all files, in alphabetical order.

    Labels that differ in their case only are one, by its commonest spelling: a vocabulary does not tell
    them apart.
    """
    spelled: dict[str, dict[str, Amount]] = {}
    for content in contents:
        for label, amount in content.labels.items():
            own = spelled.setdefault(label.casefold(), {})
            own[label] = own.get(label, Amount()) + amount
    return {
        max(own, key=lambda label: own[label].bouts): sum(own.values(), Amount())
        for _, own in sorted(spelled.items())
    }


def find_slips(labels: Mapping[str, Amount]) -> dict[str, str]:
    """Return labels that another one is near to, by a letter or so, each with that other, commoner one."""
    slips, commoner = {}, dict[str, str]()
    for label in sorted(labels, key=lambda label: -labels[label].bouts):
        if near := get_close_matches(label.casefold(), commoner, n=1, cutoff=_NEAR):
            slips[label] = commoner[near[0]]
        commoner[label.casefold()] = label
    return slips
