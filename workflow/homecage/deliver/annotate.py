"""Annotating new videos with a bundle: from a file to the behavior of each of its frames.

A video is decoded, described and scored as one stream. What is held of all of it are K probabilities of each
clip and the times of its frames. Its predictions are written last: a video that has them is done.

Letters: T frames, C clips, K behaviors.
"""

import logging
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from homecage.clips.tiling import clip_of_frame
from homecage.convnet.engine import Engine
from homecage.deliver.bouts import Scoring
from homecage.deliver.bundle import Bundle, read_bundle
from homecage.deliver.describe import describe_clips, make_engine
from homecage.deliver.progress import Progress
from homecage.errors import (
    AnnotationRunError,
    BundleError,
    ConfigError,
    HomecageError,
    RateError,
    StoreError,
    VideoError,
)
from homecage.frames.decode import Decoding, decode
from homecage.frames.judge import measure_steady_rate
from homecage.frames.rates import choose_frames, choose_ticks, pick, same_rate
from homecage.frames.raw import describe_file, identify, write_report
from homecage.frames.store import describe_decoding
from homecage.frames.stream import FrameStream, Header, read_header
from homecage.running.device import choose_device, make_deterministic
from homecage.sequence.decoding import apply_calibration
from homecage.storage.frame_tables import read_making, write_predictions
from homecage.storage.tables import write_tsv
from homecage.study.crop import Crop, parse_crop
from homecage.study.files import VIDEO_SUFFIXES, find_problem
from homecage.study.names import find_unsafe, safe_name

logger = logging.getLogger(__name__)

_GIVEN = (HomecageError, OSError)
"""What may be wrong with a video, and is no reason to leave the others."""


@dataclass(frozen=True)
class Outputs:
    """What is written of a video: all of it, the predictions last."""

    report: Path
    """What was found in the file, as ``decode-video`` writes it."""
    bouts: Path
    predictions: Path

    @classmethod
    def name(cls, video: Path, out: Path) -> "Outputs":
        """Name them."""
        key = safe_name(video.stem)
        return cls(out / f"{key}.json", out / f"{key}.bouts.tsv", out / f"{key}.parquet")


def annotate(
    *videos: Path,
    bundle: Path,
    out: Path,
    crop: str = "",
    resample: bool = False,
    on_decode_error: Literal["refuse", "warn"] = "refuse",
    threads: int = 0,
) -> None:
    """Score videos with a bundle: for each, {video}.parquet, {video}.bouts.tsv and {video}.json.

    A video that was done with the same bundle is left out, so that a run that was stopped goes on. A bad
    file stops no other one; it is named at the end, and the exit status is 1.

    Args:
        videos: video files, or folders of them.
        bundle: the bundle to score them with.
        out: the folder to write to.
        crop: the part of each picture that is used, x,y,width,height in pixels of the upright frame, as in
            the sheet of a study; all of it, if empty.
        resample: whether a video of another frame rate than the bundle learned from is shown at its own.
        on_decode_error: refuse a damaged video, or warn and use the frames that there are.
        threads: CPU threads; 0: as many as this process may use.

    Raises:
        BundleError: the bundle is none, damaged, or does not fit.
        ConfigError: the crop is none; there is no video, or the results of two would have one name.
        AnnotationRunError: names the videos that could not be annotated.
    """
    videos = tuple(dict.fromkeys(list_given(videos)))
    refuse_names(videos)
    n_threads = threads or len(os.sched_getaffinity(0))
    make_deterministic(n_threads)
    part = parse_crop(crop) if crop else None
    learned = read_bundle(bundle)
    if part is None and (crops := learned.header.crops):
        raise BundleError(
            bundle,
            f"has learned from parts of the pictures only ({', '.join(crops)}); say which part of the new "
            "ones shows the cage alike: --crop x,y,width,height",
        )
    annotator = Annotator(learned, part, resample, on_decode_error, n_threads)
    waiting = [video for video in videos if not annotator.has_done(video, out)]
    if n_done := len(videos) - len(waiting):
        logger.info("%d of %d videos were done before", n_done, len(videos))
    headers = {video: read_header(video, annotator.frames) for video in waiting}
    progress = Progress(header.n_frames for header in headers.values())
    problems, damaged = [], []
    for number, video in enumerate(waiting, start=1):
        try:
            found = annotator.annotate(video, headers[video], out, progress)
            said = f"{video}: {found.n_frames} frames"
            logger.info("%d of %d: %s", number, len(waiting), said)
            if found.damage:
                damaged.append(said)
        except _GIVEN as error:
            problem = str(error) if str(video) in str(error) else f"{video}: {error}"
            logger.warning("%d of %d: %s", number, len(waiting), problem)
            problems.append(problem)
    if damaged:
        logger.warning(
            "damaged, and scored as far as they could be decoded: %s", "; ".join(damaged)
        )
    if problems:
        raise AnnotationRunError(problems, len(videos))


