import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.running.prefetch import Awaited, prefetch


@given(st.lists(st.integers()), st.integers(1, 4))
def test_items_come_in_order_and_all(items, ahead):
    assert list(prefetch(items, ahead)) == items


def test_a_thread_runs_ahead_but_not_further_than_asked():
    third = threading.Event()
    made = []

    def make():
        for i in range(10):
            made.append(i)
            if i == 2:
                third.set()
            yield i

    items = prefetch(make(), ahead=2)
    assert next(items) == 0
    assert third.wait(5)  # the third is made before the second is asked for
    items.close()
    assert len(made) <= 4


def test_what_the_items_raise_is_raised_after_those_before():
    def make():
        yield 1
        raise ValueError("bug")

    items = prefetch(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="bug"):
        next(items)


def test_waiting_is_counted_and_using_is_not():
    awaited = Awaited(iter("abc"))
    assert list(awaited) == ["a", "b", "c"] and awaited.waited_s >= 0
