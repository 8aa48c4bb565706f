"""What an experiment found, in a few sentences, and what to be wary of before one believes them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from homecage.evaluate.names import FD, FD_STAR, HUMAN, OVER_BEHAVIORS, OVER_FRAMES, OVER_VIDEOS
from homecage.evaluate.options import CONFIDENCE, LEAST_UNITS
from homecage.report.options import Titles
from homecage.report.style import name_methods
from homecage.report.table import show_p

RARE = 0.01
"""Share of the labeled frames below which a behavior's recall rests on little."""

_PERCENT = "\N{NO-BREAK SPACE}%"


def find_best(accuracy: pd.DataFrame, titles: Titles) -> str:
    """Return the method with the highest accuracy over behaviors on FD; the first of equals."""
    rows = _choose(accuracy, FD, OVER_BEHAVIORS).set_index("method")["accuracy"]
    return max(titles.root, key=lambda method: rows.fillna(-1.0).get(method, -1.0))


def say_what_was_found(
    accuracy: pd.DataFrame, gain: pd.DataFrame, per_behavior: pd.DataFrame, titles: Titles
) -> Iterator[str]:
    """Say which method is best and how right it is, beside people and over what it is compared with."""
    best = find_best(accuracy, titles)
    n_methods = len(titles.root)
    has = f"has the highest accuracy of {n_methods} methods" if n_methods > 1 else "has an accuracy"
    rows = {
        (row["method"], row["frames_of"], row["level"]): row
        for row in accuracy.to_dict("records")
        if row["average"] == OVER_VIDEOS and row["source"] == "measured"
    }
    own = rows[best, FD, OVER_BEHAVIORS]
    yield (
        f"“{titles.root[best]}” {has} over behaviors: {_say(own)} on FD, the "
        f"{own['n_frames']:,} frames that annotator 1 labeled. Over frames it is "
        f"{_say(rows[best, FD, OVER_FRAMES])}. Each video was scored by a model that had not learned from it."
    )
    commonest, share = _find_commonest(per_behavior)
    yield f"Who always says {commonest}, the commonest behavior, is right in {_percent(share)} of the frames."
    on_fd = (per_behavior["method"] == best) & (per_behavior["frames_of"] == FD)
    if (HUMAN, FD_STAR, OVER_BEHAVIORS) in rows:
        human = rows[HUMAN, FD_STAR, OVER_BEHAVIORS]
        yield (
            f"On FD*, the {human['n_frames']:,} frames that two people labeled, it agrees with annotator 1 "
            f"in {_say(rows[best, FD_STAR, OVER_BEHAVIORS])} over behaviors and "
            f"{_say(rows[best, FD_STAR, OVER_FRAMES])} over frames; annotator 2 does in {_say(human)} and "
            f"{_say(rows[HUMAN, FD_STAR, OVER_FRAMES])}."
        )
    else:
        yield "No video was annotated twice: how well people agree with each other is not known here."
    names = name_methods(titles, {*gain["method"], *gain["baseline"]})
    for row in _choose(gain, FD, OVER_BEHAVIORS).to_dict("records"):
        if not np.isnan(row["gain_points"]):
            yield (
                f"“{names[row['method']]}” gains {row['gain_points']:+.1f} points"
                f"{_say_interval(row, 1, '+.1f')} over “{names[row['baseline']]}”, over behaviors on FD, "
                f"{show_p(row['p_holm'])}."
            )
    recall = per_behavior[on_fd].dropna(subset="recall")
    if len(recall) > 1:
        ordered = recall.sort_values("recall", kind="stable")
        least, most = ordered.iloc[0], ordered.iloc[-1]
        yield (
            f"The best method finds {most['behavior']} most often ({_percent(most['recall'])} of its frames) "
            f"and {least['behavior']} least often ({_percent(least['recall'])})."
        )


