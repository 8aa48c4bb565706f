"""Put the accuracies of one experiment, repeated with several seeds, together, or beside another's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.errors import ConfigError
from homecage.evaluate.comparisons import COLUMNS, compare_videos, correct_gains
from homecage.evaluate.intervals import estimate, estimate_mean, sum_units
from homecage.evaluate.metrics import Scores, ratio
from homecage.evaluate.names import ANNOTATOR_1, OVER_VIDEOS
from homecage.evaluate.options import EvaluationOptions
from homecage.storage.tables import read_tsv, write_tsv

_CELL = ["method", "frames_of", "level"]


def summarize_seeds(*, runs: list[Path], options: EvaluationOptions, output: Path) -> None:
    """Write accuracies and gains over several runs of one experiment, which differ in their seeds.

    A video's accuracies under several seeds are averaged first, and videos are drawn again for the
    intervals. Runs whose truth differs, as that of data simulated with different seeds, are of different
    videos, whatever these are called.

    Args:
        runs: the folders of results.
        options: how intervals are made.
        output: a folder for ``accuracy.tsv`` and ``gain.tsv``: as those of one run, of means over videos,
            with the lowest and the highest seed's. Where the data are simulated, ``ceiling.tsv`` too.

    Raises:
        ConfigError: the runs are of different methods, comparisons or groups.
        StoreError: a run has not finished.
    """
    by_video, by = _read_runs(runs)
    methods = dict(list(by_video.groupby("run", sort=False)["method"]))
    _check_same([tuple(dict.fromkeys(own)) for own in methods.values()], runs, "methods")
    gains = [read_tsv(run / "evaluation" / "gain.tsv") for run in runs]
    pairs = [tuple(dict.fromkeys(zip(g["method"], g["baseline"], strict=True))) for g in gains]
    _check_same(pairs, runs, "comparisons")
    write_tsv(output / "accuracy.tsv", _tabulate_accuracy(by_video, by, options))
    write_tsv(output / "gain.tsv", _tabulate_gain(by_video, pairs[0], options))
    ceilings = [path for run in runs if (path := run / "evaluation" / "ceiling.tsv").exists()]
    if len(ceilings) == len(runs):
        write_tsv(output / "ceiling.tsv", _tabulate_ceiling(ceilings))


def compare_runs(
    *,
    runs: list[Path],
    method: str,
    baseline_runs: list[Path],
    baseline: str,
    options: EvaluationOptions,
    output: Path,
) -> None:
    """Write what a method of one experiment gains over a method of another, on the same videos.

    Args:
        runs: the folders of results of the one experiment, of one seed or several.
        method: its method.
        baseline_runs: those of the other.
        baseline: its method, or the same method before a change.
        options: how intervals are made.
        output: a table like ``gain.tsv``, of means over videos, a video's accuracies under several seeds
            averaged first; errors is the method's share of the baseline's errors, also with an interval.

    Raises:
        ConfigError: the experiments differ in their groups or annotated videos, or lack the methods.
        StoreError: a run has not finished.
    """
    by_video, _ = _read_runs([*runs, *baseline_runs])
    sides = []
    for side, name in ((runs, method), (baseline_runs, baseline)):
        own = by_video[by_video["run"].isin(map(str, side))]
        if name not in set(own["method"]):
            known = ", ".join(dict.fromkeys(own["method"]))
            raise ConfigError(f"{side[0]}: found no method {name!r}; expected one of: {known}")
        sides.append(own[own["method"] == name])
    if any(set(side["data"]) != set(by_video["data"]) for side in sides):
        raise ConfigError(
            f"{runs[0]} and {baseline_runs[0]}: found different annotations; expected two experiments "
            "on the same videos, each with the same seeds of the simulation if they are simulated"
        )
    rows: list[dict[str, object]] = []
    for (frames_of, level), own in sides[0].groupby(["frames_of", "level"], sort=False):
        other = sides[1][(sides[1]["frames_of"] == frames_of) & (sides[1]["level"] == level)]
        values, units = _average_seeds(own, "accuracy")
        before, _ = _average_seeds(other, "accuracy")
        errors = sum_units(np.stack([1 - values, 1 - before], axis=-1), units)
        share = estimate(ratio, errors, options)
        rows.append(
            {
                **{"method": method, "baseline": baseline, "frames_of": frames_of, "level": level},
                "average": OVER_VIDEOS,
                **compare_videos(values - before, units, options),
                **{"errors": share.value, "errors_low": share.low, "errors_high": share.high},
            }
        )
    write_tsv(output, correct_gains(rows, (*COLUMNS, "errors", "errors_low", "errors_high")))


def _read_runs(runs: list[Path]) -> tuple[pd.DataFrame, str]:
    """Read the accuracy of every video in every run, and what is drawn as one."""
    units = [str(read_tsv(run / "evaluation" / "accuracy.tsv")["unit"].iloc[0]) for run in runs]
    _check_same(units, runs, "folds.by")
    truths: list[pd.DataFrame] = []
    tables = []
    for run in runs:
        bouts = read_tsv(run / "evaluation" / "bouts.tsv")
        truth = bouts[bouts["scorer"] == ANNOTATOR_1].reset_index(drop=True)
        same = [number for number, other in enumerate(truths) if truth.equals(other)]
        truths += [] if same else [truth]
        table = read_tsv(run / "evaluation" / "accuracy_by_video.tsv")
        unit = table["video" if units[0] == "video" else units[0]]
        number = same[0] if same else len(truths) - 1
        tables.append(table.assign(run=str(run), data=number, unit=unit.astype(str)))
    return pd.concat(tables, ignore_index=True).dropna(subset="accuracy"), units[0]


def _tabulate_accuracy(by_video: pd.DataFrame, by: str, options: EvaluationOptions) -> pd.DataFrame:
    rows = []
    for key, own in by_video.groupby(_CELL, sort=False):
        values, units = _average_seeds(own, "accuracy")
        found = estimate_mean(values, units, options)
        rows.append(
            {
                **dict(zip(_CELL, key, strict=True)),
                "average": OVER_VIDEOS,
                "accuracy": found.value,
                "low": found.low,
                "high": found.high,
                **_describe_spread(own, "accuracy"),
                "unit": by,
                "n_units": found.n_units,
                "n_frames": own.drop_duplicates(["data", "video"])["n_frames"].sum(),
                "source": "measured",
            }
        )
    return pd.DataFrame(rows)


def _tabulate_gain(
    by_video: pd.DataFrame, pairs: tuple[tuple[str, str], ...], options: EvaluationOptions
) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    of_method = dict(list(by_video.groupby("method")))
    on = ["run", "data", "video", "unit", "frames_of", "level"]
    for method, baseline in pairs:
        both = of_method[method].merge(of_method[baseline], on=on, suffixes=("", "_of_baseline"))
        both["points"] = 100 * (both["accuracy"] - both["accuracy_of_baseline"])
        for (frames_of, level), own in both.groupby(["frames_of", "level"], sort=False):
            values, units = _average_seeds(own, "points")
            rows.append(
                {
                    "method": method,
                    "baseline": baseline,
                    "frames_of": frames_of,
                    "level": level,
                    "average": OVER_VIDEOS,
                    **compare_videos(values / 100, units, options),
                    **_describe_spread(own, "points"),
                }
            )
    return correct_gains(rows, (*COLUMNS, "lowest", "highest", "sd", "n_seeds"))


def _tabulate_ceiling(ceilings: list[Path]) -> pd.DataFrame:
    table = pd.concat([read_tsv(path).assign(run=str(path)) for path in ceilings])
    table = table[table["average"] == OVER_VIDEOS]
    return pd.DataFrame(
        {
            **dict(zip(["told", "frames_of", "level"], key, strict=True)),
            "average": OVER_VIDEOS,
            "accuracy": own["accuracy"].mean(),
            **_describe_spread(own, "accuracy"),
            "n_frames": own["n_frames"].sum(),
        }
        for key, own in table.groupby(["told", "frames_of", "level"], sort=False)
    )


def _average_seeds(table: pd.DataFrame, column: str) -> tuple[Scores, NDArray[np.intp]]:
    """Return the mean over seeds of each video (V,), and its unit's number (V,)."""
    keys = ["data", "unit", "video"]
    means = table.groupby(keys)[column].mean().reset_index()
    units = means.groupby(["data", "unit"], sort=False).ngroup()
    return np.asarray(means[column], np.float64), np.asarray(units, np.intp)


def _describe_spread(table: pd.DataFrame, column: str) -> dict[str, float]:
    """Describe how far apart the seeds' means over videos are."""
    means = table.groupby("run")[column].mean()
    return {
        "lowest": means.min(),
        "highest": means.max(),
        "sd": means.std(),
        "n_seeds": len(means),
    }


def _check_same(found: Sequence[object], runs: Sequence[Path], what: str) -> None:
    for own, run in zip(found, runs, strict=True):
        if own != found[0]:
            raise ConfigError(
                f"{what}: {runs[0]} has {found[0]}, but {run} has {own}; they must be one experiment's"
            )
