"""Cut the recordings of animals into bins of a clock: what was recorded of each, and what was seen in it.

A *timeline* is one animal's videos that are laid on one clock, from the midnight before the first; a video of
which the sheet does not say when it starts is a timeline of its own, from its first frame.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.analyze.animals import find_prediction, read_recording
from homecage.analyze.cohort import Cohort, Recording, read_cohort
from homecage.analyze.options import AnalysisOptions
from homecage.deliver.bouts import Scoring
from homecage.deliver.budget import tabulate_budget
from homecage.errors import HomecageError
from homecage.storage.tables import write_tsv

logger = logging.getLogger(__name__)

HOUR_S = 3600
DAY_S = 24 * HOUR_S
MOST_OVERLAP_S = 60
"""So far the videos of an animal may overlap: clocks of cameras are off. ASSUME: never by more."""
_ROUNDING = 1e-6  # Of a bin: a rest this small is the rounding of times.
_COUNTS = ["recorded_s", "scored_s", "n_bouts", "total_s"]


@dataclass(frozen=True)
class Timeline:
    """What is laid on one clock."""

    name: str
    recordings: tuple[Recording, ...]
    origin: datetime | None
    """The midnight that its time counts from; None where time counts from the first frame."""

    def begin_s(self, recording: Recording) -> float:
        """Return when a recording begins, in seconds from the origin."""
        if self.origin is None or recording.start is None:
            return 0.0
        return (recording.start - self.origin).total_seconds()


def bin_recordings(
    *,
    predictions: list[Path],
    cohort: Path,
    method: str,
    behaviors: list[str],
    options: AnalysisOptions,
    bins: Path,
    by_hour: Path,
) -> None:
    """Write what each timeline shows, bin by bin, and by hour of the day or of the recording.

    Videos are read one after the other, and only the sums of bins are kept. A bin in which nothing was
    recorded has no line.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        cohort: the sheet of the cohort: whose videos they are, and when each starts.
        method: whose predictions they are.
        behaviors: the K behaviors in order.
        options: the width of the bins, and whether short bouts go.
        bins: the table of bins.
        by_hour: the table of hours: of the day, all days together, or of the recording.

    Raises:
        HomecageError: two videos of an animal are at the same time.
        PredictionError: a video of the cohort has no prediction.
        StoreError: a file is damaged or not what its name says.
    """
    files = {path.stem: path for path in predictions}
    binned, hourly = [], []
    for timeline in lay_out(read_cohort(cohort)):
        logger.info("binning %s", timeline.name)
        parts: dict[int, list[pd.DataFrame]] = defaultdict(list)
        ends: list[tuple[float, float, str]] = []
        for recording in timeline.recordings:
            path = find_prediction(files, recording)
            scoring = read_recording(path, recording, behaviors, method, options)
            begin_s = timeline.begin_s(recording)
            for width_s in {60 * options.bin_min, HOUR_S}:
                parts[width_s].append(cut_scoring(scoring, begin_s, width_s))
            length_s = float(scoring.edges_s[-1] - scoring.edges_s[0])
            ends.append((begin_s, begin_s + length_s, recording.name))
        refuse_overlaps(timeline.name, ends)
        head = {
            "method": method,
            "timeline": timeline.name,
            "animal": timeline.recordings[0].animal,
            "group": timeline.recordings[0].group or "n/a",
            "clock": "yes" if timeline.origin else "no",
        }
        bin_h = options.bin_min / 60
        table = _sum_up(parts[60 * options.bin_min], ["bin"], behaviors)
        table.insert(1, "from_h", table["bin"] * bin_h)
        times = [_tell_time(timeline.origin, hours) for hours in table["from_h"]]
        table.insert(2, "time", times)
        binned.append(_begin(table, head))

        hours = pd.concat(parts[HOUR_S])
        hours["day"] = hours["bin"] // 24
        if timeline.origin:
            hours["bin"] %= 24
        n_days = hours.groupby("bin")["day"].nunique()
        table = _sum_up([hours], ["bin"], behaviors).rename(columns={"bin": "hour"})
        table.insert(1, "n_days", table["hour"].map(n_days) if timeline.origin else 1)
        hourly.append(_begin(table, head))
    write_tsv(bins, pd.concat(binned, ignore_index=True))
    write_tsv(by_hour, pd.concat(hourly, ignore_index=True))


def lay_out(cohort: Cohort) -> Iterator[Timeline]:
    """Yield the timelines of a cohort: of each animal that of the clock, then those without one."""
    for animal, recordings in cohort.by_animal.items():
        starts = [one.start for one in recordings if one.start]
        if starts:
            midnight = datetime.combine(min(starts).date(), datetime.min.time())
            yield Timeline(animal, tuple(one for one in recordings if one.start), midnight)
        for one in recordings:
            if one.start is None:
                alone = len(recordings) == 1
                yield Timeline(animal if alone else f"{animal}, {one.name}", (one,), None)


def cut_scoring(scoring: Scoring, begin_s: float, width_s: float) -> pd.DataFrame:
    """Return the budget of each bin that a recording is in, which begins at a time of its timeline.

    Columns: bin (its number on the timeline), recorded_s, scored_s, and those of ``tabulate_budget``.
    """
    shift_s = begin_s - scoring.edges_s[0]
    edges_s = align_bins_s(begin_s, float(scoring.edges_s[-1]) + shift_s, width_s)
    times = scoring.bouts[["start_s", "stop_s"]] + shift_s
    budget = tabulate_budget(scoring.bouts.assign(**times), scoring.behaviors, edges_s)
    budget["bin"] += int(np.floor(begin_s / width_s + _ROUNDING))
    scored_s = budget.groupby("bin")["total_s"].transform("sum")
    return budget.assign(recorded_s=budget["to_s"] - budget["from_s"], scored_s=scored_s)


def align_bins_s(from_s: float, to_s: float, width_s: float) -> NDArray[np.float64]:
    """Return the edges (N + 1,) of the bins of a clock between two times; the first and last may be parts."""
    first = int(np.floor(from_s / width_s + _ROUNDING))
    last = max(first + 1, int(np.ceil(to_s / width_s - _ROUNDING)))
    return np.array([from_s, *(width_s * np.arange(first + 1, last)), to_s])


def refuse_overlaps(timeline: str, spans: list[tuple[float, float, str]]) -> None:
    """Refuse recordings (from, to, name) of one animal that are at the same time.

    Raises:
        HomecageError: two of them overlap by more than ``MOST_OVERLAP_S``.
    """
    ordered = sorted(spans)
    for (_, end_s, name), (begin_s, _, following) in pairwise(ordered):
        if end_s - begin_s > MOST_OVERLAP_S:
            raise HomecageError(
                f"{timeline}: found that {following} starts {end_s - begin_s:.0f} s before {name} ends, so "
                f"one animal would be in two videos at once; expected at most {MOST_OVERLAP_S} s: mend their "
                "starts in the sheet"
            )


def _sum_up(parts: list[pd.DataFrame], keys: list[str], behaviors: list[str]) -> pd.DataFrame:
    """Sum the counts of bins, and say the shares; the behaviors in their order."""
    rows = pd.concat(parts, ignore_index=True)
    place = rows["behavior"].map({name: k for k, name in enumerate(behaviors)})
    summed = rows.assign(place=place).groupby([*keys, "place"], as_index=False)[_COUNTS].sum()
    summed.insert(len(keys), "behavior", summed.pop("place").map(dict(enumerate(behaviors))))
    share = np.full(len(summed), np.nan)
    scored = summed["scored_s"].to_numpy()
    np.divide(summed["total_s"].to_numpy(), scored, out=share, where=scored > 0)
    return summed.assign(share=share)


def _tell_time(origin: datetime | None, hours: float) -> str:
    if origin is None:
        return "n/a"
    return (origin + timedelta(minutes=round(60 * hours))).isoformat(timespec="minutes")


def _begin(table: pd.DataFrame, head: dict[str, str]) -> pd.DataFrame:
    for place, (column, value) in enumerate(head.items()):
        table.insert(place, column, value)
    return table
