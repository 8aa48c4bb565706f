"""The check's page: a verdict on every file, with a strip of its frames, in one HTML file."""

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import numpy as np

from homecage.check.demand import describe_bytes
from homecage.check.verdicts import NO_FILES, Verdict, count_files, sort_verdicts
from homecage.errors import StoreError
from homecage.frames.raw import RawFile
from homecage.pages.base import fill_page
from homecage.pages.pictures import embed_jpeg
from homecage.running.screen import describe_time
from homecage.storage.stores import open_store

_N_PICTURES = 8
_JPEG_QUALITY = 75
_MOST_CLIPS = 200  # Sound clips that are listed by name; all are in the table.
_LISTERS = {
    "sample table": "the file's own index lists",
    "index": "the file's own index lists",
    "header": "the file's header counts",
}
_HELD_AGAINST = {
    "duration": "held against the duration that the file states",
    "last timestamp": (
        "held against the last time that is written in the file, so that a cut there would leave no trace"
    ),
    "nothing": "the file states no length, so that a cut at its end would leave no trace",
}
"""What frames were held against, by ``RawFile.held_against``."""

Reports = Mapping[Path, Sequence[RawFile]]
"""What was found in a video, or in each clip of a folder, by the file that says so."""


def write_page(path: Path, verdicts: Sequence[Verdict], reports: Reports) -> None:
    """Write the page: errors first, then files set aside, then warnings.

    Strips are of the stores of frames beside the reports; a file that left none has no strip.
    """
    counted = count_files((one.kind, one.verdict) for one in verdicts)
    told = [
        one for one in sort_verdicts(verdicts) if one.kind not in NO_FILES or one.verdict != "ok"
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
    fill_page(
        path,
        "check/page.html",
        summary=f"{counted}. {_describe_size(reports)}{_list_notes(verdicts)}",
        verdicts=listed,
        strips=strips,
        n_unnamed=len(unnamed),
        describe=_describe_file,
    )


def _describe_file(one: Verdict) -> str:
    frames = f"{one.file.n_frames} frames" if one.file else ""
    if one.file and one.file.rate_fps:
        frames += (
            f", {one.file.n_frames / one.file.rate_fps:.1f} s at {one.file.rate_fps:.4g} frames/s"
        )
    if one.file and one.file.shown_fps:
        frames += f", shown at {one.file.shown_fps:.4g} frames/s, as {one.file.n_shown} frames"
    if one.file and one.file.width_px:
        frames += f", {one.file.width_px} x {one.file.height_px} pixels"
    if one.file and one.file.n_frames:
        frames += f"; {_say_held_against(one.file)}"
    return frames


def _say_held_against(file: RawFile) -> str:
    """Say in plain words what tells that no frame is missing."""
    if (lister := _LISTERS.get(file.held_against)) and file.n_frames_stated:
        if file.n_frames_stated == file.n_frames:
            return f"as many frames as {lister}: {file.n_frames_stated}"
        return f"{lister}: {file.n_frames_stated} frames"
    return _HELD_AGAINST.get(file.held_against, f"held against its {file.held_against}")


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
    """Return what there is to know of the run besides, in sentences."""
    notes = [note for one in verdicts if one.kind in NO_FILES for note in one.notes]
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
            if file.n_stored and file.path in shown:
                places = np.linspace(0, file.n_stored - 1, min(_N_PICTURES, file.n_stored))
                pictures = [frames[offset + int(place)] for place in places]
                strips.append(
                    (file.path, embed_jpeg(np.concatenate(pictures, axis=1), _JPEG_QUALITY))
                )
            offset += file.n_stored
        return strips
    except (StoreError, KeyError):
        return []
