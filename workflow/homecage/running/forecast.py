"""How long the rest of a run will take."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

_OVERRUN = 1.25
"""A job that takes longer than expected is expected to take a quarter longer than so far."""

_FEWEST = 3
"""From how many rules what a job asks for can be compared with what it takes."""

_TOO_LITTLE = 5.0
"""With less work done, in seconds of a core, nothing is said."""


class Planned(NamedTuple):
    """A job that is to run."""

    rule: str
    threads: int
    minutes: float
    """What it asks for: many times what it takes, but about as many times as others."""
    benchmark: str | None = None
    """The file with the time that it took in an earlier run, where there was one."""


class Forecast:
    """Learns from the jobs that end how long others will take.

    Work is counted in seconds of a core. A job takes what those of its rule have taken; before one has ended,
    what they took in an earlier run; in a first run, what it asks for, times what other jobs have taken for
    what they asked for.
    """

    def __init__(self, jobs: Iterable[Planned]) -> None:
        self._left: Counter[str] = Counter()
        self._plan: dict[str, Planned] = {}
        self._taken: defaultdict[str, list[float]] = defaultdict(list)
        self._earlier: defaultdict[str, list[float]] = defaultdict(list)
        for job in jobs:
            self._left[job.rule] += 1
            self._plan[job.rule] = job
            if job.benchmark and (seconds := _read_seconds(Path(job.benchmark))):
                self._earlier[job.rule].append(job.threads * seconds)
        self.n_jobs = self._left.total()

    def finish(self, rule: str, work: float) -> None:
        """Learn from a job that has ended."""
        self._left[rule] -= 1
        self._taken[rule].append(work)

    def estimate(self, running: Iterable[tuple[str, float]], elapsed_s: float) -> float | None:
        """Return the seconds that are left, or None where nothing is known yet.

        Args:
            running: rule and work so far of each job that runs.
            elapsed_s: since the run began.
        """
        most: defaultdict[str, float] = defaultdict(float)
        rest = longest_s = 0.0
        done = sum(map(sum, self._taken.values()))
        for rule, work in running:
            most[rule] = max(most[rule], work)
            done += work
            rest -= work
        for rule in +self._left:
            expected = self._expect(rule)
            if expected is None:
                return None
            expected = max(expected, _OVERRUN * most[rule])
            rest += expected * self._left[rule]
            longest_s = max(longest_s, (expected - most[rule]) / self._threads(rule))
        # The same number of cores will be at work as were until now, but a job uses no more than its own.
        return max(rest * elapsed_s / done, longest_s) if done >= _TOO_LITTLE else None

    def _expect(self, rule: str) -> float | None:
        for works in (self._taken[rule], self._earlier[rule]):
            if works:
                return fmean(works)
        if not (asked := self._ask(rule)):
            return 0.0
        paid = [
            fmean(works) / self._ask(other)
            for other, works in self._taken.items()
            if works and self._ask(other)
        ]
        return asked * median(paid) if len(paid) >= _FEWEST else None

    def _ask(self, rule: str) -> float:
        return self._plan[rule].threads * self._plan[rule].minutes if rule in self._plan else 0.0

    def _threads(self, rule: str) -> int:
        return max(self._plan[rule].threads, 1) if rule in self._plan else 1


def _read_seconds(benchmark: Path) -> float | None:
    """Return the time that a job took, by Snakemake's own note of it."""
    try:
        return float(benchmark.read_text(encoding="utf-8").splitlines()[1].split("\t")[0])
    except (OSError, ValueError, IndexError):
        return None
