import numpy as np
import pandas as pd
import pytest

from homecage.errors import ConfigError
from homecage.evaluate.bouts import list_bouts
from homecage.evaluate.evaluate import evaluate_predictions
from homecage.evaluate.options import Comparisons, EvaluationOptions
from homecage.evaluate.seeds import compare_runs, summarize_seeds
from homecage.report.options import Titles
from homecage.report.table import format_markdown, list_notes, list_rows
from homecage.storage.tables import read_tsv, write_tsv

QUICK = EvaluationOptions(resamples=200)
VIDEOS = [f"v{i}" for i in range(6)]


@pytest.fixture
def run_seed(make_study):
    """Evaluate predictions of a seed; return the folder of its results."""

    def run(right, truth=(0, 0, 1, 1), by="video", comparisons=(("better", "plain"),), **names):
        study = make_study()
        for index, video in enumerate(VIDEOS):
            study.describe(video, animal=f"M{index // 2}")
        study.annotate("annotator_1", {key: list(truth) for key in VIDEOS})
        study.predict(names.get("plain", "plain"), {key: [2, 2, 2, truth[3]] for key in VIDEOS})
        better = {v: [*truth[:n], *[2] * (4 - n)] for v, n in zip(VIDEOS, right, strict=True)}
        study.predict("better", better)
        evaluate_predictions(
            **study.told(),
            comparisons=Comparisons(comparisons),
            by=by,
            options=QUICK,
            published="no",
            output=study.root / "evaluation",
        )
        list_bouts(**study.told(), output=study.root / "evaluation")
        return study.root

    return run


def summarize(runs, output):
    summarize_seeds(runs=runs, options=QUICK, output=output)
    return read_tsv(output / "accuracy.tsv"), read_tsv(output / "gain.tsv")


def row_of(table, **values):
    rows = table
    for column, value in values.items():
        rows = rows[rows[column] == value]
    (row,) = rows.to_dict("records")
    return row


def test_seeds_of_the_same_videos_are_averaged_in_each_video(run_seed, tmp_path):
    first, second = (4, 2, 3, 2, 4, 2), (2, 4, 3, 2, 4, 4)
    runs = [run_seed(first), run_seed(second)]
    accuracy, gain = summarize(runs, tmp_path)
    row = row_of(accuracy, method="better", level="frames")
    of_videos = np.array([first, second]).mean(axis=0) / 4
    assert row["accuracy"] == pytest.approx(of_videos.mean())
    assert (row["n_units"], row["n_seeds"], row["n_frames"]) == (6, 2, 24)
    assert (row["lowest"], row["highest"]) == pytest.approx((17 / 24, 19 / 24))
    assert row["sd"] == pytest.approx(np.std([17 / 24, 19 / 24], ddof=1))
    assert row["low"] < row["accuracy"] < row["high"]
    # The gains of a video over its seeds: all of them positive.
    row = row_of(gain, method="better", level="frames")
    assert row["gain_points"] == pytest.approx(100 * (of_videos.mean() - 0.25))
    assert (row["p"], row["n_units"], row["n_seeds"]) == (2 / 2**6, 6, 2)
    assert row["lowest"] == pytest.approx(100 * (17 / 24 - 1 / 4))


def test_seeds_of_other_data_are_of_other_videos(run_seed, tmp_path):
    """Whatever these are called: simulated ones bear the same names under every seed."""
    runs = [run_seed((4, 2, 3, 2, 4, 2)), run_seed((2, 4, 3, 2, 4, 4), truth=(1, 1, 0, 0))]
    accuracy, gain = summarize(runs, tmp_path)
    row = row_of(accuracy, method="better", level="frames")
    assert row["accuracy"] == pytest.approx(36 / 48)
    assert (row["n_units"], row["n_seeds"], row["n_frames"]) == (12, 2, 48)
    row = row_of(gain, method="better", level="frames")
    assert (row["p"], row["n_units"]) == (2 / 2**12, 12)


def test_one_seed_is_what_it_was(run_seed, tmp_path):
    run = run_seed((4, 2, 3, 2, 4, 2))
    for found, name in zip(summarize([run], tmp_path), ("accuracy", "gain"), strict=True):
        own = read_tsv(run / "evaluation" / f"{name}.tsv")
        own = own[own["average"] == "videos"].reset_index(drop=True)
        pd.testing.assert_frame_equal(found[list(own.columns)], own, check_dtype=False)
        assert found["sd"].isna().all()


def test_groups_stay_together(run_seed, tmp_path):
    runs = [run_seed((4, 2, 3, 2, 4, 2), by="animal") for _ in range(2)]
    accuracy, gain = summarize(runs, tmp_path)
    assert set(accuracy["n_units"]) == {3} and set(accuracy["unit"]) == {"animal"}
    assert accuracy["low"].isna().all()
    assert set(gain["p"]) == {2 / 2**3}


