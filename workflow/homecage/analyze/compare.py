"""Compare groups of animals: how far apart they are, whether by chance, and whether the method could tell.

Letters: A animals, M measures.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.analyze.effects import Estimate, estimate_difference, estimate_hedges_g, estimate_mean
from homecage.analyze.options import SIGNIFICANCE, AnalysisOptions
from homecage.analyze.permutation import find_smallest_p, permute_labels
from homecage.analyze.tally import MEASURES
from homecage.errors import HomecageError
from homecage.storage.tables import read_tsv, write_tsv

Values = NDArray[np.float64]

WITHIN = "not clearly more than what the method gets wrong"
LEAST_ANNOTATED = 2
"""Animals of each of two groups whose error must be known, to say that a difference is more than it."""


def compare_groups(
    *,
    animals: Path,
    transitions: Path,
    options: AnalysisOptions,
    groups: Path,
    means: Path,
    of_transitions: Path,
) -> None:
    """Write how groups of animals differ in time budgets, bouts and transitions; the animal is the unit.

    Args:
        animals: the animals' ``animals.tsv``.
        transitions: their ``transitions.tsv``.
        options: the reference, how many animals a test needs, and how many relabelings it tries.
        groups: the table of differences, a line for each measure, behavior and pair of groups.
        means: the table of the groups' means.
        of_transitions: the table of differences between transitions.

    Raises:
        HomecageError: no animal is of a group.
        StoreError: there is no such table.
    """
    table = _read_grouped(animals)
    differences, levels = [], []
    for measure in MEASURES:
        values = _spread(table, ["behavior"], measure)
        errors = _spread(table, ["behavior"], f"{measure}_error")
        labels = _get_groups(table)
        said = {"method": _get_one(table, "method"), "unit": _get_one(table, "unit")}
        compared = compare_pairs(values, errors, labels, options)
        differences.append(_begin(compared, {**said, "measure": measure}))
        levels.append(_begin(tabulate_means(values, labels), {**said, "measure": measure}))
    write_tsv(groups, pd.concat(differences, ignore_index=True))
    write_tsv(means, pd.concat(levels, ignore_index=True))

    table = _read_grouped(transitions)
    table = table[table["before"] != table["after"]]
    keys = ["before", "after"]
    values, errors = _spread(table, keys, "share"), _spread(table, keys, "share_error")
    compared = compare_pairs(values, errors, _get_groups(table), options)
    said = {"method": _get_one(table, "method"), "unit": _get_one(table, "unit")}
    write_tsv(of_transitions, _begin(compared, said))


def compare_pairs(
    values: pd.DataFrame, errors: pd.DataFrame, groups: Sequence[str], options: AnalysisOptions
) -> pd.DataFrame:
    """Compare each pair of groups in each measure.

    ``p_corrected`` is corrected over the measures by max-T, and over the pairs by Bonferroni's factor.

    Args:
        values: (A, M), named by their columns; NaN where an animal has none.
        errors: (A, M), what the method says too much; NaN where it is not known.
        groups: (A,), the animals' groups.
        options: see ``compare_groups``.

    Returns:
        The names of the measures, then group, other, n, n_other, mean, mean_other, difference (the first
        less the other, with low and high), g (Hedges', with g_low and g_high), p, p_corrected, smallest_p
        (the least ``p_corrected`` that so many animals can give), test, n_annotated, n_annotated_other, bias,
        spread, error, within_error and note.
    """
    pairs = list(_pair(groups, options.reference))
    return pd.concat(
        [
            _compare_pair(values, errors, np.array(groups), pair, len(pairs), options)
            for pair in pairs
        ]
        or [_compare_pair(values, errors, np.array(groups), ("n/a", "n/a"), 1, options).iloc[:0]],
        ignore_index=True,
    )


def tabulate_means(values: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """Tabulate the mean of each group (n, mean, low, high, sd) in each measure of values (A, M)."""
    rows = []
    for group in dict.fromkeys(groups):
        own = values[np.array(groups) == group]
        for name, column in own.items():
            known = column.dropna().to_numpy()
            sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
            rows.append((*_tuple(name), group, len(known), *estimate_mean(known), sd))
    return pd.DataFrame(
        rows, columns=[*values.columns.names, "group", "n", "mean", "low", "high", "sd"]
    )


def _compare_pair(
    values: pd.DataFrame,
    errors: pd.DataFrame,
    groups: NDArray[np.str_],
    pair: tuple[str, str],
    n_pairs: int,
    options: AnalysisOptions,
) -> pd.DataFrame:
    chosen = np.isin(groups, pair)
    first = groups[chosen] == pair[0]
    own = values.to_numpy()[chosen]
    known = ~np.isnan(own)
    sizes = np.stack([known[first].sum(axis=0), known[~first].sum(axis=0)], axis=-1)  # (M, 2)
    smallest = np.array(
        [find_smallest_p(*size, most=options.relabelings) for size in sizes.astype(int)]
    )
    smallest = np.minimum(1, n_pairs * smallest)
    tested = (sizes.min(axis=1) >= options.least_animals) & (smallest <= SIGNIFICANCE)
    p, corrected = np.full((2, len(sizes)), np.nan)
    how = ""
    if tested.any():
        permuted = permute_labels(own[:, tested], first, options.relabelings)
        p[tested], corrected[tested] = permuted.p, np.minimum(1, n_pairs * permuted.corrected)
        how = "exact" if permuted.exact else "random"
    rows = []
    for place, name in enumerate(values.columns):
        a, b = (own[side & known[:, place], place] for side in (first, ~first))
        difference, g = estimate_difference(a, b), estimate_hedges_g(a, b)
        wrong = _measure_error(errors.to_numpy()[:, place], groups, pair)
        within = _say_within(difference, wrong)
        whole = bool(known[:, place].all())
        notes = [
            "" if tested[place] else _say_untested(sizes[place], smallest[place], whole, options),
            WITHIN if within == "yes" else "",
        ]
        rows.append(
            {
                **dict(zip(map(str, values.columns.names), _tuple(name), strict=True)),
                "group": pair[0],
                "other": pair[1],
                "n": len(a),
                "n_other": len(b),
                "mean": a.mean() if len(a) else np.nan,
                "mean_other": b.mean() if len(b) else np.nan,
                "difference": difference.value,
                "low": difference.low,
                "high": difference.high,
                "g": g.value,
                "g_low": g.low,
                "g_high": g.high,
                "p": p[place],
                "p_corrected": corrected[place],
                "smallest_p": smallest[place],
                "test": how if tested[place] else "none",
                **wrong,
                "within_error": within,
                "note": "; ".join(filter(None, notes)),
            }
        )
    return pd.DataFrame(rows)


def _measure_error(
    errors: Values,  # (A,)
    groups: NDArray[np.str_],
    pair: tuple[str, str],
) -> dict[str, float]:
    """Measure how far the method is off, animal by animal of both groups.

    The error that a difference stands beside is the root mean square of the animals' errors, or, where that
    is larger, how much more the method is off in one group than in the other: that alone makes a difference.
    """
    own = [errors[~np.isnan(errors) & (groups == group)] for group in pair]
    found = np.concatenate(own)
    n_annotated = {"n_annotated": len(own[0]), "n_annotated_other": len(own[1])}
    if not len(found):
        return n_annotated | dict.fromkeys(["bias", "spread", "error"], np.nan)
    apart = abs(own[0].mean() - own[1].mean()) if all(map(len, own)) else 0.0
    return n_annotated | {
        "bias": float(found.mean()),
        "spread": float(found.std(ddof=1)) if len(found) > 1 else np.nan,
        "error": max(float(np.sqrt((found**2).mean())), float(apart)),
    }


def _say_within(difference: Estimate, wrong: dict[str, float]) -> str:
    """Say whether a difference may be the method's error: "no" where its whole interval is beyond that."""
    n_annotated = min(wrong["n_annotated"], wrong["n_annotated_other"])
    if np.isnan(difference.low) or n_annotated < LEAST_ANNOTATED:
        return "n/a"
    return "no" if max(0, difference.low, -difference.high) >= wrong["error"] else "yes"


def _say_untested(
    size: NDArray[np.int_], smallest: float, whole: bool, options: AnalysisOptions
) -> str:
    """Say why these are not tested, which are all of two groups, or those that have the measure."""
    alone = "" if whole else "of these alone "
    few = size.min() < options.least_animals
    return (
        f"not tested: {size[0]} and {size[1]} animals"
        + (f", fewer than {options.least_animals} in a group" if few else "")
        + f"; {alone}no p below {smallest:.2g} is possible"
    )


def _pair(groups: Sequence[str], reference: str | None) -> Iterator[tuple[str, str]]:
    """Yield (group, other): each with each that comes before it, or with the reference alone."""
    names = list(dict.fromkeys(groups))
    if reference is not None:
        yield from ((name, reference) for name in names if name != reference)
    else:
        yield from ((later, earlier) for earlier, later in combinations(names, 2))


def _read_grouped(path: Path) -> pd.DataFrame:
    table = read_tsv(path)
    grouped = table[table["group"] != "n/a"]
    if grouped.empty:
        raise HomecageError(
            f"{path}: found no animal of a group; expected the animals' groups in a column of the sheet of "
            "videos (analysis.group)"
        )
    return grouped


def _spread(table: pd.DataFrame, keys: list[str], measure: str) -> pd.DataFrame:
    """Return the values (A, M) of a measure, in the order of the table."""
    wide = table.pivot(index="animal", columns=keys, values=measure)
    columns = pd.MultiIndex.from_frame(table[keys].drop_duplicates())
    wide.columns = pd.MultiIndex.from_tuples(map(_tuple, wide.columns), names=keys)
    return wide.reindex(index=table["animal"].drop_duplicates(), columns=columns).astype(float)


def _get_groups(table: pd.DataFrame) -> list[str]:
    return table.drop_duplicates("animal")["group"].tolist()


def _get_one(table: pd.DataFrame, column: str) -> str:
    return str(table[column].iloc[0])


def _begin(table: pd.DataFrame, said: dict[str, str]) -> pd.DataFrame:
    return pd.concat(
        [pd.DataFrame({key: [value] * len(table) for key, value in said.items()}), table], axis=1
    )


def _tuple(name: object) -> tuple[object, ...]:
    return name if isinstance(name, tuple) else (name,)
