"""What names of recordings say."""

from datetime import timedelta

import pytest

from homecage.study.recordings import find_coincidence

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "other", "found"),
    [
        ("agoutivideo320080229", "agoutivideo320080229A", "names"),
        ("agoutivideo320080229", "agoutivideo320080229F", "names"),
        ("20080324143707A", "20080324143707B", "names"),
        ("20080423115530", "20080423120000", "times"),
        ("20080423115530", "20080423191834A", ""),
        ("sim01day", "sim02day", ""),
        ("sim01day", "sim01dayA", ""),
        ("mouse1", "mouse11", ""),
        ("20081399999999", "20081399999998", ""),
    ],
)
def test_names_and_times_that_coincide(name, other, found):
    for one, two in ((name, other), (other, name)):
        said = find_coincidence(one, two, HOUR)
        assert said.startswith(found) and bool(said) == bool(found)
