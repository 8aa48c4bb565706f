"""The model card of a bundle: what it is for, what it learned from, how good it was, in Markdown."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from homecage.deliver.bundle import read_header
from homecage.deliver.header import Header
from homecage.evaluate.names import FD, FD_STAR, OVER_VIDEOS
from homecage.storage.publish import publish

FRAMES = {
    FD: "all frames that annotator 1 labeled.",
    FD_STAR: "those of them that annotator 2 labeled too.",
}
SCORES = {
    "accuracy_behaviors": "the mean recall of the behaviors that occur.",
    "accuracy_frames": "the share of frames that are right.",
    "kappa": "Cohen's: agreement beyond chance; 1 is perfect, 0 what chance gives.",
    "macro_f1": "the mean F1 of the behaviors that occur.",
    "segment_f1_10": "F1 of bouts, where one is found that shares 10 % of the union with its own.",
    "segment_f1_25": "the same, with 25 %.",
    "segment_f1_50": "the same, with 50 %.",
    "edit": "how alike the sequences of bouts are, however long each is; 1 is the same.",
    "bouts": "predicted bouts.",
    "true_bouts": "annotated bouts.",
    "bout_ratio": "predicted bouts / annotated bouts.",
    "median_bout_s": "the median length of predicted bouts, in seconds.",
    "true_median_bout_s": "that of annotated bouts.",
    "time_budget_error": "how far a behavior's share of the time is off, the mean over behaviors.",
    "log_loss": "minus the logarithm of the true behavior's probability; 0 is perfect.",
    "calibration_error": "how far accuracy is from the probability that was stated; 0 is perfect.",
}
"""What each score is, in a line; docs/method.md has more."""


def describe_bundle(bundle: Path, *, output: Path | None = None) -> None:
    """Print the model card of a bundle, in Markdown.

    Args:
        bundle: the bundle's file.
        output: the file to write; none: it goes to the screen.

    Raises:
        BundleError: it is none, is damaged, or of another version.
    """
    card = write_card(read_header(bundle))
    if output is None:
        sys.stdout.write(card)
        return
    with publish(output) as temporary:
        temporary.write_text(card, encoding="utf-8")


def write_card(header: Header) -> str:
    """Return the card."""
    parts = (
        [f"# {header.title} ({header.method})"],
        _describe_use(header),
        _describe_data(header),
        _describe_scores(header),
        _describe_limits(header),
        _describe_making(header),
    )
    return "\n".join(line for part in parts for line in (*part, ""))


def _describe_use(header: Header) -> Iterator[str]:
    yield "Scores each frame of a video of a rodent as one of these behaviors:"
    yield f"{', '.join(header.behaviors)}."
    yield ""
    yield "```"
    yield "homecage annotate VIDEO... --bundle THIS_FILE --out FOLDER"
    yield "```"
    yield ""
    yield f"License: {header.license or 'none is stated: ask those who made it before you use it'}."


def _describe_data(header: Header) -> Iterator[str]:
    yield "## Data"
    yield ""
    if header.simulated:
        yield "**Learned from simulated videos: it says nothing about animals.**"
        yield ""
    known = [video for video in header.videos if video.rate_fps]
    hours = sum(video.n_frames / (video.rate_fps or 1) for video in known) / 3600
    yield f"{header.data}: {len(header.videos)} videos, {hours:.2f} h, {header.rate_fps:.6g} frames/s."
    if header.clips:
        n_clips = sum(folder.n_clips for folder in header.clips)
        yield f"Its convnet learned from {n_clips} clips in {len(header.clips)} folders."
    yield ""
    yield from _draw_table(
        ("video", "frames", "frames/s", "crop", "SHA-256", "annotation"),
        (
            (
                video.name,
                f"{video.n_frames:,}",
                _say(video.rate_fps, "{:.6g}"),
                video.crop or "none",
                (video.sha256 or "n/a")[:12],
                video.annotation_sha256[:12],
            )
            for video in header.videos
        ),
    )


def _describe_scores(header: Header) -> Iterator[str]:
    yield "## Scores"
    yield ""
    yield f"Of the same method when videos were held out ({header.held_out}), not of this very model, which"
    yield f"has learned from all of them. Means over videos{_describe_drawing(header)}."
    yield ""
    own = [score for score in header.scores if score.average == OVER_VIDEOS]
    yield from _explain(FRAMES, [score.frames_of for score in own])
    yield from _explain(SCORES, [score.measure for score in own])
    yield ""
    yield from _draw_table(
        ("frames of", "score", "value", "interval"),
        (
            (
                score.frames_of,
                score.measure,
                _say(score.value),
                f"[{_say(score.low)}, {_say(score.high)}]",
            )
            for score in own
        ),
    )
    yield ""
    yield from _draw_table(
        ("frames of", "behavior", "recall", "precision", "F1", "frames"),
        (
            (
                found.frames_of,
                found.behavior,
                _say(found.recall),
                _say(found.precision),
                _say(found.f1),
                f"{found.support:,}",
            )
            for found in header.per_behavior
        ),
    )


def _describe_drawing(header: Header) -> str:
    """Say what intervals are drawn from, and how many there are of it."""
    if not header.drawn:
        return ""
    unit = header.drawn[0].unit  # The study's, whatever the frames.
    how = "videos again" if unit == "video" else f"again by `{unit}`, all videos of one together"
    counts = ", ".join(f"{drawn.n_units} of {drawn.frames_of}" for drawn in header.drawn)
    return f"; the 95 % intervals are by drawing {how} ({counts})"


def _explain(meanings: Mapping[str, str], used: Sequence[str]) -> Iterator[str]:
    yield from (f"- `{name}`: {meaning}" for name, meaning in meanings.items() if name in used)


def _describe_limits(header: Header) -> Iterator[str]:
    yield "## What it takes"
    yield ""
    yield f"- Videos of {header.rate_fps:.6g} frames/s. Others are refused, or shown to it at this rate with"
    yield "  `--resample`; its scores say nothing of that."
    size_px = header.frames.size_px
    yield f"- Pictures are resized to {size_px}x{size_px} pixels. The camera should see the cage as in the"
    yield "  videos above."
    if crops := {video.crop for video in header.videos if video.crop}:
        parts = ", ".join(sorted(crops))
        yield f"- It has learned from parts of the pictures ({parts}): crop new videos alike."
    yield "- It knows no other behavior than those above: each frame is given one of them."


def _describe_making(header: Header) -> Iterator[str]:
    geometry, model = header.geometry, header.model
    yield "## How it was made"
    yield ""
    seen = " and ".join(header.representations)
    yield f"- Looks at {seen}, of clips of {geometry.length} frames, {geometry.stride} frames apart."
    if header.convnet:
        yield f"- Convnet: {_list(header.convnet.model_dump())}."
    if model:
        options = {key: value for key, value in model.options.items() if key != "kind"}
        yield f"- Model: {model.kind}; {_list(options)}."
        if model.epochs:
            yield f"- Epochs: {model.epochs}, the median of what the folds kept."
        found = _list(vars(model.calibration))
        yield f"- Decoding: {_list(header.decoding.model_dump())}; calibration: {found}."
    yield f"- Made with {_list(header.made_with)}."


def _list(values: Mapping[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


def _say(value: float | None, form: str = "{:.3f}") -> str:
    return "n/a" if value is None else form.format(value)


def _draw_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
