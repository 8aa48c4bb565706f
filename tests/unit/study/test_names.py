"""A name on disk has letters, digits and ._- only; two that would be one are refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snakemake.io import PeriodicityDetector

from homecage.study.names import find_unsafe, safe_name


@given(st.text(min_size=1))
def test_a_safe_name_is_safe_and_stays_itself(name):
    safe = safe_name(name)
    assert safe and safe[0] not in ".-"
    assert all(c in "._-" or unicodedata.category(c)[0] in "LN" for c in safe)
    assert safe_name(safe) == safe


def test_names_of_any_script_are_kept():
    assert safe_name("mouse_3.day-2 é 鼠") == "mouse_3.day-2_é_鼠"
    assert safe_name("../x") == "_._x" and safe_name("a/b") == "a_b"


@given(st.lists(st.text("ab +", min_size=1, max_size=3)))
def test_names_that_cannot_be_told_apart_are_found(names):
    distinct = set(names)
    ambiguous = len({safe_name(name) for name in distinct}) < len(distinct)
    blank = any(not name.strip() for name in names)
    assert bool(find_unsafe(names)) == (ambiguous or blank)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a" * 20, f"{'a' * 20}-"),
        ("day" + "ab" * 25, f"day{'ab' * 25}-"),
        ("x" + "-" * 20, f"x{'-' * 20}_"),
        ("a" * 19, "a" * 19),
        ("a" * 20 + "b", "a" * 20 + "b"),
    ],
)
def test_a_name_that_ends_over_and_over_is_no_loop_to_snakemake(name, safe):
    assert safe_name(name) == safe
    assert PeriodicityDetector().is_periodic(safe) is None
    assert (PeriodicityDetector().is_periodic(name) is None) == (name == safe)
