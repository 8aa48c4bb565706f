"""Labels that look like a slip of the pen are found, and others are let be."""

import pytest

from homecage.annotations.contents import Amount
from homecage.annotations.labels import find_slips


@pytest.mark.parametrize(
    ("bouts", "slips"),
    [
        ({"rear": 5, "reer": 1}, {"reer": "rear"}),
        ({"reer": 1, "rear": 5, "rearr": 2}, {"reer": "rear", "rearr": "rear"}),
        ({"walk": 9, "WLAK": 2}, {"WLAK": "walk"}),
        ({"groom": 1, "grooming": 1}, {"grooming": "groom"}),
        ({"rear": 5, "rest": 1, "eat": 1, "walk": 3, "drink": 2, "groom": 1, "hang": 1}, {}),
        ({"r": 5, "rs": 1, "he": 1, "ha": 1}, {}),
    ],
)
def test_the_rarer_of_two_near_labels_is_a_slip_of_the_other(bouts, slips):
    assert find_slips({label: Amount(n) for label, n in bouts.items()}) == slips
