import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.running import prefetch as prefetching
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


def test_waiting_is_counted_and_using_is_not(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(prefetching.time, "monotonic", lambda: clock[0])

    def make():
        for item in "abc":
            clock[0] += 2  # s that the user waits for it
            yield item

    awaited = Awaited(make())
    for _ in awaited:
        clock[0] += 50
    assert awaited.waited_s == 6
