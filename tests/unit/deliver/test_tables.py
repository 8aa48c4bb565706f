"""Every number of the tables, against the frames, counted one by one."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.deliver.bouts import Scoring
from homecage.deliver.budget import cut_bins_s
from homecage.deliver.frame_by_frame import export_frames
from homecage.deliver.options import ExportOptions
from homecage.deliver.tables import export_tables, export_video_tables, tabulate
from homecage.errors import PredictionError, StoreError
from homecage.storage.tables import read_tsv

RUNS = st.lists(st.tuples(st.integers(-1, 2), st.integers(1, 5)), min_size=1, max_size=10)
STEPS = st.sampled_from([[0.04], [0.04, 0.1, 0.5]])
BEHAVIORS = ("drink", "rear", "rest", "never")


def make_scoring(runs, steps, begin_s=0.0):
    codes = np.array([code for code, n in runs for _ in range(n)], dtype=np.int8)
    draw = np.random.default_rng(len(codes))
    probability = draw.dirichlet(np.ones(4), size=len(codes)).astype(np.float32)
    probability[codes == -1] = np.nan
    time_s = begin_s + np.append(0, np.cumsum(draw.choice(steps, size=len(codes) - 1)))
    return Scoring(BEHAVIORS, codes, probability, time_s)


def check_tables(frames: pd.DataFrame, tables: dict[str, pd.DataFrame], bin_s: float) -> None:
    """Hold all tables of a video against its frames, by counting.

    A frame lasts until the next one is shown, the last one as long as the median frame.
    """
    names = [None if isinstance(b, float) else b for b in frames["behavior"]]
    times = frames["time_s"].tolist()
    lasting = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    ends = [*times[1:], times[-1] + lasting]

    # Bouts: each as long as it can be; none is missing.
    bouts = tables["bouts"]
    covered = [None] * len(names)
    for bout in bouts.itertuples():
        assert names[bout.start : bout.stop] == [bout.behavior] * (bout.stop - bout.start)
        assert bout.start == 0 or names[bout.start - 1] != bout.behavior
        assert bout.stop == len(names) or names[bout.stop] != bout.behavior
        assert bout.start_s == times[bout.start]
        assert bout.stop_s == pytest.approx(ends[bout.stop - 1], abs=1e-12)
        sure = frames[f"p_{bout.behavior}"][bout.start : bout.stop].astype(float)
        assert bout.probability == pytest.approx(sum(sure) / len(sure), abs=1e-7)
        covered[bout.start : bout.stop] = [bout.behavior] * (bout.stop - bout.start)
    assert covered == names
    assert bouts["start"].is_monotonic_increasing

    # Budgets, of the whole and of bins.
    starts = [i for i in range(len(names)) if names[i] and (not i or names[i - 1] != names[i])]
    whole = {i: sum(ends[j] - times[j] for j in range(i, stop_of(names, i))) for i in starts}
    budget = tables["time_budget"].assign(bin=0, from_s=times[0], to_s=ends[-1])
    by_bin = tables["time_budget_by_bin"]
    n_bins = max(1, math.ceil((ends[-1] - times[0]) / bin_s - 1e-6))
    assert by_bin["bin"].tolist() == np.repeat(range(n_bins), len(BEHAVIORS)).tolist()
    assert by_bin["behavior"].tolist() == [*BEHAVIORS] * n_bins
    for row in pd.concat([budget, by_bin]).itertuples():
        parts = {
            name: [
                (max(a, row.from_s), min(b, row.to_s))
                for said, a, b in zip(names, times, ends, strict=True)
                if said == name and min(b, row.to_s) > max(a, row.from_s)
            ]
            for name in BEHAVIORS
        }
        seconds = {name: sum(b - a for a, b in spans) for name, spans in parts.items()}
        own, total = seconds[row.behavior], sum(seconds.values())
        begun = [
            i
            for i in starts
            if names[i] == row.behavior and row.from_s <= times[i] and times[i] < row.to_s
        ]
        assert row.n_bouts == len(begun) or lasting == 0
        assert row.total_s == pytest.approx(own, abs=1e-9)
        if total > 1e-9:
            assert row.share == pytest.approx(own / total)
        assert math.isnan(row.mean_s) == (row.n_bouts == 0)
        if begun:
            assert row.mean_s == pytest.approx(sum(whole[i] for i in begun) / len(begun))
        if parts[row.behavior]:
            assert row.latency_s == pytest.approx(parts[row.behavior][0][0] - row.from_s, abs=1e-9)
        elif lasting:
            assert math.isnan(row.latency_s)

    # Transitions.
    pairs = [
        (names[i - 1], names[i])
        for i in range(1, len(names))
        if names[i] and names[i - 1] and names[i] != names[i - 1]
    ]
    transitions = tables["transitions"]
    assert list(zip(transitions["before"], transitions["after"], strict=True)) == [
        (one, other) for one in BEHAVIORS for other in BEHAVIORS
    ]
    for row in transitions.itertuples():
        left = sum(one == row.before for one, _ in pairs)
        assert row.n == pairs.count((row.before, row.after))
        assert row.share == pytest.approx(row.n / left) if left else math.isnan(row.share)


def stop_of(names, start):
    return next((i for i in range(start, len(names)) if names[i] != names[start]), len(names))


@settings(max_examples=60)
@given(RUNS, STEPS, st.sampled_from([0.0, 0.5]), st.sampled_from([1.0, 1.3, 100.0]))
def test_all_numbers_of_a_video_are_those_of_its_frames(runs, steps, begin_s, bin_s):
    scoring = make_scoring(runs, steps, begin_s)
    names = np.array([*BEHAVIORS, np.nan], dtype=object)[scoring.codes]
    frames = pd.DataFrame({"time_s": scoring.time_s, "behavior": names})
    for k, name in enumerate(BEHAVIORS):
        frames[f"p_{name}"] = scoring.probability[:, k]
    check_tables(frames, tabulate(scoring, ExportOptions(bin_s=bin_s)), bin_s)


@given(RUNS, STEPS)
def test_bins_add_up_to_the_whole(runs, steps):
    tables = tabulate(make_scoring(runs, steps), ExportOptions(bin_s=1))
    of_bins = tables["time_budget_by_bin"].groupby("behavior", sort=False)
    whole = tables["time_budget"].set_index("behavior")
    assert of_bins["n_bouts"].sum().tolist() == whole["n_bouts"].tolist()
    np.testing.assert_allclose(of_bins["total_s"].sum(), whole["total_s"], atol=1e-9)


def test_a_bout_that_ends_at_the_edge_of_a_bin_is_not_in_the_next():
    scoring = Scoring(
        BEHAVIORS,
        np.array([0, 0, 1, 1], dtype=np.int8),
        np.full((4, 4), 0.25, np.float32),
        np.array([0, 0.5, 1, 1.5]),
    )
    by_bin = tabulate(scoring, ExportOptions(bin_s=1))["time_budget_by_bin"]
    drink, rear = (by_bin[by_bin["behavior"] == name] for name in ("drink", "rear"))
    assert drink["total_s"].tolist() == [1, 0] and rear["total_s"].tolist() == [0, 1]
    assert drink["latency_s"].tolist() == [0, pytest.approx(math.nan, nan_ok=True)]
    assert rear["latency_s"].tolist() == [pytest.approx(math.nan, nan_ok=True), 0]


def test_a_rest_that_is_rounding_makes_no_bin_of_its_own():
    assert (0.1 + 0.2) / 0.1 > 3
    assert cut_bins_s(0, 0.1 + 0.2, 0.1).tolist() == pytest.approx([0, 0.1, 0.2, 0.3])
    assert cut_bins_s(1, 1.95, 0.3).tolist() == pytest.approx([1, 1.3, 1.6, 1.9, 1.95])
    assert cut_bins_s(1, 1.1, 300).tolist() == [1, 1.1]


def test_time_that_runs_backward_stands_still():
    codes = np.array([0, 1, 2, 0], dtype=np.int8)
    scoring = Scoring(BEHAVIORS, codes, np.full((4, 4), 0.25, np.float32), np.array([0, 1, 0.5, 2]))
    assert scoring.bouts["start_s"].tolist() == [0, 1, 1, 2]
    assert scoring.bouts["stop_s"].tolist() == [1, 1, 2, 3]


# As files

CODES = [0] * 40 + [1] * 2 + [0] * 9 + [-1] * 5 + [2] * 30 + [1] * 30


@pytest.fixture
def two_videos(lab):
    lab.predict("v1", CODES, animal="007", group="wild type")
    return lab.predict("v2", CODES[::-1], np.cumsum([0.04, 0.05] * 58), animal="M2", group="")


def told(lab):
    return {"predictions": lab.predictions, "behaviors": list(lab.behaviors)}


@pytest.mark.parametrize("min_bout_s", [None, 0.5])
def test_the_files_of_a_video_are_confirmed_by_its_frame_by_frame_file(two_videos, min_bout_s):
    lab, options = two_videos, ExportOptions(bin_s=1, min_bout_s=min_bout_s)
    out = lab.root / "exports"
    made = told(lab) | {"method": lab.method, "options": options, "output": out / lab.method}
    export_video_tables(videos=lab.sheet, **made)
    export_frames(**made)
    export_tables(videos=lab.sheet, options=options, output=out, **told(lab))
    for video in ("v1", "v2"):
        stem = f"{out}/{lab.method}/{video}"
        frames = pd.read_csv(f"{stem}.frames.csv")
        pd.testing.assert_frame_equal(
            pd.read_parquet(f"{stem}.frames.parquet"), frames, check_dtype=False, rtol=1e-6
        )
        names = ("bouts", "time_budget", "time_budget_by_bin", "transitions")
        own = {name: read_tsv(Path(f"{stem}.{name}.tsv")) for name in names}
        check_tables(frames, own, bin_s=1)
        assert len(own["bouts"]) == (5 if min_bout_s is None else 3)
        for name in names:
            whole = read_tsv(out / f"{name}.tsv")
            part = whole[whole["video"] == video].reset_index(drop=True)
            pd.testing.assert_frame_equal(part, own[name], check_dtype=False)


def test_tables_bear_the_videos_own_names_and_the_columns_of_their_lab(two_videos):
    two_videos.rows[0]["name"] = "day 1/a"
    out = two_videos.root / "exports"
    options = ExportOptions()
    export_tables(videos=two_videos.sheet, options=options, output=out, **told(two_videos))
    first = ["method", "video", "animal", "group"]
    columns = {
        "bouts": ["behavior", "start", "stop", "start_s", "stop_s", "probability"],
        "time_budget": ["behavior", "n_bouts", "total_s", "share", "mean_s", "latency_s"],
        "transitions": ["before", "after", "n", "share"],
    }
    columns["time_budget_by_bin"] = ["bin", "from_s", "to_s", *columns["time_budget"]]
    for name, own in columns.items():
        table = read_tsv(out / f"{name}.tsv")
        assert list(table) == [*first, *own]
        assert set(table["video"]) == {"day 1/a", "v2"} and "007" in set(table["animal"])


def test_a_file_of_another_method_or_of_no_video_is_refused(two_videos):
    lab, options = two_videos, ExportOptions()
    with pytest.raises(StoreError, match=r'its method is "net", expected "other"'):
        export_frames(method="other", options=options, output=lab.root, **told(lab))
    stray = lab.path("v9")
    lab.path("v1").rename(stray)
    with pytest.raises(PredictionError, match="'v9' is no video of the study"):
        export_tables(
            predictions=[stray],
            videos=lab.sheet,
            behaviors=list(lab.behaviors),
            options=options,
            output=lab.root,
        )
    assert not (lab.root / "bouts.tsv").exists()
