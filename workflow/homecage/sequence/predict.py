"""Predicting a video with a model that has not seen it."""

from pathlib import Path

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import clip_of_frame
from homecage.errors import StoreError
from homecage.running.device import make_deterministic
from homecage.sequence.decoding import Evidence, decode
from homecage.sequence.models import find_model
from homecage.sequence.options import DecodingOptions
from homecage.sequence.sequences import Reader
from homecage.storage.expect import expect
from homecage.storage.frame_tables import read_times, write_predictions
from homecage.storage.hashing import hash_file
from homecage.storage.weights import load_weights


def predict_model(
    *,
    model: Path,
    model_of: str,
    representations: list[str],
    features: list[Path],
    learned: list[Path],
    times: Path,
    behaviors: list[str],
    geometry: ClipGeometry,
    decoding: DecodingOptions,
    method: str,
    video: str,
    threads: int,
    output: Path,
) -> None:
    """Write a model's predictions for every frame of a video.

    Args:
        model: what the model has learned.
        model_of: the method that it was trained for, this one or another that it serves too.
        representations: what it looks at, side by side.
        features: the video's feature stores, one a representation.
        learned: what was learned before and made the features, as a convnet.
        times: the times of the video's frames.
        behaviors: the experiment's behaviors in order.
        geometry: length and stride of clips.
        decoding: what is done to the model's probabilities.
        method: the method's name.
        video: the video's key.
        threads: CPU threads.
        output: Parquet file to write.

    Raises:
        StoreError: an input is damaged or made from something else than what is told here, or the
            model has learned from this very video.
    """
    make_deterministic(threads)
    learned_sha256 = [hash_file(path) for path in learned]
    tensors, metadata = load_weights(model)
    expect(
        model,
        metadata,
        representations=representations,
        behaviors=behaviors,
        geometry=geometry.model_dump(),
        learned_sha256=learned_sha256,
        method=model_of,
    )
    if video in metadata["training"] + metadata["validation"]:
        raise StoreError(model, f"has learned from {video}, which it was to predict unseen")
    reader = Reader(representations, behaviors, geometry, learned_sha256)
    x, n_frames = reader.read_descriptors(video, features)
    time_s = read_times(times)
    if len(time_s) != n_frames:
        raise StoreError(times, f"has {len(time_s)} frames, the features of {video} {n_frames}")
    evidence, learned_tensors = Evidence.split(tensors)
    scored = find_model(metadata["kind"]).score(learned_tensors, metadata["shape"], x)  # (C, K)
    probability = decode(scored, evidence, decoding)
    write_predictions(
        output,
        time_s,
        probability[clip_of_frame(n_frames, geometry)],
        behaviors,
        method=method,
        video=video,
        made_from={"fold": metadata["fold"], "model_sha256": hash_file(model)},
    )
