"""What methods gain over their baselines on the same videos, and whether chance would do it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.errors import ConfigError
from homecage.evaluate.intervals import (
    Estimate,
    correct_by_holm,
    estimate,
    estimate_mean,
    try_signs,
)
from homecage.evaluate.metrics import ACCURACIES, Scores
from homecage.evaluate.names import OVER_VIDEOS, POOLED
from homecage.evaluate.options import Comparisons, EvaluationOptions
from homecage.evaluate.tallies import Key, Scored, Tallies

COLUMNS = (
    *("method", "baseline", "frames_of", "level", "average"),
    *("gain_points", "low", "high", "n_units", "p", "p_holm", "test"),
)


def tabulate_gain(
    scored: Scored, comparisons: Comparisons, options: EvaluationOptions
) -> pd.DataFrame:
    """Tabulate what methods add to their baselines, in percentage points, paired by video.

    The p of a mean over videos is that of flipping the signs of videos' differences (of groups', where
    they are drawn as one); ``p_holm`` is corrected for all comparisons on the same frames and level.

    Args:
        scored: the counts, against one annotator.
        comparisons: pairs of a method and its baseline.
        options: how intervals are made.

    Raises:
        ConfigError: a comparison names a method that was not scored.
    """
    known = list(dict.fromkeys(key.method for key in scored))
    rows: list[dict[str, object]] = []
    for method, baseline in comparisons.root:
        for name in (method, baseline):
            if name not in known:
                raise ConfigError(
                    f"comparisons: {name!r} was not scored; expected two of: {', '.join(known)}"
                )
        for key in [key for key in scored if key.method == method]:
            other = scored.get(Key(baseline, key.frames_of, key.against))
            if other is None:  # The human is not scored on FD.
                continue
            for level in ACCURACIES:
                pair: dict[str, object] = {"method": method, "baseline": baseline}
                pair |= {"frames_of": key.frames_of, "level": level}
                rows += [pair | row for row in compare(scored[key], other, level, options)]
    return correct_gains(rows)


def compare(
    tallies: Tallies, baseline: Tallies, level: str, options: EvaluationOptions
) -> list[dict[str, object]]:
    """Compare two methods' accuracies on the same videos: pooled, and as the mean over videos.

    Raises:
        ValueError: they are not of the same videos.
    """
    if tallies.videos != baseline.videos:
        raise ValueError(f"{tallies.videos} are compared with {baseline.videos}")
    score = ACCURACIES[level]
    both = np.stack([one.of_videos["confusion"] for one in (tallies, baseline)], axis=1)
    differences = score(both[:, 0]) - score(both[:, 1])  # Of (V, 2, K, K), (V,).
    pooled = estimate(
        lambda counts: score(counts[..., 0, :, :]) - score(counts[..., 1, :, :]),
        tallies.sum_units(both),
        options,
    )
    return [
        {"average": POOLED} | show_points(pooled),
        {"average": OVER_VIDEOS} | compare_videos(differences, tallies.units, options),
    ]


def compare_videos(
    differences: Scores, units: NDArray[np.intp], options: EvaluationOptions
) -> dict[str, object]:
    """Return the columns of a mean of videos' (V,) differences: in points, tested."""
    p, test = try_signs(differences, units, options)
    return show_points(estimate_mean(differences, units, options)) | {"p": p, "test": test}


def show_points(found: Estimate) -> dict[str, object]:
    """Return the columns of a difference: in points, not tested."""
    return {
        "gain_points": 100 * found.value,
        "low": 100 * found.low,
        "high": 100 * found.high,
        "n_units": found.n_units,
        "p": np.nan,
        "test": "n/a",
    }


def correct_gains(rows: list[dict[str, object]], columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Tabulate gains, their p corrected for all of the same frames, level and average."""
    table = pd.DataFrame(rows, columns=list(columns))
    if len(table):
        families = table.groupby(["frames_of", "level", "average"])["p"]
        table["p_holm"] = families.transform(lambda p: correct_by_holm(p.to_numpy(dtype=float)))
    return table.astype({"n_units": "Int64"})
