"""Two ways of doing one thing, timed in turns: absolute times of a shared machine mean nothing."""

import logging
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Comparison:
    """A row of the speed card. ``ratio`` is ours over the reference, the median over the rounds."""

    name: str
    ours: float  # in ``unit``, the median over the rounds
    reference: float
    unit: str
    ratio: float
    ratio_min: float
    ratio_max: float
    peak_share: float | None = None
    """Our arithmetic over what a large matrix product reaches here; none where that says nothing."""


def compare(
    name: str,
    ours: Callable[[], object],
    reference: Callable[[], object],
    *,
    work: float,
    unit: str,
    rounds: int = 5,
    peak_share: Callable[[float], float] | None = None,
) -> Comparison:
    """Run both by turns and compare them round by round, after one round that does not count.

    Args:
        name: of the row.
        ours: does the work once.
        reference: does the same work once.
        work: how much that is, in the numerator of ``unit``.
        unit: of the speeds, as ``clips/s``.
        rounds: how often each runs.
        peak_share: makes the share of the machine's peak from our speed.
    """
    speeds: list[tuple[float, float]] = []
    for turn in range(rounds + 1):
        pair = _measure(ours, work), _measure(reference, work)
        logger.info("%s: %.4g against %.4g %s", name, *pair, unit)
        if turn:
            speeds.append(pair)
    ratios = [own / other for own, other in speeds]
    speed = statistics.median(own for own, _ in speeds)
    return Comparison(
        name=name,
        ours=speed,
        reference=statistics.median(other for _, other in speeds),
        unit=unit,
        ratio=statistics.median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        peak_share=peak_share(speed) if peak_share else None,
    )


def compare_workers(name: str, ours: "Worker", reference: "Worker", **more: Any) -> Comparison:
    """Compare two processes, and end them."""
    try:
        return compare(name, ours, reference, **more)
    finally:
        ours.close()
        reference.close()


def _measure(do: Callable[[], object], work: float) -> float:
    started = time.perf_counter()
    do()
    return work / (time.perf_counter() - started)


class Worker:
    """A process of its own to run one of the two in: settings of one must not reach the other."""

    def __init__(
        self, make: Callable[..., Callable[[], object]], *arguments: Any, **environment: str
    ):
        """Start the process, which makes what it will run.

        Args:
            make: a function of a module; returns what is to be timed.
            arguments: of ``make``.
            environment: variables set for the process.
        """
        before = dict(os.environ)
        # Threads that wait must sleep, as in the workflow: the other process needs their cores.
        os.environ.update({"OMP_WAIT_POLICY": "PASSIVE", **environment})
        try:
            self._process = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            self._process.submit(_prepare, make, arguments).result()
        finally:
            os.environ.clear()
            os.environ.update(before)

    def __call__(self) -> None:
        """Run it once, and wait for it."""
        self._process.submit(_run).result()

    def close(self) -> None:
        """End the process."""
        self._process.shutdown()


_prepared: list[Callable[[], object]] = []


def _prepare(make: Callable[..., Callable[[], object]], arguments: tuple[Any, ...]) -> None:
    _prepared.append(make(*arguments))


def _run() -> None:
    _prepared[0]()