def list_given(paths: Iterable[Path]) -> Iterator[Path]:
    """List the named videos, and those that lie in the named folders.

    Raises:
        ConfigError: a folder has none.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inner = [
            file
            for file in sorted(path.iterdir())
            if file.suffix.lower() in VIDEO_SUFFIXES and not file.name.startswith(".")
        ]
        if not inner:
            raise ConfigError(
                f"{path}: a folder without videos; expected files named *{', *'.join(VIDEO_SUFFIXES)}"
            )
        yield from inner


def refuse_names(videos: Sequence[Path]) -> None:
    """Refuse videos whose results could not be told apart, or could not be named.

    Raises:
        ConfigError: names one.
    """
    if not videos:
        raise ConfigError("found no video; expected one or more")
    if problems := find_unsafe([video.stem for video in videos]):
        raise ConfigError(problems[0])
    first: dict[str, Path] = {}
    for video in videos:
        if (other := first.setdefault(safe_name(video.stem), video)) != video:
            raise ConfigError(
                f"{other} and {video}: the results of both would be called {safe_name(video.stem)!r}; "
                "rename one, or annotate them into different folders"
            )


class Annotator:
    """A bundle at work, on one video after the other."""

    def __init__(
        self,
        bundle: Bundle,
        crop: Crop | None,
        resample: bool,
        on_decode_error: Literal["refuse", "warn"],
        threads: int,
    ) -> None:
        """Put the convnet, if there is one, on the device of this process."""
        self._bundle, self._crop, self._resample = bundle, crop, resample
        self._takes_damaged = on_decode_error == "warn"
        self.frames = bundle.header.frames
        self._engine: Engine | None = None
        if bundle.convnet:
            convnet = bundle.convnet.to(choose_device())
            self._engine = make_engine(convnet, bundle.header.geometry, threads)

    def has_done(self, video: Path, out: Path) -> bool:
        """Whether a video's results are there, made from the file as it is by this bundle in this way."""
        outputs = Outputs.name(video, out)
        if not (outputs.report.exists() and outputs.bouts.exists()):
            return False
        try:
            made = read_making(outputs.predictions)
        except StoreError:
            return False
        return (
            made.get("bundle_sha256") == self._bundle.sha256
            and made.get("file") == identify([video], outputs.report)
            and made.get("crop") == str(self._crop or "")
            and (self._resample or not made.get("resampled"))
            and (self._takes_damaged or not made.get("damaged"))
        )

    def annotate(self, video: Path, header: Header, out: Path, progress: Progress) -> Decoding:
        """Write a video's results; return what was found of it.

        Raises:
            RateError: its frame rate is not that of the bundle.
            ShortVideoError: it does not fill one clip.
            VideoError: it is not there, or is damaged.
        """
        known, outputs = self._bundle.header, Outputs.name(video, out)
        if problem := find_problem(video):
            raise VideoError(video, f"{problem}; expected a video")
        out.mkdir(parents=True, exist_ok=True)
        # Before it is decoded: a file that is written to meanwhile is another one the next time.
        described = describe_file(video, outputs.report)
        file = identify([video], outputs.report)
        time_s = self._measure_times(video, header)
        stream = FrameStream(video, self.frames, self._crop)
        followed = progress.follow(str(video), stream, header.n_frames)
        blocks = self._judge_last(video, followed, stream, resampled=time_s is not None)
        if time_s is not None:
            blocks = pick(blocks, choose_frames(time_s, known.rate_fps))
        try:
            with make_room(outputs.predictions) as folder:
                parts = list(self._score(blocks, folder))
        except RateError:
            if not self._resample:
                raise
            # The header had said otherwise.
            return self.annotate(video, replace(header, rate_fps=None), out, progress)
        found = stream.found
        clip = self._find_clips(found, time_s)
        probability = self._decode(np.concatenate(parts))[clip]  # (T, K)
        codes = probability.argmax(axis=1).astype(np.int8)
        behaviors = known.behaviors
        write_report(outputs.report, [describe_decoding(described, found)])
        bouts = Scoring(tuple(behaviors), codes, probability, found.time_s).bouts
        bouts.insert(0, "video", video.stem)
        # To the microsecond: what a sum of times has beyond it is rounding.
        bouts[["start_s", "stop_s"]] = bouts[["start_s", "stop_s"]].round(6)
        # Nothing else in the table tells a video that was cut off from one that is over.
        bouts["damaged"] = "yes" if found.damage else "no"
        write_tsv(outputs.bouts, bouts)
        write_predictions(
            outputs.predictions,
            found.time_s,
            probability,
            behaviors,
            method=known.method,
            video=outputs.predictions.stem,
            made_from={
                "bundle_sha256": self._bundle.sha256,
                "file": file,
                "crop": str(self._crop or ""),
                "resampled": time_s is not None,
                "damaged": bool(found.damage),
            },
        )
        return found

    def _measure_times(self, video: Path, header: Header) -> NDArray[np.float64] | None:
        """Return when each frame is shown (T,), where the video must be shown at another rate.

        That takes a pass over the file of its own, so it is only done where the header does not say that
        the rate is the bundle's, and if resampling is asked for.
        """
        wanted_fps, said_fps = self._bundle.header.rate_fps, header.rate_fps
        if said_fps is not None and same_rate(said_fps, wanted_fps):
            return None
        if not self._resample:
            if said_fps is not None:
                raise RateError(video, said_fps, wanted_fps)
            return None
        found = decode(video, self.frames, take=lambda frames: None)
        self._judge_damage(video, found)
        rate_fps = measure_rate(found)
        if rate_fps is None or same_rate(rate_fps, wanted_fps):
            return None
        logger.info("%s: shown at %.6g of %.6g frames/s", video, wanted_fps, rate_fps)
        return np.maximum.accumulate(found.time_s)

    def _judge_last(
        self,
        video: Path,
        blocks: Iterable[NDArray[np.uint8]],
        stream: FrameStream,
        *,
        resampled: bool,
    ) -> Iterator[NDArray[np.uint8]]:
        """Pass a video's frames on, and refuse it at its end before any more is made of it."""
        yield from blocks
        self._judge_damage(video, stream.found)
        rate_fps, wanted_fps = measure_rate(stream.found), self._bundle.header.rate_fps
        if not resampled and rate_fps is not None and not same_rate(rate_fps, wanted_fps):
            raise RateError(video, rate_fps, wanted_fps)

    def _judge_damage(self, video: Path, found: Decoding) -> None:
        for sign in (*found.damage, *found.warnings):
            logger.warning("%s: %s", video, sign)
        if found.damage and not (self._takes_damaged and found.n_frames):
            use = (
                ", or use the frames that there are: --on-decode-error warn"
                if found.n_frames
                else ""
            )
            raise VideoError(video, f"damaged: {'; '.join(found.damage)}. Replace it{use}")

    def _score(
        self, blocks: Iterable[NDArray[np.uint8]], folder: Path
    ) -> Iterator[NDArray[np.float32]]:
        """Yield probabilities (c, K) of consecutive clips."""
        known, scorer = self._bundle.header, self._bundle.scorer
        if scorer is not None:
            seen = describe_clips(blocks, known.widths, known.geometry, self._engine, folder)
            yield from scorer.score(seen)
        else:
            assert self._engine is not None
            for described in self._engine.describe(blocks):
                yield described.probability

    def _decode(self, probability: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities (C, K) as the method's decoding wants them."""
        known, transitions = self._bundle.header, self._bundle.transitions
        if known.model is None or transitions is None:
            return probability
        return apply_calibration(probability, known.model.calibration, transitions, known.decoding)

    def _find_clips(self, found: Decoding, time_s: NDArray[np.float64] | None) -> NDArray[np.int64]:
        """Return the clip that says what each frame of a video shows, (T,)."""
        known = self._bundle.header
        if time_s is None:
            return clip_of_frame(found.n_frames, known.geometry)
        shown = choose_frames(time_s, known.rate_fps)
        return clip_of_frame(len(shown), known.geometry)[choose_ticks(time_s, known.rate_fps)]


def measure_rate(found: Decoding) -> float | None:
    """Return the frames a second where none is missing; of a video of variable rate their mean."""
    return measure_steady_rate(found.time_s) or found.rate_fps


@contextmanager
def make_room(output: Path) -> Iterator[Path]:
    """Make a hidden folder beside an output for what waits on disk; what a killed run left there goes."""
    folder = output.with_name(f".{output.stem}.waiting")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
