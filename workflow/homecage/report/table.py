"""Write the accuracy table, as in the paper's Table 1, for the report and for the README."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from homecage.evaluate.names import FD, FD_STAR, OVER_BEHAVIORS, OVER_FRAMES, OVER_VIDEOS, POOLED
from homecage.evaluate.options import CONFIDENCE, LEAST_UNITS
from homecage.pages.base import fill_page
from homecage.report.options import Titles
from homecage.report.style import name_methods
from homecage.storage.publish import publish
from homecage.storage.tables import read_tsv

COLUMNS = tuple(product((FD_STAR, FD), (OVER_BEHAVIORS, OVER_FRAMES)))
"""The numeric columns of the table, in the paper's order."""


Show = Callable[[dict[Any, Any], dict[Any, Any]], str]
"""Writes a cell from a row of the mean over videos, and from the pooled one, which may be empty."""


@dataclass(frozen=True)
class Row:
    """A line of the table: who, and what stands in each of ``COLUMNS``."""

    name: str
    cells: tuple[str, ...]
    kind: str
    """``measured``, ``ceiling``, ``gain`` or ``published``."""


def write_accuracy(
    *,
    accuracy: Path,
    gain: Path,
    ceiling: Path | None = None,
    leakage: Path | None = None,
    left_out: Literal["yes", "no"] = "no",
    aside: list[str] | None = None,
    corrected: list[str] | None = None,
    titles: Titles,
    data_label: str,
    html: Path,
    markdown: Path,
) -> None:
    """Write methods x (FD*, FD) x (over behaviors, over frames), in percent.

    Each cell is the mean over videos, as in the paper, with its interval and, in parentheses, the
    accuracy pooled over all frames; or what a method gains over another, with its interval and p.

    Args:
        accuracy: evaluation's ``accuracy.tsv``.
        gain: evaluation's ``gain.tsv``.
        ceiling: of simulated data, the accuracy of a rule that is told what no method can know: told,
            frames_of, level, average, accuracy.
        leakage: the leakage audit, ``leakage.tsv``.
        left_out: whether the convnet did without the clips that it found.
        aside: files that failed the check and left the study, each with the reason.
        corrected: the videos, by their keys, whose annotation was corrected.
        titles: the methods, and what they are called; if empty, as in the tables.
        data_label: what the data are, written under the table.
        html: the table as a page of its own.
        markdown: the same table for a README.
    """
    table, gains = read_tsv(accuracy), read_tsv(gain)
    ceilings = read_tsv(ceiling) if ceiling else None
    rows = list_rows(table, gains, titles, ceilings)
    notes = list_notes(table, gains, data_label, with_ceiling=ceilings is not None)
    if leakage:
        notes += warn_of_leakage(read_tsv(leakage, text=True), left_out == "yes")
    notes += warn_of_corrections(corrected or [])
    notes += [
        f"Set aside by the check, neither learned from nor scored: {file}" for file in aside or ()
    ]
    fill_page(html, "report/table.html", rows=rows, notes=notes)
    with publish(markdown) as temporary:
        temporary.write_text(format_markdown(rows, notes), encoding="utf-8")


def list_rows(
    accuracy: pd.DataFrame,
    gain: pd.DataFrame,
    titles: Titles,
    ceiling: pd.DataFrame | None = None,
) -> list[Row]:
    """List the lines: what was measured, what could be reached, what was gained, what was published."""
    measured = accuracy[accuracy["source"] == "measured"]
    published = accuracy[accuracy["source"] == "published"]
    found = dict.fromkeys(measured["method"])
    titles = titles if titles.root else Titles({method: method for method in found})
    names = name_methods(titles, found)
    rows = [
        Row(name, _fill(measured[measured["method"] == method], _show_accuracy), "measured")
        for method, name in names.items()
    ]
    if ceiling is not None:
        rows += [
            Row(
                f"simulation's ceiling: told {told}",
                _fill(own.assign(low=np.nan, high=np.nan), _show_accuracy),
                "ceiling",
            )
            for told, own in ceiling.groupby("told", sort=False)
        ]
    rows += [
        Row(
            f"gain of {names[str(method)]} over {names[str(baseline)]} (points)",
            _fill(own, _show_gain),
            "gain",
        )
        for (method, baseline), own in gain.groupby(["method", "baseline"], sort=False)
    ]
    rows += [
        Row(
            f"{method}, published",
            _fill(published[published["method"] == method], _show_accuracy),
            "published",
        )
        for method in published["method"].unique()
    ]
    return rows


def warn_of_corrections(corrected: list[str]) -> list[str]:
    """Say that someone has changed what is true, having seen what methods say."""
    if not corrected:
        return []
    return [
        f"Annotator 1's labels were corrected in {len(corrected)} videos ({', '.join(corrected)}): who "
        "corrects in view of what a method says makes it look better there. A claim is best scored on videos "
        "that nobody corrected."
    ]