def test_the_table_shows_the_range_of_the_seeds(run_seed, tmp_path):
    runs = [run_seed((4, 2, 3, 2, 4, 2)), run_seed((2, 4, 3, 2, 4, 4))]
    accuracy, gain = summarize(runs, tmp_path)
    rows = list_rows(accuracy, gain, Titles({}))
    text = format_markdown(rows, list_notes(accuracy, gain, "a study"))
    assert [row.name for row in rows] == ["plain", "better", "gain of better over plain (points)"]
    assert rows[1].cells[3].startswith("75.0 [") and rows[1].cells[3].endswith("] (70.8 to 79.2)")
    assert "(the lowest and the highest of 2 seeds)" in text


def test_the_ceiling_of_simulated_data_is_the_mean_over_seeds(run_seed, tmp_path):
    runs = [run_seed((4, 2, 3, 2, 4, 2)), run_seed((2, 4, 3, 2, 4, 4))]
    for run, accuracy in zip(runs, (0.8, 0.9), strict=True):
        summarize(runs, tmp_path)
        assert not (tmp_path / "ceiling.tsv").exists()
        rows = {"told": "mode", "frames_of": "FD", "level": "frames", "n_frames": 24}
        table = pd.DataFrame([rows | {"average": "videos", "accuracy": accuracy}])
        write_tsv(run / "evaluation" / "ceiling.tsv", table)
    accuracy, gain = summarize(runs, tmp_path)
    ceiling = read_tsv(tmp_path / "ceiling.tsv")
    (row,) = [r for r in list_rows(accuracy, gain, Titles({}), ceiling) if r.kind == "ceiling"]
    assert row.cells[3] == "85.0 (80.0 to 90.0)"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"plain": "poor", "comparisons": ()}, "methods: .*'plain', 'better'.* has .*'poor'"),
        ({"by": "animal"}, "folds.by: .* has video, but .* has animal"),
        ({"comparisons": (("plain", "better"),)}, "comparisons: .* must be one experiment's"),
    ],
)
def test_runs_of_other_experiments_are_refused(run_seed, tmp_path, other, message):
    right = (4, 2, 3, 2, 4, 2)
    with pytest.raises(ConfigError, match=message):
        summarize([run_seed(right), run_seed(right, **other)], tmp_path)
    assert not list(tmp_path.iterdir())


def compare(runs, baseline_runs, output, baseline="plain"):
    compare_runs(
        runs=runs,
        method="better",
        baseline_runs=baseline_runs,
        baseline=baseline,
        options=QUICK,
        output=output / "gain.tsv",
    )
    return row_of(read_tsv(output / "gain.tsv"), level="frames")


def test_two_experiments_are_compared_in_each_video(run_seed, tmp_path):
    """With several seeds on one side, one on the other, and other methods besides."""
    first, second = (4, 2, 3, 2, 4, 2), (2, 4, 3, 2, 4, 3)
    other = run_seed((2, 2, 2, 2, 2, 2), plain="poor", comparisons=())
    row = compare([run_seed(first), run_seed(second)], [other], tmp_path, "better")
    differences = np.array([first, second]).mean(axis=0) / 4 - 0.5
    assert row["gain_points"] == pytest.approx(100 * differences.mean())
    assert row["errors"] == pytest.approx((0.5 - differences.mean()) / 0.5)
    assert row["errors_low"] < row["errors"] < row["errors_high"]
    assert (row["p"], row["n_units"]) == (4 / 2**6, 6)  # One video does not differ.


def test_comparing_methods_of_one_experiment_is_its_own_gain(run_seed, tmp_path):
    run = run_seed((4, 2, 3, 2, 4, 2))
    own = read_tsv(run / "evaluation" / "gain.tsv")
    own = row_of(own, average="videos", level="frames", frames_of="FD")
    row = compare([run], [run], tmp_path)
    assert {column: row[column] for column in own} == own


@pytest.mark.parametrize(
    ("baseline", "truth", "message"),
    [
        ("poor", (0, 0, 1, 1), "found no method 'poor'; expected one of: plain, better"),
        (
            "plain",
            (1, 1, 0, 0),
            "found different annotations; expected two experiments on the same",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(run_seed, tmp_path, baseline, truth, message):
    right = (4, 2, 3, 2, 4, 2)
    with pytest.raises(ConfigError, match=message):
        compare([run_seed(right)], [run_seed(right, truth=truth)], tmp_path, baseline)
    assert not list(tmp_path.iterdir())
