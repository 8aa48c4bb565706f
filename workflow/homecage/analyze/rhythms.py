"""Fit the rhythms of animals and groups: cosinors of 24 hours, and of the period that fits best."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from homecage.analyze.cosinor import (
    Bins,
    Rhythm,
    average_rhythms,
    describe_still,
    fit_cosinor,
    keep_values,
    search_period,
)
from homecage.analyze.effects import UNKNOWN, estimate_mean
from homecage.analyze.options import SIGNIFICANCE, AnalysisOptions
from homecage.storage.tables import read_tsv, write_tsv

DAY_H = 24.0
LEAST_HOURS = 18
"""Hours of the day, of 24, that must have been scored. ASSUME: from three quarters a wave can be told."""
TOLD_DAYS = 3
"""Scored days from which a rhythm is told from none. ASSUME: what drifts for a day or two looks like one."""
_SLACK = 0.05  # Of the days: a gap or a late start is no matter.

STILL = "the same in every bin"
ANIMAL, GROUP = "animal", "group"
FIXED, SEARCHED = "24 h", "searched"


def fit_rhythms(*, bins: Path, options: AnalysisOptions, output: Path) -> None:
    """Write the cosinors of each timeline and behavior, then those of groups, which average their animals'.

    What was scored for too short is not fitted, or without intervals and p: the note says so.

    Args:
        bins: the table of bins.
        options: the width of the bins, the days that a fit needs, the periods, and the animals of a group's.
        output: the table ``rhythms.tsv``.

    Raises:
        StoreError: there is no such table.
    """
    table = read_tsv(bins)
    rows: list[dict[str, Any]] = []
    found: dict[str, dict[tuple[str, str], list[Rhythm | None]]] = {FIXED: {}, SEARCHED: {}}
    keys = ["method", "timeline", "animal", "group", "clock"]
    for names, own in table.groupby([*keys, "behavior"], sort=False):
        head = dict(zip([*keys, "behavior"], names, strict=True))
        series = _read_series(own, options)
        days = float(own["scored_s"].sum()) / 86400
        said = {"level": ANIMAL, **head, "n": 1, "days": days}
        of_group = (str(head["group"]), str(head["behavior"]))
        for fit, least in ((FIXED, options.cosinor_days), (SEARCHED, options.period_days)):
            note, rhythm = _find_obstacle(series, days, least), None
            if not note:
                note, rhythm = _fit_day(series, days) if fit == FIXED else _search(series, options)
                if head["clock"] == "yes" and head["group"] != "n/a":
                    found[fit].setdefault(of_group, []).append(rhythm)
            rows.append({**said, "fit": fit, **_tell(rhythm, note)})
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
        for fit, average in ((FIXED, _average), (SEARCHED, _average_periods)):
            n, note, rhythm = average(found[fit].get((group, behavior), []), options.least_animals)
            rows.append({**said, "n": n, "fit": fit, **_tell(rhythm, note)})
    write_tsv(output, pd.DataFrame(rows))


def _read_series(own: pd.DataFrame, options: AnalysisOptions) -> Bins:
    """Return the bins of one timeline and behavior in which something was scored."""
    width_h = options.bin_min / 60
    scored = own[own["scored_s"] > 0].sort_values("bin")
    weight = (scored["scored_s"].to_numpy() / (60 * options.bin_min)).clip(max=1)
    middle_h = scored["from_h"].to_numpy() + width_h / 2
    return Bins(middle_h, scored["share"].to_numpy(), weight, width_h)


def _find_obstacle(series: Bins, days: float, least: float) -> str:
    """Say why so little is not fitted; nothing where it is."""
    n_hours = len(np.unique(np.floor(series.middle_h % DAY_H)))
    seen = min(DAY_H, n_hours * max(1.0, series.width_h))
    if days < least * (1 - _SLACK):
        return f"not fitted: {days:.2f} days scored, fewer than {least:g}"
    if seen < LEAST_HOURS:
        return f"not fitted: {seen:.0f} of 24 hours of the day scored, fewer than {LEAST_HOURS}"
    if len(series.share) < 6:
        return f"not fitted: {len(series.share)} bins, fewer than 6"
    return ""


def _fit_day(series: Bins, days: float) -> tuple[str, Rhythm]:
    """Return a note, and the rhythm of 24 h."""
    if np.ptp(series.share) == 0:
        return STILL, describe_still(series, DAY_H)
    rhythm = fit_cosinor(series, DAY_H)
    if days < TOLD_DAYS * (1 - _SLACK):
        return f"fewer than {TOLD_DAYS} days: no rhythm is told from drift", keep_values(rhythm)
    return "", rhythm


def _search(series: Bins, options: AnalysisOptions) -> tuple[str, Rhythm | None]:
    """Return a note, and the rhythm of the period that fits best, if there is one."""
    if np.ptp(series.share) == 0:
        return STILL, None
    low, high = options.shortest_period_h, options.longest_period_h
    rhythm = search_period(series, low, high)
    return "" if rhythm else f"no period between {low:g} and {high:g} h fits best", rhythm


def _average(rhythms: list[Rhythm | None], least: int) -> tuple[int, str, Rhythm | None]:
    """Return the number of animals, a note, and the rhythm of their group."""
    linear = np.array([rhythm.linear for rhythm in rhythms if rhythm])
    if len(linear) < least:
        return len(linear), f"not averaged: {len(linear)} animals fitted, fewer than {least}", None
    return len(linear), "", average_rhythms(linear, DAY_H)


def _average_periods(rhythms: list[Rhythm | None], least: int) -> tuple[int, str, Rhythm | None]:
    """Return the number of animals, a note, and the mean period of a group.

    What fits no rhythm best is no period: it is of the animals with a rhythm, if these are half or more.
    """
    periods = [one.period_h.value for one in rhythms if one and one.p < SIGNIFICANCE]
    n = len(periods)
    if n < least:
        return n, f"not averaged: {n} animals with a rhythm, fewer than {least}", None
    if 2 * n < len(rhythms):
        return (
            n,
            f"not averaged: {n} of {len(rhythms)} animals with a rhythm, fewer than half",
            None,
        )
    nothing = np.full(3, np.nan)
    period = estimate_mean(np.array(periods))
    return (
        n,
        "",
        Rhythm(period, UNKNOWN, UNKNOWN, UNKNOWN, float("nan"), float("nan"), nothing),
    )


def _tell(rhythm: Rhythm | None, why: str) -> dict[str, Any]:
    """Return a rhythm as cells of the table."""
    cells: dict[str, Any] = {}
    for name in ("period_h", "mesor", "amplitude", "acrophase_h"):
        value, low, high = getattr(rhythm, name) if rhythm else (np.nan,) * 3
        cells |= {name: value, f"{name}_low": low, f"{name}_high": high}
    p = rhythm.p if rhythm else np.nan
    note = why or (f"no rhythm is told from none (p = {p:.2g})" if p >= SIGNIFICANCE else "")
    return cells | {"p": p, "r2": rhythm.r2 if rhythm else np.nan, "note": note}
