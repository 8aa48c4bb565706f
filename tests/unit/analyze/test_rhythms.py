"""Which rhythms are fitted, and what is said of those that are not."""

import numpy as np
import pandas as pd
import pytest

from homecage.analyze.options import AnalysisOptions
from homecage.analyze.rhythms import FIXED, SEARCHED, fit_rhythms
from homecage.storage.tables import read_tsv, write_tsv

HOURLY = AnalysisOptions(bin_min=60)


def fit(tmp_path, *animals, options=HOURLY):
    """Fit animals (group, hours scored, hour of the peak, None: never shown), all by the clock."""
    parts = []
    for number, (group, hours, peak) in enumerate(animals):
        hours = np.asarray(hours)
        turn = 2 * np.pi * (hours + 0.5 - (peak or 0)) / 24
        share = 0.0 * hours if peak is None else 0.5 + 0.4 * np.cos(turn)
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
        "not fitted: 0.83 days scored, fewer than 1",
        "not fitted: 0.83 days scored, fewer than 3",
        "fewer than 3 days: no rhythm is told from drift",
        "not fitted: 1.25 days scored, fewer than 3",
        "",
        "",
    ]
    assert np.isnan(rows.loc[("animal", "m0", FIXED), "mesor"])
    short = rows.loc[("animal", "m1", FIXED)]
    assert short["acrophase_h"] == pytest.approx(13, abs=1e-2)
    assert short[["p", "mesor_low", "amplitude_low", "acrophase_h_low"]].isna().all()
    assert rows.loc[("animal", "m2", FIXED), "p"] < 0.05
    found = rows.loc[("animal", "m2", SEARCHED)]
    assert found["period_h"] == pytest.approx(24, abs=1e-3)
    assert found["acrophase_h"] == pytest.approx(13, abs=1e-2)
    two = fit(tmp_path, ("a", range(48), 13), options=AnalysisOptions(bin_min=60, period_days=2))
    assert two.loc[("animal", "m0", SEARCHED), "note"] == ""


def test_half_of_each_day_is_no_wave(tmp_path):
    nights = [24 * day + hour for day in range(4) for hour in range(12)]
    rows = fit(tmp_path, ("a", nights, 13))
    expected = "not fitted: 12 of 24 hours of the day scored, fewer than 18"
    assert rows.loc[("animal", "m0", FIXED), "note"] == expected


def test_groups_average_their_animals(tmp_path):
    animals = [("a", range(48), peak) for peak in (12, 13, 14)] + [("b", range(48), 3)] * 2
    rows = fit(tmp_path, *animals)
    assert rows.loc[("group", "a", FIXED), "n"] == 3
    assert rows.loc[("group", "a", FIXED), "acrophase_h"] == pytest.approx(13)
    few = rows.loc[("group", "b", FIXED)]
    assert np.isnan(few["mesor"]) and few["note"] == "not averaged: 2 animals fitted, fewer than 3"


def test_an_animal_that_never_shows_it_counts_in_its_group(tmp_path):
    rows = fit(tmp_path, *[("a", range(72), 13)] * 3, ("a", range(72), None))
    still = rows.loc[("animal", "m3", FIXED)]
    assert (still["mesor"], still["amplitude"], still["note"]) == (0, 0, "the same in every bin")
    group = rows.loc[("group", "a", FIXED)]
    assert (group["n"], group["mesor"]) == (4, pytest.approx(3 / 4 * 0.5))
    assert group["amplitude"] == pytest.approx(3 / 4 * 0.4, rel=1e-2)
    assert rows.loc[("group", "a", SEARCHED), "n"] == 3


def test_groups_have_no_period_of_what_is_noise(tmp_path):
    """Three of seven animals have a rhythm: fewer than half."""
    animals = [("a", range(96), 13)] * 3 + [("a", range(96), None)] * 4
    period = fit(tmp_path, *animals).loc[("group", "a", SEARCHED)]
    assert np.isnan(period["period_h"])
    assert period["note"] == "not averaged: 3 of 7 animals with a rhythm, fewer than half"
    few = fit(tmp_path, *animals[2:4]).loc[("group", "a", SEARCHED)]
    assert few["note"] == "not averaged: 1 animals with a rhythm, fewer than 3"


def test_the_planted_period_and_phase_are_found(mice):
    """Controls rest most at half past one, day after day; the treated ones earlier each day."""
    rows = read_tsv(mice.root / "rhythms.tsv")
    rows = rows[rows["behavior"] == "rest"].set_index(["level", "timeline", "fit"])
    control = rows.loc[("group", "control", FIXED)]
    assert control["acrophase_h_low"] < 13.5 < control["acrophase_h_high"]
    period = rows.loc[("group", "treated", SEARCHED)]
    assert period["period_h_low"] < 23.4 < period["period_h_high"] < 24
