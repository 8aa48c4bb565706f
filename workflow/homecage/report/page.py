"""The page on an experiment: what was studied, what was found and how it was made, in one file."""

import base64
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import cv2
import pandas as pd

from homecage.check.verdicts import NO_FILES, count_files
from homecage.errors import StoreError
from homecage.evaluate.names import CD, FD, FD_STAR, OVER_BEHAVIORS
from homecage.frames.decode import find_ffmpeg
from homecage.frames.options import FramesOptions
from homecage.pages.base import fill_page
from homecage.report.captions import write_caption
from homecage.report.ethogram import format_clock
from homecage.report.multiples import WIDTH, draw_multiples
from homecage.report.options import Configuration, FigureTexts, Palette, Titles
from homecage.report.provenance import (
    describe_models,
    hash_raw,
    list_seeds,
    list_versions,
    sum_times,
    write_configuration,
)
from homecage.report.summary import find_best, say_what_to_be_wary_of, say_what_was_found
from homecage.report.table import list_notes, list_rows, warn_of_corrections, warn_of_leakage
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import Vocabulary
from homecage.study.study import ANNOTATORS

_MOST_VIDEOS = 60
"""Videos whose ethograms are drawn: a page is to be light."""
_MOST_FINDINGS = 40
"""Lines of the check and of the leakage audit that are shown; all are in their tables."""
_MOST_WORST = 3
"""Videos that are named as the least accurate."""
_FIGURE_PX = 1500
"""Width that a figure's pixels are reduced to."""

_SECTIONS = {
    "distribution": "study",
    "recall": "behaviors",
    "confusion": "behaviors",
    "ethogram": "videos",
    "reliability": "confidence",
    "boundary": "confidence",
    "review": "confidence",
    "training": "learning",
    "learning": "learning",
    "groups": "animals",
    "transitions": "animals",
    "ethograms": "animals",
    "actogram": "animals",
    "hours": "animals",
}
"""Where a figure stands; any other one stands in ``more``."""


_OF_SHEETS = ("video", "name", "path", *ANNOTATORS)
_ROLES = ("held_out", "validation", "training")


@dataclass(frozen=True)
class _Fold:
    """A fold, and the names of its videos."""

    name: str
    held_out: list[str]
    validation: list[str]
    training: list[str]


@dataclass(frozen=True)
class _Figure:
    name: str
    title: str
    picture: str
    caption: str


