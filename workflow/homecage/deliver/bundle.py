"""A bundle: all that a lab gives away so that others can score their videos, in one safetensors file.

It holds the tensors of the convnet (``convnet.``) and of a method's model (``model.``), the transitions that
decoding uses (``decoding.transitions``), and a header in JSON. Nothing is unpickled, and nothing in it is
believed before its tensors are seen to be those that the header speaks of.

Letters: K behaviors.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import torch
from pydantic import ValidationError
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape
from homecage.convnet.options import NetworkOptions
from homecage.deliver.bundled import refuse_unbundled
from homecage.deliver.header import (
    FORMAT,
    BehaviorScore,
    Drawn,
    Header,
    LearnedClips,
    LearnedModel,
    LearnedVideo,
    Score,
    explain,
)
from homecage.errors import BundleError, ConfigError, StoreError
from homecage.evaluate.names import ANNOTATOR_1
from homecage.frames.decode import find_ffmpeg
from homecage.frames.options import FramesOptions
from homecage.frames.rates import same_rate
from homecage.frames.raw import read_report
from homecage.report.options import Palette
from homecage.report.provenance import find_version, hash_clips
from homecage.sequence.decoding import Evidence, find_calibration
from homecage.sequence.options import DecodingOptions
from homecage.sequence.stream import Scorer, fill
from homecage.storage.expect import expect
from homecage.storage.hashing import hash_file
from homecage.storage.tables import read_tsv
from homecage.storage.weights import load_weights, save_weights

_CONVNET, _MODEL, _TRANSITIONS = "convnet.", "model.", "decoding.transitions"
_HOW = "`snakemake results/bundle/METHOD.safetensors` makes it"


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read, its parts ready for use."""

    header: Header
    sha256: str
    """Of the file."""
    convnet: Convnet | None
    scorer: Scorer | None
    transitions: Evidence | None
    """What decoding uses of the evidence; None without a model, which needs no decoding."""


def make_bundle(
    *,
    method: str,
    title: str,
    data: str,
    simulated: Literal["yes", "no"],
    held_out: str,
    representations: list[str],
    convnet: list[Path],
    model: list[Path],
    model_of: str,
    decoding: DecodingOptions,
    palette: Palette,
    frames: FramesOptions,
    geometry: ClipGeometry,
    videos: Path,
    reports: list[Path],
    annotations: list[Path],
    crops: list[str],
    clips: list[Path],
    scores: Path,
    per_behavior: Path,
    accuracy: Path,
    license: str,
    output: Path,
) -> None:
    """Put what a method has learned from all videos into one file, with all that is needed to use it.

    Args:
        method: the method's name.
        title: what tables call it.
        data: what it learned from, in words.
        simulated: whether no animal was filmed.
        held_out: how its scores were made, in words.
        representations: what it looks at, side by side.
        convnet: the convnet that learned from clips or from all videos; none where it is not looked at.
        model: the model that learned from all videos; none where the method has none.
        model_of: the method that the model was trained for: this one, or another that it serves too.
        decoding: what is done to a model's probabilities.
        palette: the behaviors in order, and their colors.
        frames: how videos become frames.
        geometry: of clips.
        videos: the study's ``videos.tsv``.
        reports: of decoding each of these videos, in the same order.
        annotations: annotator 1's file of each.
        crops: the part of its picture that was used, of each; none: all of it.
        clips: reports of decoding the folders of clips that the convnet learned from.
        scores: the table ``scores.tsv``.
        per_behavior: the table ``per_behavior.tsv``.
        accuracy: the table ``accuracy.tsv``, which says what intervals are drawn from.
        license: under which it may be used; an empty text: none is stated.
        output: the safetensors file to write.

    Raises:
        BundleError: the videos have several frame rates.
        ConfigError: the method cannot be bundled.
        StoreError: an input is damaged or made from something else than is told here.
    """
    refuse_unbundled(method, representations, kind=None)
    behaviors = tuple(palette.root)
    learned = _list_videos(videos, reports, annotations, crops)
    tensors: dict[str, Tensor] = {}
    network = described = None
    convnet_sha256 = [hash_file(path) for path in convnet]
    if convnet:
        own, made = load_weights(convnet[0])
        expect(convnet[0], made, kind="convnet", clip_length=geometry.length, behaviors=behaviors)
        expect(convnet[0], made, size_px=frames.size_px)
        network = NetworkOptions(**made["network"])
        tensors |= {f"{_CONVNET}{name}": tensor for name, tensor in own.items()}
    if model:
        own, made = load_weights(model[0])
        expect(
            model[0],
            made,
            method=model_of,
            representations=representations,
            behaviors=behaviors,
            geometry=geometry.model_dump(),
            learned_sha256=convnet_sha256,
            validation=[],
        )
        refuse_unbundled(method, representations, made["kind"])
        evidence, own = Evidence.split(own)
        tensors |= {f"{_MODEL}{name}": tensor for name, tensor in own.items()}
        tensors[_TRANSITIONS] = evidence.transitions
        described = LearnedModel(
            kind=made["kind"],
            shape=made["shape"],
            options=made["options"],
            epochs=made.get("epochs"),
            calibration=find_calibration(evidence, decoding),
        )
    header = Header(
        method=method,
        title=title,
        data=data,
        simulated=simulated == "yes",
        behaviors=behaviors,
        colors=palette.root,
        rate_fps=frames.fps or _find_rate(learned, output),
        frames=frames.model_copy(update={"ffmpeg": None, "fps": None, "on_decode_error": "refuse"}),
        geometry=geometry,
        representations=tuple(representations),
        convnet=network,
        model=described,
        decoding=decoding,
        videos=tuple(learned),
        clips=tuple(_describe_clips(path) for path in clips),
        held_out=held_out,
        scores=tuple(_list_scores(scores, method)),
        per_behavior=tuple(_list_behaviors(per_behavior, method)),
        drawn=tuple(_list_drawn(accuracy, method)),
        license=license or None,
        made_with={
            "homecage": find_version("homecage"),
            "torch": torch.__version__,
            "ffmpeg": find_ffmpeg(frames)[1],
        },
    )
    save_weights(output, tensors, header.model_dump(mode="json"))


