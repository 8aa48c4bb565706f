"""Predicting a held-out video with the LSTM of its fold."""

from pathlib import Path

import torch
import torch.nn.functional as F

from homecage.clips.options import ClipOptions
from homecage.clips.tiling import clip_of_frame
from homecage.running.device import choose_device, make_deterministic
from homecage.sequence.network import load_sequence_model
from homecage.storage.frame_tables import write_predictions
from homecage.storage.stores import open_store


def predict_lstm(
    *,
    model: Path,
    features: Path,
    frames: Path,
    geometry: ClipOptions,
    threads: int,
    output: Path,
) -> None:
    """Write the LSTM's predictions for every frame of a video, scored in one pass.

    Args:
        model: the fold's weights.
        features: the video's feature store.
        frames: its frame store, for the frames' times.
        geometry: length and stride of clips.
        threads: CPU threads.
        output: Parquet file to write.
    """
    make_deterministic(threads)
    device = choose_device()
    network = load_sequence_model(model).to(device)
    time_s = open_store(frames, kind="frames")["time_s"][:]
    fc6 = torch.from_numpy(open_store(features, kind="features")["fc6"][:])
    with torch.inference_mode():
        logits = network(fc6[None].float().to(device))[0]
        probability = F.softmax(logits, dim=1).cpu().numpy()  # (C, K)
    write_predictions(output, time_s, probability[clip_of_frame(len(time_s), geometry)])
