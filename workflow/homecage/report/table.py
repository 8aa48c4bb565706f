"""Write the accuracy table, as in the paper's Table 1, for the report and for the README."""

import re
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from homecage.evaluate.names import FD, FD_STAR, OVER_BEHAVIORS, OVER_FRAMES
from homecage.report.options import Titles
from homecage.report.style import name_methods
from homecage.storage.publish import publish
from homecage.storage.tables import read_tsv

COLUMNS = tuple(product((FD_STAR, FD), (OVER_BEHAVIORS, OVER_FRAMES)))
"""The numeric columns of the table, in the paper's order."""


@dataclass(frozen=True)
class Row:
    """A line of the table: who, and what stands in each of ``COLUMNS``."""

    name: str
    cells: tuple[str, ...]
    kind: str
    """``measured``, ``published`` or ``gain``."""


def write_accuracy(
    *, accuracy: Path, gain: Path, titles: Titles, data_label: str, html: Path, markdown: Path
) -> None:
    """Write methods x (FD*, FD) x (over behaviors, over frames), in percent.

    Each cell is the accuracy pooled over all frames and, in parentheses, the mean over videos.

    Args:
        accuracy: evaluation's ``accuracy.tsv``.
        gain: evaluation's ``gain.tsv``.
        titles: the methods, and what they are called.
        data_label: what the data are, written under the table.
        html: the table as a page of its own.
        markdown: the same table for a README.
    """
    table = read_tsv(accuracy)
    rows = list_rows(table, read_tsv(gain), titles)
    notes = list_notes(table, data_label)
    for path, form in ((html, format_html), (markdown, format_markdown)):
        with publish(path) as temporary:
            temporary.write_text(form(rows, notes), encoding="utf-8")


def list_rows(accuracy: pd.DataFrame, gain: pd.DataFrame, titles: Titles) -> list[Row]:
    """List the lines of the table: what was measured, what was gained, what was published."""
    measured = accuracy[accuracy["source"] == "measured"]
    published = accuracy[accuracy["source"] == "published"]
    names = name_methods(titles, set(measured["method"]))
    rows = [
        _row(name, measured[measured["method"] == method], "measured")
        for method, name in names.items()
    ]
    points = gain.assign(accuracy=gain["gain_points"] / 100)
    rows += [
        _row(f"gain of {names[str(method)]} over {names[str(baseline)]} (points)", own, "gain")
        for (method, baseline), own in points.groupby(["method", "baseline"], sort=False)
    ]
    rows += [
        _row(f"{method}, published", published[published["method"] == method], "published")
        for method in published["method"].unique()
    ]
    return rows


def list_notes(accuracy: pd.DataFrame, data_label: str) -> list[str]:
    """List what stands under the table."""
    measured = accuracy[accuracy["source"] == "measured"]
    n_frames = measured.groupby("frames_of")["n_frames"].max()
    notes = [
        f"Data: {data_label}.",
        "Accuracy in percent, pooled over all frames; in parentheses, the mean over videos. "
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
    if "published" in set(accuracy["source"]):
        notes.append("Published: Table 1 of Le & Murari; not measured here.")
    if "simulated" in data_label.lower():
        notes.append("Simulated data: these numbers say nothing about animals.")
    return notes


def format_html(rows: list[Row], notes: list[str]) -> str:
    """Format the table as a page of its own."""
    lines = [
        f'<tr class="{row.kind}"><th scope="row">{escape(row.name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
        + "</tr>"
        for row in rows
    ]
    levels = "".join(f'<th scope="col">over {level}</th>' for _, level in COLUMNS)
    return _PAGE.format(
        levels=levels,
        rows="\n".join(lines),
        notes="\n".join(f"<p>{escape(note)}</p>" for note in notes),
    )


def format_markdown(rows: list[Row], notes: list[str]) -> str:
    """Format the table for a README."""
    head = ["method", *(f"{frames_of}, over {level}" for frames_of, level in COLUMNS)]
    body = [[row.name, *row.cells] for row in rows]
    table = [head, ["---", *["---:"] * len(COLUMNS)], *body]
    lines = ["| " + " | ".join(_escape_markdown(cell) for cell in line) + " |" for line in table]
    return "\n".join([*lines, "", *(f"{_escape_markdown(note)}  " for note in notes)]) + "\n"


def _row(name: str, table: pd.DataFrame, kind: str) -> Row:
    values = table.set_index(["frames_of", "level", "average"])["accuracy"].to_dict()
    cells = []
    for frames_of, level in COLUMNS:
        pooled, videos = (
            _percent(values.get((frames_of, level, average), np.nan), signed=kind == "gain")
            for average in ("pooled", "videos")
        )
        cells.append(pooled if kind == "published" or pooled == "n/a" else f"{pooled} ({videos})")
    return Row(name, tuple(cells), kind)


def _percent(share: float, *, signed: bool) -> str:
    if np.isnan(share):
        return "n/a"
    return f"{100 * share:+.1f}" if signed else f"{100 * share:.1f}"


def _escape_markdown(text: str) -> str:
    return re.sub(r"([*|<])", r"\\\1", text)


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Accuracy</title>
<style>
body {{ font: 14px/1.5 "DejaVu Sans", Arial, sans-serif; color: #222; margin: 2em; }}
table {{ border-collapse: collapse; border-top: 2px solid #222; border-bottom: 2px solid #222; }}
th, td {{ padding: 0.3em 1em; font-weight: normal; }}
thead tr:last-child th {{ border-bottom: 1px solid #222; }}
tbody th {{ text-align: left; }}
td {{ text-align: right; font-variant-numeric: tabular-nums; }}
tr.gain > * {{ font-style: italic; }}
tr.published > * {{ color: #777; }}
tr.measured + tr.gain > *, tr:not(.published) + tr.published > * {{ border-top: 1px solid #bbb; }}
p {{ font-size: 12px; color: #555; margin: 0.4em 0; max-width: 60em; }}
</style>
</head>
<body>
<table>
<thead>
<tr><th rowspan="2"></th><th scope="colgroup" colspan="2">FD*</th>
<th scope="colgroup" colspan="2">FD</th></tr>
<tr>{levels}</tr>
</thead>
<tbody>
{rows}
</tbody>
</table>
{notes}
</body>
</html>
"""
