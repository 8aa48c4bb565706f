"""Which rhythms are fitted, and what is said of those that are not."""

import numpy as np
import pandas as pd
import pytest

from homecage.analyze.options import AnalysisOptions
from homecage.analyze.rhythms import FIXED, SEARCHED, fit_rhythms
from homecage.storage.tables import read_tsv, write_tsv

HOURLY = AnalysisOptions(bin_min=60)


def fit(tmp_path, *animals, options=HOURLY):
    """Fit animals (group, hours recorded, hour of the peak), all by the clock."""
    parts = []
    for number, (group, hours, peak) in enumerate(animals):
        hours = np.asarray(hours)
        share = 0.5 + 0.4 * np.cos(2 * np.pi * (hours + 0.5 - peak) / 24)
        parts.append(
            pd.DataFrame(
                {
                    "method": "net",
                    "timeline": f"m{number}",
                    "animal": f"m{number}",
                    "group": group,
                    "clock": "yes",
                    "bin": hours,
                    "from_h": hours.astype(float),
                    "behavior": "walk",
                    "scored_s": 3600.0,
                    "share": share,
                }
            )
        )
    write_tsv(tmp_path / "bins.tsv", pd.concat(parts))
    fit_rhythms(bins=tmp_path / "bins.tsv", options=options, output=tmp_path / "rhythms.tsv")
    return read_tsv(tmp_path / "rhythms.tsv").set_index(["level", "timeline", "fit"])


def test_days_say_what_is_fitted(tmp_path):
    rows = fit(tmp_path, ("a", range(20), 13), ("a", range(30), 13), ("a", range(71), 13))
    notes = [
        rows.loc[("animal", f"m{n}", fit), "note"] for n in range(3) for fit in (FIXED, SEARCHED)
    ]
    assert notes == [
        "not fitted: 0.83 days recorded, fewer than 1",
        "not fitted: 0.83 days recorded, fewer than 3",
        "",
        "not fitted: 1.25 days recorded, fewer than 3",
        "",
        "",
    ]
    assert np.isnan(rows.loc[("animal", "m0", FIXED), "mesor"])
    found = rows.loc[("animal", "m2", SEARCHED)]
    assert found["period_h"] == pytest.approx(24, abs=1e-3)
    assert found["acrophase_h"] == pytest.approx(13, abs=1e-2)
    two = fit(tmp_path, ("a", range(48), 13), options=AnalysisOptions(bin_min=60, period_days=2))
    assert two.loc[("animal", "m0", SEARCHED), "note"] == ""


def test_half_of_each_day_is_no_wave(tmp_path):
    nights = [24 * day + hour for day in range(4) for hour in range(12)]
    rows = fit(tmp_path, ("a", nights, 13))
    expected = "not fitted: 12 of 24 hours of the day recorded, fewer than 18"
    assert rows.loc[("animal", "m0", FIXED), "note"] == expected


def test_groups_average_their_animals(tmp_path):
    animals = [("a", range(48), peak) for peak in (12, 13, 14)] + [("b", range(48), 3)] * 2
    rows = fit(tmp_path, *animals)
    assert rows.loc[("group", "a", FIXED), "n"] == 3
    assert rows.loc[("group", "a", FIXED), "acrophase_h"] == pytest.approx(13)
    few = rows.loc[("group", "b", FIXED)]
    assert np.isnan(few["mesor"]) and few["note"] == "not averaged: 2 animals fitted, fewer than 3"


def test_the_planted_period_and_phase_are_found(mice):
    """Controls rest most at half past one, day after day; the treated ones earlier each day."""
    rows = read_tsv(mice.root / "rhythms.tsv")
    rows = rows[rows["behavior"] == "rest"].set_index(["level", "timeline", "fit"])
    control = rows.loc[("group", "control", FIXED)]
    assert control["acrophase_h_low"] < 13.5 < control["acrophase_h_high"]
    period = rows.loc[("group", "treated", SEARCHED)]
    assert period["period_h_low"] < 23.4 < period["period_h_high"] < 24