def warn_of_leakage(found: pd.DataFrame, left_out: bool) -> list[str]:
    """Say what is on both sides, if anything: learned from, and held out."""
    shared, named = (found[found["kind"] == kind] for kind in ("content", "name"))
    of_clips = shared["clip"] != ""
    counts = {
        "clips that show what a full video shows": shared.loc[of_clips, "clip"].nunique(),
        "pairs of full videos that show the same": (~of_clips).sum(),
        "pairs of recordings with the name or time of one": len(named),
    }
    if not (said := [f"{words}: {count}" for words, count in counts.items() if count]):
        return []
    end = (
        "The convnet has not learned from such clips."
        if left_out
        else "The same numbers without such clips: snakemake --cores all --config "
        "'balance={leave_out_shared: true}'."
    )
    return [f"WARNING, leakage: {'; '.join(said)} (results/evaluation/leakage.tsv). {end}"]


def list_notes(
    accuracy: pd.DataFrame, gain: pd.DataFrame, data_label: str, *, with_ceiling: bool = False
) -> list[str]:
    """List what stands under the table."""
    measured = accuracy[accuracy["source"] == "measured"]
    n_frames = measured.groupby("frames_of")["n_frames"].max()
    unit = measured["unit"].iloc[0]
    units = "videos" if unit == "video" else f"groups by {unit}"
    beside = "pooled over all frames"
    if "n_seeds" in measured:
        beside = f"the lowest and the highest of {measured['n_seeds'].max()} seeds"
    notes = [
        f"Data: {data_label}.",
        f"Accuracy in percent: the mean over videos [its {100 * CONFIDENCE:.0f} % interval, by "
        f"drawing {units} again] ({beside}). "
        "Over behaviors: the mean recall of the behaviors that occur.",
        " ".join(
            [
                f"FD: all {n_frames.get(FD, 0):,.0f} frames that annotator 1 labeled.",
                f"FD*: the {n_frames[FD_STAR]:,.0f} frames that annotator 2 labeled too."
                if FD_STAR in n_frames
                else "FD*: n/a, no video was annotated twice.",
            ]
        ),
    ]
    for frames_of, n_units in measured.groupby("frames_of", sort=False)["n_units"].max().items():
        if n_units < LEAST_UNITS:
            notes.append(
                f"No interval on {frames_of}: {n_units:.0f} {units} are too few; it takes {LEAST_UNITS}."
            )
    if len(gain):
        notes.append(
            f"Gain: the difference of the means over the same videos, in points; p from flipping the "
            f"signs of the differences of {units}, corrected for all gains of a column (Holm)."
        )
    if "published" in set(accuracy["source"]):
        notes.append(
            "Published: Table 1 of Le & Murari, averages over their 12 repetitions; not measured here."
        )
    if "simulated" in data_label.lower():
        notes.append("Simulated data: these numbers say nothing about animals.")
    if with_ceiling:
        notes.append(
            "Ceiling: of a rule that is told how each clip was simulated; told, not measured from pixels."
        )
    return notes


def format_markdown(rows: list[Row], notes: list[str]) -> str:
    """Format the table for a README."""
    head = ["method", *(f"{frames_of}, over {level}" for frames_of, level in COLUMNS)]
    body = [[row.name, *row.cells] for row in rows]
    table = [head, ["---", *["---:"] * len(COLUMNS)], *body]
    lines = ["| " + " | ".join(_escape_markdown(cell) for cell in line) + " |" for line in table]
    return "\n".join([*lines, "", *(f"{_escape_markdown(note)}  " for note in notes)]) + "\n"


def _fill(table: pd.DataFrame, show: Show) -> tuple[str, ...]:
    """Return what stands in each of ``COLUMNS``: of the mean over videos, and pooled."""
    rows = {
        (row["frames_of"], row["level"], row["average"]): row for row in table.to_dict("records")
    }
    return tuple(
        show(rows[(*column, OVER_VIDEOS)], rows.get((*column, POOLED), {}))
        if (*column, OVER_VIDEOS) in rows
        else "n/a"
        for column in COLUMNS
    )


def _show_accuracy(videos: dict[Any, Any], pooled: dict[Any, Any]) -> str:
    if np.isnan(videos["accuracy"]):
        return "n/a"
    shown = {name: 100 * videos.get(name, np.nan) for name in ("low", "high", "lowest", "highest")}
    beside = f"{100 * pooled['accuracy']:.1f}" if pooled else ""
    return f"{100 * videos['accuracy']:.1f}{_show_spread(shown, '.1f', beside)}"


def _show_gain(videos: dict[Any, Any], _: dict[Any, Any]) -> str:
    if np.isnan(videos["gain_points"]):
        return "n/a"
    spread = _show_spread(videos, "+.1f")
    return f"{videos['gain_points']:+.1f}{spread}, {show_p(videos['p_holm'])}"


def _show_spread(row: dict[Any, Any], form: str, beside: str = "") -> str:
    """Write what stands behind a number: its interval, and the seeds' range or what else is given."""
    if not np.isnan(row.get("lowest", np.nan)):
        beside = f"{row['lowest']:{form}} to {row['highest']:{form}}"
    interval = "" if np.isnan(row["low"]) else f" [{row['low']:{form}}, {row['high']:{form}}]"
    return interval + (f" ({beside})" if beside else "")


def show_p(p: float) -> str:
    """Write a p value as in a table."""
    return "p < .001" if p < 0.001 else "p = " + f"{p:.3f}".removeprefix("0")


def _escape_markdown(text: str) -> str:
    return re.sub(r"([*|<])", r"\\\1", text)
