"""Doing the next piece of work while the last one is used."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

T = TypeVar("T")

_END = object()


def prefetch(items: Iterable[T], ahead: int = 2) -> Iterator[T]:
    """Yield the items of an iterable that a thread runs, up to ``ahead`` of the caller.

    What the iterable raises is raised here, after the items before it.
    """
    source = iter(items)
    thread = ThreadPoolExecutor(max_workers=1)
    try:
        pending = [thread.submit(next, source, _END) for _ in range(ahead)]
        while (item := pending.pop(0).result()) is not _END:
            pending.append(thread.submit(next, source, _END))
            yield cast(T, item)
    finally:
        # Whoever stops early need not wait for what it no longer wants.
        thread.shutdown(wait=False, cancel_futures=True)


class Awaited(Iterable[T]):
    """Passes items on and counts the time that whoever uses them waits for them."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items
        self.waited_s = 0.0

    def __iter__(self) -> Iterator[T]:
        """Yield the items."""
        source = iter(self._items)
        while True:
            started = time.monotonic()
            item = next(source, _END)
            self.waited_s += time.monotonic() - started
            if item is _END:
                return
            yield cast(T, item)
