"""A representation alone as a method: its own probabilities of each clip, spread over the frames."""

from pathlib import Path

from homecage.clips.options import ClipGeometry
from homecage.clips.placing import place_clips
from homecage.errors import ConfigError
from homecage.features.options import REPRESENTATIONS
from homecage.features.store import read_features
from homecage.storage.frame_tables import write_predictions
from homecage.storage.hashing import hash_file


def predict_representation(
    *,
    features: Path,
    representation: str,
    learned: list[Path],
    times: Path,
    behaviors: list[str],
    geometry: ClipGeometry,
    method: str,
    video: str,
    output: Path,
) -> None:
    """Write what a representation predicts for every frame of a video.

    Args:
        features: the representation's store.
        representation: its name.
        learned: what was learned before and made it, as a convnet.
        times: the table of the video's times.
        behaviors: the K behaviors in order.
        geometry: length and stride of clips.
        method: name of the method.
        video: the video's key.
        output: Parquet file to write.

    Raises:
        ConfigError: the representation has no probabilities.
        StoreError: the store was made from something else than is told here.
    """
    learned_sha256 = [hash_file(path) for path in learned]
    described = read_features(
        features,
        representation=REPRESENTATIONS[representation].store,
        geometry=geometry,
        behaviors=behaviors,
        learned_sha256=learned_sha256,
    )
    if (probability := described.probability) is None:
        raise ConfigError(f"methods.{method}: {representation} has no probabilities; add a model")
    time_s, clip = place_clips(times, described.n_frames, geometry)
    write_predictions(
        output,
        time_s,
        probability[clip],
        behaviors,
        method=method,
        video=video,
        made_from={"representation": representation, "learned_sha256": learned_sha256},
    )
