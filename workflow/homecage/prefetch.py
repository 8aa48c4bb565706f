"""Doing the next piece of work while the last one is used."""

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
    with ThreadPoolExecutor(max_workers=1) as thread:
        pending = [thread.submit(next, source, _END) for _ in range(ahead)]
        while (item := pending.pop(0).result()) is not _END:
            pending.append(thread.submit(next, source, _END))
            yield cast(T, item)