def read_header(path: Path) -> Header:
    """Read what a bundle says of itself.

    Raises:
        BundleError: it is none, is damaged, or of another version.
    """
    return _read(path)[1]


def read_bundle(path: Path) -> Bundle:
    """Read a bundle, and make its parts ready for use on the device of this process.

    Raises:
        BundleError: it is none, is damaged, of another version, or its tensors are not those that it says.
    """
    tensors, header = _read(path)
    convnet = scorer = transitions = None
    n_behaviors = len(header.behaviors)
    try:
        if header.convnet:
            convnet = _load_convnet(_take(tensors, _CONVNET), header)
        if header.model:
            scorer = Scorer(header.model.kind, _take(tensors, _MODEL), header.model.shape)
            counts = tensors.pop(_TRANSITIONS, torch.zeros(0))
            if counts.shape != (n_behaviors, n_behaviors):
                raise ConfigError(
                    f"found transitions {list(counts.shape)}, expected those between {n_behaviors} behaviors"
                )
            transitions = Evidence.of_transitions(counts)
            _try_out(scorer, header)
        if tensors:
            raise ConfigError(f"holds the tensor {min(tensors)!r}, of which it says nothing")
    except ConfigError as error:
        raise BundleError(path, f"{error}; ask those who made it for a whole one") from None
    return Bundle(header, hash_file(path), convnet, scorer, transitions)


def _read(path: Path) -> tuple[dict[str, Tensor], Header]:
    try:
        tensors, said = load_weights(path)
    except StoreError as error:
        raise BundleError(path, f"{error.problem}; expected a bundle, as {_HOW}") from None
    if not isinstance(said, dict):
        raise BundleError(path, f"its header is no table of values; expected a bundle, as {_HOW}")
    if said.get("kind") != "bundle":
        raise BundleError(path, f"is of kind {said.get('kind')!r}; expected a bundle, as {_HOW}")
    if said.get("format") != FORMAT:
        raise BundleError(
            path,
            f"is a bundle of format {said.get('format')!r}; this homecage reads format {FORMAT}: use the "
            f"version that made it ({said.get('made_with')})",
        )
    try:
        return tensors, Header.model_validate(said)
    except ValidationError as error:
        problem = explain([dict(one) for one in error.errors()])
        raise BundleError(path, f"its header does not fit ({problem})") from None


