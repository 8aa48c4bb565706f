"""The check's page: a verdict on every file, with a strip of its frames, in one HTML file."""

import base64
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from homecage.check.demand import describe_bytes
from homecage.check.verdicts import Verdict, sort_verdicts
from homecage.errors import StoreError
from homecage.frames.raw import RawFile
from homecage.running.screen import describe_time
from homecage.storage.publish import publish
from homecage.storage.stores import open_store

_N_PICTURES = 8
_JPEG_QUALITY = 75
_NO_FILES = ("study", "run")
_MOST_CLIPS = 200  # Sound clips that are listed by name; all are in the table.

Reports = Mapping[Path, Sequence[RawFile]]
"""What was found in a video, or in each clip of a folder, by the file that says so."""


def write_page(path: Path, verdicts: Sequence[Verdict], reports: Reports) -> None:
    """Write the page: errors first, then warnings.

    Strips are of the stores of frames beside the reports; a file that left none has no strip.
    """
    files = Counter(one.verdict for one in verdicts if one.kind not in _NO_FILES)
    summary = ", ".join(
        f"{files[verdict]} {words}"
        for verdict, words in (("error", "refused"), ("warning", "with warnings"), ("ok", "sound"))
        if files[verdict]
    )
    told = [
        one for one in sort_verdicts(verdicts) if one.kind not in _NO_FILES or one.verdict != "ok"
    ]
    sound_clips = [one.path for one in told if one.kind == "clip" and one.verdict == "ok"]
    unnamed = set(sound_clips[_MOST_CLIPS:])
    listed = [one for one in told if one.path not in unnamed]
    shown = {one.path for one in listed}
    strips = {
        file: strip
        for report, found in reports.items()
        for file, strip in _draw_strips(report, found, shown)
    }
    text = _PAGE.format(
        summary=f"{files.total()} files: {summary}. {_describe_size(reports)}{_list_notes(verdicts)}",
        rows="\n".join(_write_row(one, strips.get(one.path, "")) for one in listed),
        rest=f"<p>And {len(unnamed)} more sound clips.</p>" if unnamed else "",
    )
    with publish(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _write_row(one: Verdict, strip: str) -> str:
    frames = f"{one.file.n_frames} frames" if one.file else ""
    if one.file and one.file.rate_fps:
        frames += (
            f", {one.file.n_frames / one.file.rate_fps:.1f} s at {one.file.rate_fps:.4g} frames/s"
        )
    if one.file and one.file.width_px:
        frames += f", {one.file.width_px} x {one.file.height_px} pixels"
    if one.file and one.file.n_frames:
        stated = f" ({one.file.n_frames_stated})" if one.file.n_frames_stated else ""
        frames += f"; held against: {one.file.held_against}{stated}"
    what = "".join(f"<li>{escape(text)}</li>" for text in one.said)
    return (
        f'<tr class="{one.verdict}"><td class="verdict">{one.verdict}</td>'
        f"<td><b>{escape(one.path or 'the study')}</b> <small>{one.kind if one.path else ''} "
        f"{escape(frames)}</small>"
        + (f"<ul>{what}</ul>" if what else "")
        + (f'<img alt="frames of {escape(one.path)}" src="{strip}">' if strip else "")
        + "</td></tr>"
    )


def _describe_size(reports: Reports) -> str:
    files = [file for found in reports.values() for file in found]
    hours = sum(file.n_frames / file.rate_fps for file in files if file.rate_fps) / 3600
    n_bytes = sum(
        part.stat().st_size
        for report in reports
        for part in report.with_suffix(".zarr").rglob("*")
        if part.is_file()
    )
    return (
        f"{sum(file.n_frames for file in files):,} frames, {describe_time(3600 * hours)}; decoded, they take "
        f"{describe_bytes(n_bytes)} of disk."
    )


def _list_notes(verdicts: Sequence[Verdict]) -> str:
    """Return what there is to know besides, in sentences."""
    notes = [note for one in verdicts for note in one.notes]
    return "".join(f" {note[0].upper()}{note[1:]}." for note in notes)


def _draw_strips(
    report: Path, files: Sequence[RawFile], shown: Container[str]
) -> list[tuple[str, str]]:
    """Return (path, picture) of a video, or of clips of a folder, where what is decoded is of these files."""
    folder = report.with_suffix(".zarr")
    kind = "frames" if report.parent.name == "frames" else "clips"
    try:
        store = open_store(folder, kind=kind)
        if store.attributes["sha256"] != [file.sha256 for file in files]:
            return []
        frames, offset = store["frames"], 0
        strips = []
        for file in files:
            if file.n_frames and file.path in shown:
                places = np.linspace(0, file.n_frames - 1, min(_N_PICTURES, file.n_frames))
                pictures = [frames[offset + int(place)] for place in places]
                strips.append((file.path, _encode(np.concatenate(pictures, axis=1))))
            offset += file.n_frames
        return strips
    except (StoreError, KeyError):
        return []


def _encode(picture: NDArray[np.uint8]) -> str:
    """Return an RGB picture (H, W, 3) as an address that holds it."""
    _, jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Check of the study</title>
<style>
body {{ font: 14px/1.5 "DejaVu Sans", Arial, sans-serif; color: #222; margin: 2em; }}
table {{ border-collapse: collapse; width: 100%; }}
td {{ padding: 0.4em 0.8em; border-top: 1px solid #ddd; vertical-align: top; }}
td.verdict {{ font-weight: bold; width: 5em; }}
tr.error td.verdict {{ color: #a40000; }}
tr.warning td.verdict {{ color: #8a5a00; }}
tr.ok td.verdict {{ color: #1a6b2f; }}
small {{ color: #666; }}
ul {{ margin: 0.2em 0; padding-left: 1.2em; overflow-wrap: anywhere; }}
img {{ display: block; max-width: 100%; min-height: 48px; margin-top: 0.3em; }}
</style>
</head>
<body>
<h1>Check of the study</h1>
<p>{summary}</p>
<table>
{rows}
</table>
{rest}
</body>
</html>
"""
