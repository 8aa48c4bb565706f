"""Fit the rhythms of animals and groups: cosinors of 24 hours, and of the period that fits best."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from homecage.analyze.cosinor import Bins, Rhythm, average_rhythms, fit_cosinor, search_period
from homecage.analyze.effects import estimate_mean
from homecage.analyze.options import SIGNIFICANCE, AnalysisOptions
from homecage.storage.tables import read_tsv, write_tsv

DAY_H = 24.0
LEAST_HOURS = 18
"""Hours of the day, of 24, that must have been recorded. ASSUME: from three quarters a wave can be told."""
_SLACK = 0.05  # Of the days: a gap or a late start is no matter.

ANIMAL, GROUP = "animal", "group"
FIXED, SEARCHED = "24 h", "searched"


def fit_rhythms(*, bins: Path, options: AnalysisOptions, output: Path) -> None:
    """Write the cosinors of each timeline and behavior, then those of groups, which average their animals'.

    What was recorded for too short is not fitted: the note says so.

    Args:
        bins: the table of bins.
        options: the width of the bins, the days that a fit needs, the periods, and the animals of a group's.
        output: the table ``rhythms.tsv``.

    Raises:
        StoreError: there is no such table.
    """
    table = read_tsv(bins)
    rows: list[dict[str, Any]] = []
    fitted: dict[tuple[str, str], list[Rhythm]] = {}
    periods: dict[tuple[str, str], list[float]] = {}
    keys = ["method", "timeline", "animal", "group", "clock"]
    for names, own in table.groupby([*keys, "behavior"], sort=False):
        head = dict(zip([*keys, "behavior"], names, strict=True))
        series = _read_series(own, options)
        days = float(own["scored_s"].sum()) / 86400
        said = {"level": ANIMAL, **head, "n": 1, "days": days}
        of_group = (str(head["group"]), str(head["behavior"]))
        for fit, why, rhythm in _fit(series, days, options):
            rows.append({**said, "fit": fit, **_tell(rhythm, why)})
            if rhythm and head["clock"] == "yes" and head["group"] != "n/a":
                if fit == FIXED:
                    fitted.setdefault(of_group, []).append(rhythm)
                elif rhythm.p < SIGNIFICANCE:  # What fits no rhythm best is no period.
                    periods.setdefault(of_group, []).append(rhythm.period_h.value)
    for group, behavior in dict.fromkeys(
        table.loc[table["group"] != "n/a", ["group", "behavior"]].itertuples(index=False, name=None)
    ):
        said = {
            "level": GROUP,
            "method": table["method"].iloc[0],
            "timeline": group,
            "animal": "n/a",
            "group": group,
            "clock": "yes",
            "behavior": behavior,
            "days": np.nan,
        }
        for fit, n, why, rhythm in _average(
            fitted.get((group, behavior), []), periods.get((group, behavior), []), options
        ):
            rows.append({**said, "n": n, "fit": fit, **_tell(rhythm, why)})
    write_tsv(output, pd.DataFrame(rows))


def _read_series(own: pd.DataFrame, options: AnalysisOptions) -> Bins:
    """Return the bins of one timeline and behavior in which something was scored."""
    width_h = options.bin_min / 60
    scored = own[own["scored_s"] > 0].sort_values("bin")
    weight = (scored["scored_s"].to_numpy() / (60 * options.bin_min)).clip(max=1)
    middle_h = scored["from_h"].to_numpy() + width_h / 2
    return Bins(middle_h, scored["share"].to_numpy(), weight, width_h)


def _fit(
    series: Bins, days: float, options: AnalysisOptions
) -> Iterator[tuple[str, str, Rhythm | None]]:
    """Yield (fit, why there is none, the rhythm) of both fits."""
    for fit, least in ((FIXED, options.cosinor_days), (SEARCHED, options.period_days)):
        n_hours = len(np.unique(np.floor(series.middle_h % DAY_H)))
        seen = min(DAY_H, n_hours * max(1.0, series.width_h))
        if days < least * (1 - _SLACK):
            yield fit, f"not fitted: {days:.2f} days recorded, fewer than {least:g}", None
        elif seen < LEAST_HOURS:
            yield (
                fit,
                f"not fitted: {seen:.0f} of 24 hours of the day recorded, fewer than {LEAST_HOURS}",
                None,
            )
        elif len(series.share) < 6:
            yield fit, f"not fitted: {len(series.share)} bins, fewer than 6", None
        elif np.ptp(series.share) == 0:
            yield fit, "not fitted: the same in every bin", None
        elif fit == FIXED:
            yield fit, "", fit_cosinor(series, DAY_H)
        else:
            low, high = options.shortest_period_h, options.longest_period_h
            rhythm = search_period(series, low, high)
            yield (
                fit,
                "" if rhythm else f"no period between {low:g} and {high:g} h fits best",
                rhythm,
            )


def _average(
    fitted: list[Rhythm], periods: list[float], options: AnalysisOptions
) -> Iterator[tuple[str, int, str, Rhythm | None]]:
    """Yield (fit, animals, why there is none, the rhythm) of a group."""
    least = options.least_animals
    few = "not averaged: {} animals fitted, fewer than {}"
    if len(fitted) < least:
        yield FIXED, len(fitted), few.format(len(fitted), least), None
    else:
        linear = np.array([rhythm.linear for rhythm in fitted])
        yield FIXED, len(fitted), "", average_rhythms(linear, DAY_H)
    if len(periods) < least:
        yield SEARCHED, len(periods), few.format(len(periods), least), None
    else:
        nothing = np.full(3, np.nan)
        unknown = estimate_mean(nothing[:0])
        period = estimate_mean(np.array(periods))
        rhythm = Rhythm(period, unknown, unknown, unknown, float("nan"), float("nan"), nothing)
        yield SEARCHED, len(periods), "", rhythm


def _tell(rhythm: Rhythm | None, why: str) -> dict[str, Any]:
    """Return a rhythm as cells of the table."""
    cells: dict[str, Any] = {}
    for name in ("period_h", "mesor", "amplitude", "acrophase_h"):
        value, low, high = getattr(rhythm, name) if rhythm else (np.nan,) * 3
        cells |= {name: value, f"{name}_low": low, f"{name}_high": high}
    p = rhythm.p if rhythm else np.nan
    note = why or (f"no rhythm is told from none (p = {p:.2g})" if p >= SIGNIFICANCE else "")
    return cells | {"p": p, "r2": rhythm.r2 if rhythm else np.nan, "note": note}
