import numpy as np
import pytest
import torch

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.options import NetworkOptions
from homecage.errors import ShortVideoError, StoreError
from homecage.features.extract import extract_features
from homecage.features.options import FeatureOptions
from homecage.features.predict import predict_convnet
from homecage.storage.frame_tables import PROBABILITIES, read_predictions
from homecage.storage.stores import open_store
from homecage.storage.weights import hash_file

NETWORK = NetworkOptions(
    channels=(2, 2, 2, 2, 2), descriptor=8, initialization="he", pixel_scale=64
)


@pytest.fixture
def convnet(tmp_path):
    network = Convnet(Shape(8, 32, NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    save_convnet(tmp_path / "model.safetensors", network, {"trained_on": []})
    return tmp_path / "model.safetensors"


def extract(frames, convnet, output, batch_size=64):
    extract_features(
        frames=frames,
        convnet=convnet,
        geometry=ClipGeometry(),
        options=FeatureOptions(batch_size=batch_size),
        threads=1,
        output=output,
    )
    return open_store(output, kind="features")


def test_a_video_is_described_whole(tmp_path, convnet, random_frames, write_frame_store):
    frames = write_frame_store(tmp_path / "video.zarr", random_frames(31))
    store = extract(frames, convnet, tmp_path / "features.zarr", batch_size=5)
    assert store["fc6"].shape == (12, 8) and store["fc6"].dtype == np.float16
    assert store["probability"].shape == (12, 8) and store["probability"].dtype == np.float32
    assert store.attributes["convnet_sha256"] == hash_file(convnet)
    assert store.attributes["n_frames"] == 31


def test_the_convnet_alone_predicts_every_frame(
    tmp_path, convnet, random_frames, write_frame_store
):
    frames = write_frame_store(tmp_path / "video.zarr", random_frames(13))
    store = extract(frames, convnet, tmp_path / "features.zarr")
    output = tmp_path / "video.parquet"
    predict_convnet(
        features=tmp_path / "features.zarr", frames=frames, geometry=ClipGeometry(), output=output
    )
    predicted = read_predictions(output)[list(PROBABILITIES)].to_numpy()
    of_clip = store["probability"][:]
    clips = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2]
    assert np.array_equal(predicted, of_clip[clips])


def test_frames_of_another_size_are_refused(tmp_path, convnet, random_frames, write_frame_store):
    frames = write_frame_store(tmp_path / "video.zarr", random_frames(9, size_px=64))
    with pytest.raises(StoreError, match="frames are 64 px, the convnet takes 32 px"):
        extract(frames, convnet, tmp_path / "features.zarr")


def test_a_short_video_is_refused(tmp_path, convnet, random_frames, write_frame_store):
    frames = write_frame_store(tmp_path / "video.zarr", random_frames(7))
    with pytest.raises(ShortVideoError):
        extract(frames, convnet, tmp_path / "features.zarr")
    assert not (tmp_path / "features.zarr").exists()