def say_what_to_be_wary_of(
    accuracy: pd.DataFrame,
    per_behavior: pd.DataFrame,
    titles: Titles,
    *,
    simulated: bool,
    warned: list[str],
    divided: list[str],
    verdicts: Mapping[str, int],
    n_aside: int,
) -> Iterator[str]:
    """Say what the numbers do not say, or say less surely than they look.

    Args:
        accuracy: evaluation's table.
        per_behavior: evaluation's table.
        titles: the methods, and what they are called.
        simulated: whether no animal was filmed.
        warned: what stands under the table of methods as a warning.
        divided: animals that a fold holds out and also learns from.
        verdicts: how many files the check found to be what.
        n_aside: how many files were set aside.
    """
    if simulated:
        yield "The data are simulated: these numbers compare methods and say nothing about animals."
    yield from warned
    if divided:
        yield (
            f"Animals that are held out in one video are learned from in another: {_list(divided)}. With "
            "folds.by: animal each stays on one side."
        )
    commonest, share = _find_commonest(per_behavior)
    frames = _choose(accuracy, FD, OVER_FRAMES).set_index("method")["accuracy"]
    if frames.get(find_best(accuracy, titles), share) < share:
        yield f"The best method is right in fewer frames than who always says {commonest}."
    own = accuracy[accuracy["source"] == "measured"]
    for frames_of, rows in own.groupby("frames_of", sort=False):
        n_units = int(rows["n_units"].max())
        if n_units < LEAST_UNITS:
            yield (
                f"{frames_of!s} is of {n_units} {'videos' if rows['unit'].iloc[0] == 'video' else 'groups'}, "
                f"too few for an interval, which takes {LEAST_UNITS}: the next such experiment may differ by "
                "much."
            )
    support = per_behavior.drop_duplicates(["frames_of", "behavior"])
    support = support.assign(
        share=support["support"] / support.groupby("frames_of")["support"].transform("sum")
    )
    absent, rare = (support["support"] == 0, (support["support"] > 0) & (support["share"] < RARE))
    for where, names in _gather(support[absent]):
        yield f"Never seen in {where}, and so without a score there: {names}."
    for where, names in _gather(support[rare]):
        yield (
            f"Rare in {where}, less than {_percent(RARE)} of the frames, so that a few bouts decide the "
            f"recall: {names}."
        )
    if n_aside:
        yield f"The check set aside {_count(n_aside)}, neither learned from nor scored."
    if n := verdicts.get("warning", 0):
        yield f"The check warns of {_count(n)} and lets the study pass as it is."
    if len(titles.root) > 1:
        yield (
            "The best method was picked by the accuracy that is stated for it, which flatters it a little: "
            "the more methods, the more."
        )


def _find_commonest(per_behavior: pd.DataFrame) -> tuple[str, float]:
    """Return the commonest behavior of FD, and its share of the labeled frames."""
    on_fd = per_behavior[per_behavior["frames_of"] == FD].drop_duplicates("behavior")
    support = on_fd.set_index("behavior")["support"]
    return str(support.idxmax()), float(support.max() / support.sum())


def _gather(support: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Return where the same behaviors are so, and which they are."""
    of_frames = support.groupby("frames_of", sort=False)["behavior"].agg(list)
    for names in dict.fromkeys(map(tuple, of_frames)):
        where = [str(frames_of) for frames_of, own in of_frames.items() if tuple(own) == names]
        yield " and ".join(where), _list(list(names))


def _choose(table: pd.DataFrame, frames_of: str, level: str) -> pd.DataFrame:
    """Return the means over videos, of what was measured here."""
    chosen = (table["frames_of"] == frames_of) & (table["level"] == level)
    if "source" in table:
        chosen &= table["source"] == "measured"
    return table[chosen & (table["average"] == OVER_VIDEOS)]


def _say(row: Mapping[Any, Any]) -> str:
    if np.isnan(row["accuracy"]):
        return "n/a"
    return f"{100 * row['accuracy']:.1f}{_PERCENT}{_say_interval(row, 100, '.1f')}"


def _say_interval(row: Mapping[Any, Any], times: int, form: str) -> str:
    if np.isnan(row["low"]):
        return ""
    low, high = times * row["low"], times * row["high"]
    return f" ({_percent(CONFIDENCE)} interval {low:{form}} to {high:{form}})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}{_PERCENT}"


def _count(n_files: int) -> str:
    return f"{n_files} file" + "s" * (n_files != 1)


def _list(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
