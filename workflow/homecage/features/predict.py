"""The convnet alone as a method: its own softmax on each clip, spread over the video's frames."""

from pathlib import Path

from homecage.clips.options import ClipOptions
from homecage.clips.tiling import clip_of_frame
from homecage.storage.frame_tables import write_predictions
from homecage.storage.stores import open_store


def predict_convnet(*, features: Path, frames: Path, geometry: ClipOptions, output: Path) -> None:
    """Write the convnet's predictions for every frame of a video.

    Args:
        features: the video's feature store.
        frames: its frame store, for the frames' times.
        geometry: length and stride of clips.
        output: Parquet file to write.
    """
    time_s = open_store(frames, kind="frames")["time_s"][:]
    probability = open_store(features, kind="features")["probability"][:]
    write_predictions(output, time_s, probability[clip_of_frame(len(time_s), geometry)])
