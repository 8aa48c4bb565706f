"""Predicting videos with models that have not seen them."""

import logging
from pathlib import Path

from homecage.clips.options import ClipGeometry
from homecage.clips.placing import place_clips
from homecage.errors import StoreError
from homecage.running.device import make_deterministic
from homecage.sequence.decoding import Evidence, decode
from homecage.sequence.models import find_model
from homecage.sequence.options import DecodingOptions
from homecage.sequence.sequences import Reader
from homecage.storage.expect import expect
from homecage.storage.frame_tables import write_predictions
from homecage.storage.hashing import hash_file
from homecage.storage.weights import load_weights

logger = logging.getLogger(__name__)


def predict_model(
    *,
    videos: list[str],
    models: list[Path],
    model_of: str,
    representations: list[str],
    features: list[Path],
    learned: list[Path],
    times: list[Path],
    behaviors: list[str],
    geometry: ClipGeometry,
    decoding: DecodingOptions,
    method: str,
    threads: int,
    outputs: list[Path],
) -> None:
    """Write a method's predictions for every frame of videos, each by the model that has not seen it.

    Args:
        videos: the videos' keys.
        models: what each video's model has learned.
        model_of: the method that they were trained for, this one or another that they serve too.
        representations: what they look at, side by side.
        features: the videos' feature stores of one representation, then those of the next.
        learned: what was learned before and made the features, as a convnet: of one video, then of the next.
        times: the times of each video's frames.
        behaviors: the experiment's behaviors in order.
        geometry: length and stride of clips.
        decoding: what is done to a model's probabilities.
        method: the method's name.
        threads: CPU threads.
        outputs: Parquet files to write, one a video.

    Raises:
        StoreError: an input is damaged or made from something else than is told here, or a model
            has learned from the very video that it is to predict.
    """
    make_deterministic(threads)
    n_videos = len(videos)
    n_learned = len(learned) // n_videos
    sha256 = {path: hash_file(path) for path in dict.fromkeys(learned)}
    for number, (video, model) in enumerate(zip(videos, models, strict=True)):
        learned_sha256 = [sha256[path] for path in learned[number * n_learned :][:n_learned]]
        predict_video(
            video,
            model,
            model_of=model_of,
            reader=Reader(representations, behaviors, geometry, learned_sha256),
            features=features[number::n_videos],
            times=times[number],
            decoding=decoding,
            method=method,
            output=outputs[number],
        )
        logger.info("%d of %d videos predicted", number + 1, n_videos)


def predict_video(
    video: str,
    model: Path,
    *,
    model_of: str,
    reader: Reader,
    features: list[Path],
    times: Path,
    decoding: DecodingOptions,
    method: str,
    output: Path,
) -> None:
    """Write a model's predictions for every frame of one video.

    Raises:
        StoreError: as ``predict_model``.
    """
    tensors, metadata = load_weights(model)
    expect(
        model,
        metadata,
        representations=reader.representations,
        behaviors=reader.behaviors,
        geometry=reader.geometry.model_dump(),
        learned_sha256=reader.learned_sha256,
        method=model_of,
    )
    if video in metadata["training"] + metadata["validation"]:
        raise StoreError(model, f"has learned from {video}, which it was to predict unseen")
    x, n_frames = reader.read_descriptors(video, features)
    time_s, clip = place_clips(times, n_frames, reader.geometry)
    evidence, learned_tensors = Evidence.split(tensors)
    scored = find_model(metadata["kind"]).score(learned_tensors, metadata["shape"], x)  # (C, K)
    probability = decode(scored, evidence, decoding)
    write_predictions(
        output,
        time_s,
        probability[clip],
        reader.behaviors,
        method=method,
        video=video,
        made_from={"fold": metadata["fold"], "model_sha256": hash_file(model)},
    )
