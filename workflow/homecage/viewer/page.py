"""The page of a video: its ethograms beside it, in one HTML file, and what it shows in a file of its own."""

import logging
from pathlib import Path
from typing import Any

from homecage.errors import PredictionError
from homecage.evaluate.names import HUMAN
from homecage.evaluate.scorers import read_videos
from homecage.frames.raw import read_report
from homecage.report.options import Palette, Titles
from homecage.report.style import name_scorers
from homecage.storage.frame_tables import read_annotation, read_predictions, read_times
from homecage.storage.publish import publish
from homecage.storage.tables import read_tsv
from homecage.study.crop import parse_crop
from homecage.viewer.contents import (
    VERSION,
    describe_behaviors,
    describe_row,
    encode_probability,
    encode_times,
    link_videos,
    write_script,
)
from homecage.viewer.copy import choose_rate
from homecage.viewer.review import describe_review
from homecage.viewer.template import render_page

logger = logging.getLogger(__name__)


def view_video(
    *,
    video: str,
    videos: Path,
    times: Path,
    report: Path,
    annotations: list[Path],
    predictions: list[Path],
    palette: Palette,
    titles: Titles,
    method: str,
    data_label: str,
    crop: str,
    page: Path,
    data: Path,
    queue: Path | None = None,
    review: Path | None = None,
    corrections: Path = Path("corrections"),
) -> None:
    """Write the page of a video, and beside it the script that hands over what it shows.

    The page plays ``{video}.mp4`` of its own folder.

    Args:
        video: the video's key.
        videos: the study's ``videos.tsv``: names of the videos, whose pages this one links.
        times: when its frames are shown.
        report: what was found when it was decoded.
        annotations: ``{annotator}/{video}.parquet`` files; none for a video that was not annotated.
        predictions: ``{method}/{video}.parquet`` files.
        palette: the K behaviors in order, and their colors.
        titles: the methods in order, and what they are called.
        method: whose probabilities and errors are shown.
        data_label: what the data are.
        crop: the part of the picture that was looked at, x,y,width,height; empty for all of it.
        page: the HTML file.
        data: the script.
        queue: the video's clips that are most worth a look, by method; without it there is no review.
        review: evaluation's ``review.tsv``, which is there if the queue is.
        corrections: the folder in which a corrected annotation counts.

    Raises:
        PredictionError: a table is not of the frames of the video.
        StoreError: a file is damaged or not what its name says.
    """
    behaviors = list(palette.root)
    time_s = read_times(times)
    rate = choose_rate(time_s)
    sheet = read_videos(videos)
    annotators = {path.parent.name: path for path in annotations}
    methods = {path.parent.name: path for path in predictions if path.parent.name != HUMAN}
    names = name_scorers(titles, [*annotators, *methods])
    rows, probability, shown = [], "", None
    for scorer in sorted(names, key=lambda scorer: scorer not in annotators):  # People first.
        if scorer in annotators:
            path, kind = annotators[scorer], "annotator"
            codes = read_annotation(path, behaviors)
        else:
            path, kind = methods[scorer], "method"
            said = read_predictions(path, behaviors, method=scorer, video=video)
            codes = said.codes
        if len(codes) != len(time_s):
            raise PredictionError(
                path,
                f"{len(codes)} frames, but {times} has {len(time_s)}; remove the two files and run "
                "snakemake again",
            )
        if scorer == method:
            probability, shown = encode_probability(said.probability), said
        rows.append(describe_row(scorer, names[scorer], kind, codes))
    name = str(sheet.loc[video, "name"])
    value: dict[str, Any] = {
        "version": VERSION,
        "video": video,
        "name": name,
        "label": data_label,
        "frames": len(time_s),
        "fps": [rate.numerator, rate.denominator],
        "times": encode_times(time_s, rate),
        "behaviors": describe_behaviors(palette.root),
        "rows": rows,
        "method": method,
        "probability": probability,
        "crop": _measure_crop(crop, report),
        "review": describe_review(
            name=name,
            path=Path(str(read_tsv(videos, text=True).set_index("video").loc[video, "path"])),
            method=method,
            said=shown,
            rows=rows,
            queue=queue,
            review=review,
            palette=palette,
            corrections=corrections,
        )
        if shown and queue and review
        else None,
        "videos": link_videos(list(sheet.index), [str(one) for one in sheet["name"]]),
    }
    script = write_script(value)
    with publish(data) as temporary:
        temporary.write_text(script, encoding="utf-8")
    with publish(page) as temporary:
        temporary.write_text(render_page(video, name, data_label), encoding="utf-8")
    logger.info("%s: %d rows, %.1f MB of data", page, len(rows), len(script) / 1e6)


def _measure_crop(crop: str, report: Path) -> list[float] | None:
    """Return a crop's left, top, width and height as shares of the picture."""
    if not crop:
        return None
    (file,) = read_report(report)
    width, height = file.width_px or 1, file.height_px or 1
    part = parse_crop(crop)
    return [
        part.x_px / width,
        part.y_px / height,
        part.width_px / width,
        part.height_px / height,
    ]