def write_report(
    *,
    videos: Path,
    folds: Path,
    checked: Path,
    verdicts: Path,
    reports: list[Path],
    annotations: list[Path],
    accuracy: Path,
    gain: Path,
    by_video: Path,
    per_behavior: Path,
    distribution: Path,
    bouts: Path,
    leakage: Path,
    ceiling: Path | None = None,
    figures: list[Path],
    texts: FigureTexts,
    models: list[Path],
    benchmarks: Path,
    vocabulary: Vocabulary,
    palette: Palette,
    titles: Titles,
    data_label: str,
    simulated: Literal["yes", "no"],
    watched: list[str],
    left_out: Literal["yes", "no"],
    divided: list[str],
    aside: list[str],
    corrected: list[str],
    configuration: Configuration,
    frames: FramesOptions,
    snakemake: str,
    output: Path,
) -> None:
    """Write the page.

    Args:
        videos: the study's ``videos.tsv``.
        folds: the study's ``folds.tsv``.
        checked: the check's table of videos and folders of clips.
        verdicts: the check's verdicts, beside it; the page does without if they were removed.
        reports: of decoding, one for each video and folder of clips.
        annotations: the annotation files.
        accuracy: evaluation's ``accuracy.tsv``.
        gain: evaluation's ``gain.tsv``.
        by_video: evaluation's ``accuracy_by_video.tsv``.
        per_behavior: evaluation's ``per_behavior.tsv``.
        distribution: evaluation's ``distribution.tsv``.
        bouts: evaluation's ``bouts.tsv``.
        leakage: the leakage audit.
        ceiling: of simulated data, what could be reached.
        figures: pictures, each named as in ``texts``.
        texts: what stands above and below the figures.
        models: weights, to tell what they were made with.
        benchmarks: the folder of what each job took.
        vocabulary: the behaviors and their labels.
        palette: the behaviors and their colors.
        titles: the methods, and what they are called.
        data_label: what the data are.
        simulated: whether no animal was filmed.
        watched: the videos, by their keys, that a run makes pages of.
        left_out: whether the convnet did without the clips that the audit found.
        divided: animals that a fold holds out and also learns from.
        aside: files that failed the check and left the study, each with the reason.
        corrected: the videos, by their keys, whose annotation was corrected.
        configuration: all of it.
        frames: how videos were decoded.
        snakemake: the version of what ran all this.
        output: the page, which leads to the folders beside its own.
    """
    sheet, plan, table = (read_tsv(path, text=True) for path in (videos, folds, checked))
    scores, gains, behaviors = (read_tsv(path) for path in (accuracy, gain, per_behavior))
    ceilings = read_tsv(ceiling) if ceiling else None
    found, judged = read_tsv(leakage, text=True), _read_verdicts(verdicts)
    best = find_best(scores, titles)
    warned = warn_of_leakage(found, left_out == "yes") + warn_of_corrections(corrected)
    drawn = list(
        draw_multiples(read_tsv(bouts), read_tsv(by_video), list(palette.root), titles, best)
    )
    text, text_sha256 = write_configuration(configuration)
    sections: dict[str, list[_Figure]] = {section: [] for section in (*_SECTIONS.values(), "more")}
    for path in figures:
        own = texts.root[path.stem]
        caption = write_caption(own.caption, data_label, configuration)
        figure = _Figure(path.stem, own.title, _embed(path), caption)
        sections[_SECTIONS.get(path.stem, "more")].append(figure)
    fill_page(
        output,
        "report/page.html",
        data_label=data_label,
        simulated=simulated == "yes",
        summary=say_what_was_found(scores, gains, behaviors, titles),
        wary=say_what_to_be_wary_of(
            scores,
            behaviors,
            titles,
            simulated=simulated == "yes",
            warned=warned,
            divided=divided,
            verdicts=Counter(one["verdict"] for one in judged if one["kind"] not in NO_FILES),
            n_aside=len(aside),
        ),
        videos=table[table["kind"] == "video"].to_dict("records"),
        columns=[column for column in sheet if column not in _OF_SHEETS],
        folds=list(_describe_folds(plan, dict(zip(sheet["video"], sheet["name"], strict=True)))),
        folds_by=configuration.root.get("folds", {}).get("by", "video"),
        clips=table[table["kind"] == "clip_folder"].to_dict("records"),
        behaviors=list(_describe_behaviors(vocabulary, palette, read_tsv(distribution))),
        verdicts=judged,
        counted=count_files((one["kind"], one["verdict"]) for one in judged),
        most=_MOST_FINDINGS,
        aside=aside,
        rows=list_rows(scores, gains, titles, ceilings),
        notes=list_notes(scores, gains, data_label, with_ceiling=ceilings is not None) + warned,
        figures=sections,
        best=titles.root[best],
        best_method=best,
        watched=set(map(quote, watched)),
        worst=_list_worst(read_tsv(by_video), best),
        multiples=drawn[:_MOST_VIDEOS],
        undrawn=[one.name for one in drawn[_MOST_VIDEOS:]],
        key_of={row["name"]: quote(row["video"]) for row in sheet.to_dict("records")},
        facts={row["name"]: row for row in sheet.to_dict("records")},
        colors=palette.root,
        width=WIDTH,
        clock=format_clock,
        leakage=found.to_dict("records"),
        versions=[("Snakemake", snakemake), *list_versions(find_ffmpeg(frames)[1])],
        seeds=list(list_seeds(configuration)),
        models=describe_models(models),
        hashes=list(hash_raw(reports, annotations)),
        times=sum_times(benchmarks, without="write_report"),
        configuration=text,
        configuration_sha256=text_sha256,
    )


def _read_verdicts(path: Path) -> list[dict[Hashable, str]]:
    """Return the verdicts, the worst first; none where someone removed them: they are no rule's output."""
    try:
        return list(map(dict, read_tsv(path, text=True).to_dict("records")))
    except StoreError:
        return []


def _describe_folds(plan: pd.DataFrame, name_of: Mapping[str, str]) -> Iterator[_Fold]:
    for fold, own in plan.groupby("fold", sort=False):
        roles = [[name_of[v] for v in own.loc[own["role"] == role, "video"]] for role in _ROLES]
        yield _Fold(str(fold), *roles)


def _list_worst(by_video: pd.DataFrame, method: str) -> list[tuple[str, float]]:
    """Return the videos in which a method is least accurate, over behaviors, and how accurate it is."""
    own = (by_video["method"] == method) & (by_video["frames_of"] == FD)
    worst = by_video[own & (by_video["level"] == OVER_BEHAVIORS)].nsmallest(_MOST_WORST, "accuracy")
    return list(zip(worst["video"], worst["accuracy"], strict=True))


def _describe_behaviors(
    vocabulary: Vocabulary, palette: Palette, distribution: pd.DataFrame
) -> Iterator[tuple[str, str, str, list[str]]]:
    """Return name, color, labels and, for CD, FD and FD*, the frames of each behavior."""
    n_frames = distribution.set_index(["behavior", "database"])["n_frames"].to_dict()
    for behavior in vocabulary.behaviors:
        counts = (n_frames.get((behavior.name, database)) for database in (CD, FD, FD_STAR))
        texts = ["n/a" if n is None else f"{n:,.0f}" for n in counts]
        labels = ", ".join(dict.fromkeys([behavior.name, *behavior.labels]))
        yield behavior.name, palette.root[behavior.name], labels, texts


def _embed(picture: Path) -> str:
    """Return a figure as an address that holds it, with no more pixels than a page shows."""
    pixels = cv2.imread(str(picture))
    if pixels is None:
        raise StoreError(picture, "cannot be read as a picture")
    height, width = pixels.shape[:2]
    if width > _FIGURE_PX:
        size = _FIGURE_PX, round(height * _FIGURE_PX / width)
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
