"""Time budgets: how often, how long and how soon a video shows each behavior, as a whole and by time bin."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_ROUNDING = 1e-6  # Of a bin: a rest this small is the rounding of times.


def cut_bins_s(from_s: float, to_s: float, bin_s: float) -> NDArray[np.float64]:
    """Return the edges (N + 1,) of bins of one width; the last one ends where the video does."""
    n_bins = max(1, math.ceil((to_s - from_s) / bin_s - _ROUNDING))
    return np.append(from_s + bin_s * np.arange(n_bins), to_s)


def tabulate_budget(
    bouts: pd.DataFrame,
    behaviors: Sequence[str],
    bins_s: NDArray[np.float64],  # (N + 1,), from the video's first frame to the end of its last
) -> pd.DataFrame:
    """Tabulate what each behavior takes of each bin, in the order of time and of the behaviors.

    Columns: bin (from 0), from_s, to_s, behavior, and

    - n_bouts: bouts that start in the bin;
    - total_s: seconds of the behavior in the bin, of bouts that reach over its edges the part inside;
    - share: total_s as a share of the labeled seconds of the bin, NaN where none is labeled;
    - mean_s: mean length of the bouts that start in the bin, whole; NaN where none does;
    - latency_s: seconds from the bin's beginning to the behavior's first moment in it, 0 where it is going
      on already; NaN where it does not occur.
    """
    n_bins, n_behaviors = len(bins_s) - 1, len(behaviors)
    n_cells = n_bins * n_behaviors
    code = pd.Index(behaviors).get_indexer(pd.Index(bouts["behavior"]))
    start_s, stop_s = bouts["start_s"].to_numpy(float), bouts["stop_s"].to_numpy(float)
    first = np.searchsorted(bins_s[1:-1], start_s, side="right")
    last = np.maximum(first, np.searchsorted(bins_s[1:-1], stop_s, side="left"))

    begun = first * n_behaviors + code
    n_bouts = np.bincount(begun, minlength=n_cells)
    whole_s = np.bincount(begun, weights=stop_s - start_s, minlength=n_cells)

    # A bout in so many bins is so many parts.
    n_parts = last - first + 1
    bout = np.repeat(np.arange(len(bouts)), n_parts)
    place = first[bout] + np.arange(len(bout)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    part_from_s = np.maximum(start_s[bout], bins_s[place])
    part_to_s = np.minimum(stop_s[bout], bins_s[place + 1])
    cell = place * n_behaviors + code[bout]
    total_s = np.bincount(cell, weights=part_to_s - part_from_s, minlength=n_cells)
    soonest_s = np.full(n_cells, np.inf)
    np.minimum.at(soonest_s, cell, part_from_s - bins_s[place])

    labeled_s = np.repeat(total_s.reshape(n_bins, n_behaviors).sum(axis=1), n_behaviors)
    undefined = np.full(n_cells, np.nan)
    each = np.repeat(np.arange(n_bins), n_behaviors)
    return pd.DataFrame(
        {
            "bin": each,
            "from_s": bins_s[each],
            "to_s": bins_s[each + 1],
            "behavior": np.tile(np.array(behaviors, dtype=object), n_bins),
            "n_bouts": n_bouts,
            "total_s": total_s,
            "share": np.divide(total_s, labeled_s, out=undefined.copy(), where=labeled_s > 0),
            "mean_s": np.divide(whole_s, n_bouts, out=undefined.copy(), where=n_bouts > 0),
            "latency_s": np.where(np.isinf(soonest_s), np.nan, soonest_s),
        }
    )