def _take(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Take a part's tensors out, by their own names."""
    own = [name for name in tensors if name.startswith(prefix)]
    return {name.removeprefix(prefix): tensors.pop(name) for name in own}


def _load_convnet(tensors: dict[str, Tensor], header: Header) -> Convnet:
    assert header.convnet is not None
    behaviors, size_px = header.behaviors, header.frames.size_px
    shape = Shape(header.geometry.length, size_px, behaviors, header.convnet)
    # Refuses what does not fit before there is room for it.
    fill(Convnet, {"shape": shape}, tensors)
    network = Convnet(shape)
    network.load_state_dict(tensors)
    return network.eval()


def _try_out(scorer: Scorer, header: Header) -> None:
    """Refuse a model that says nothing of a clip, or of other behaviors."""
    blank = torch.zeros(1, sum(header.widths.values())).half()
    try:
        (said,) = scorer.score([blank])
    except (RuntimeError, ValueError, KeyError) as error:
        raise ConfigError(f"its model cannot look at {blank.shape[1]} numbers ({error})") from None
    if said.shape != (1, len(header.behaviors)):
        raise ConfigError(
            f"its model says {said.shape[1]} numbers of a clip, expected {len(header.behaviors)}"
        )


def _list_videos(
    videos: Path, reports: Iterable[Path], annotations: Iterable[Path], crops: Iterable[str]
) -> list[LearnedVideo]:
    names = read_tsv(videos, text=True)["name"]
    learned = []
    for name, report, annotation, crop in zip(names, reports, annotations, crops, strict=True):
        (found,) = read_report(report)
        learned.append(
            LearnedVideo(
                name=name,
                sha256=found.sha256,
                annotation_sha256=hash_file(annotation),
                n_frames=found.n_frames,
                rate_fps=found.steady_fps or found.rate_fps,
                crop=None if crop == "none" else crop,
            )
        )
    return learned


def _find_rate(videos: Iterable[LearnedVideo], output: Path) -> float:
    """Return the median rate, of which all others are no more than about."""
    rates = {video.name: video.rate_fps for video in videos if video.rate_fps}
    if not rates:
        raise BundleError(output, "no video that was learned from has a frame rate")
    rate = median(rates.values())
    if others := {name: fps for name, fps in rates.items() if not same_rate(fps, rate)}:
        name, fps = next(iter(others.items()))
        raise BundleError(
            output,
            f"learned from videos of {rate:.6g} frames/s, and {len(others)} of another rate ({name}: "
            f"{fps:.6g}); a bundle is of one rate: leave one kind out of the study",
        )
    return rate


def _describe_clips(report: Path) -> LearnedClips:
    sha256, n_clips = hash_clips(report)
    return LearnedClips(folder=report.stem, n_clips=n_clips, sha256=sha256)


def _list_scores(table: Path, method: str) -> Iterable[Score]:
    found = read_tsv(table)
    own = found[(found["method"] == method) & (found["against"] == ANNOTATOR_1)]
    return (Score(**_plain(row, Score.model_fields)) for row in own.to_dict("records"))


def _list_behaviors(table: Path, method: str) -> Iterable[BehaviorScore]:
    found = read_tsv(table)
    own = found[found["method"] == method]
    return (
        BehaviorScore(**_plain(row, BehaviorScore.model_fields)) for row in own.to_dict("records")
    )


def _list_drawn(table: Path, method: str) -> Iterable[Drawn]:
    found = read_tsv(table)
    own = found[(found["method"] == method) & (found["source"] == "measured")]
    rows = own.drop_duplicates("frames_of").to_dict("records")
    return (Drawn(**_plain(row, Drawn.model_fields)) for row in rows)


def _plain(row: Mapping[Any, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """Return the wanted cells of a row, None where there is no number."""
    cells = {name: row[name] for name in wanted}
    return {
        name: None if isinstance(cell, float) and math.isnan(cell) else cell
        for name, cell in cells.items()
    }
