import numpy as np
import pytest
import torch

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.options import NetworkOptions
from homecage.errors import ConfigError, ShortVideoError, StoreError
from homecage.features.fc6 import choose_engine, extract_fc6
from homecage.features.options import Fc6Options
from homecage.features.predict import predict_representation
from homecage.features.store import read_features, write_features
from homecage.storage.frame_tables import read_predictions, write_times
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store

BEHAVIORS = ["dig", "nap", "run"]
NETWORK = NetworkOptions(input="gray+difference", channels=(2, 2, 2, 2, 2), descriptor=8)


def write_convnet(path, length=8):
    network = Convnet(Shape(length, 32, tuple(BEHAVIORS), NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    save_convnet(path, network, {"trained_on": []})
    return path


@pytest.fixture
def convnet(tmp_path):
    return write_convnet(tmp_path / "model.safetensors")


@pytest.fixture
def extract(tmp_path, convnet, random_frames, write_frame_store):
    """Describe a video of so many frames."""

    def run(n_frames, size_px=32, **told):
        frames = write_frame_store(
            tmp_path / "frames" / "video.zarr", random_frames(n_frames, size_px=size_px)
        )
        output = tmp_path / "features" / "video.zarr"
        known = {"convnet": convnet, "length": 8, "representation": "fc6", "behaviors": BEHAVIORS}
        known |= {"geometry": ClipGeometry(), "options": Fc6Options()}
        extract_fc6(frames=frames, threads=1, output=output, **known | told)
        return output

    return run


def test_a_video_is_described_whole(extract, convnet):
    path = extract(31, options=Fc6Options(batch_size=5))
    found = open_store(path, kind="features")
    assert dict(found.attributes) == {
        "representation": "fc6",
        "geometry": {"length": 8, "stride": 2, "label_offset": 3},
        "behaviors": BEHAVIORS,
        "learned_sha256": [hash_file(convnet)],
        "n_frames": 31,
        "engine": "openvino",
        "precision": found.attributes["precision"],
    }
    features = read_features(
        path,
        representation="fc6",
        geometry=ClipGeometry(),
        behaviors=BEHAVIORS,
        learned_sha256=[hash_file(convnet)],
    )
    assert features.n_frames == 31
    assert features.x.shape == (12, 8) and features.x.dtype == np.float16
    assert features.probability.shape == (12, 3) and features.probability.dtype == np.float32


def test_a_2d_convnet_has_a_representation_of_its_own(extract, tmp_path):
    two_dimensional = write_convnet(tmp_path / "2d.safetensors", length=1)
    path = extract(31, convnet=two_dimensional, length=1, representation="fc6-2d")
    features = read_features(
        path,
        representation="fc6-2d",
        geometry=ClipGeometry(),
        behaviors=BEHAVIORS,
        learned_sha256=[hash_file(two_dimensional)],
    )
    assert features.x.shape == (12, 8)
    norms = np.linalg.norm(features.x.astype(np.float32), axis=1)
    np.testing.assert_allclose(norms, 1, atol=2e-3)
    with pytest.raises(StoreError, match="its clip_length is 8, expected 1"):
        extract(31, length=1)


def test_frames_of_another_size_are_refused(extract):
    with pytest.raises(StoreError, match="frames are 64 px, the convnet takes 32 px"):
        extract(9, size_px=64)


def test_a_convnet_of_other_behaviors_is_refused(extract):
    with pytest.raises(StoreError, match=r"model\.safetensors: its behaviors is .*expected"):
        extract(9, behaviors=["dig", "run", "nap"])


def test_a_short_video_is_refused(extract, tmp_path):
    with pytest.raises(ShortVideoError):
        extract(7)
    assert not (tmp_path / "features").exists()


@pytest.fixture
def predict(tmp_path, convnet):
    """Predict by what was extracted."""

    def run(features, n_frames=13, **told):
        write_times(tmp_path / "times.parquet", np.arange(n_frames) / 30)
        output = tmp_path / "video.parquet"
        known = {
            "representation": "fc8",
            "learned": [convnet],
            "behaviors": BEHAVIORS,
            "geometry": ClipGeometry(),
            "method": "alone",
        }
        predict_representation(
            features=features,
            times=tmp_path / "times.parquet",
            video="video",
            output=output,
            **known | told,
        )
        return read_predictions(output, BEHAVIORS, method="alone", video="video")

    return run


def test_a_representation_alone_predicts_every_frame(extract, predict):
    features = extract(13)
    predicted = predict(features)
    of_clip = open_store(features, kind="features")["probability"][:]
    clips = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2]
    assert np.array_equal(predicted.probability, of_clip[clips])
    assert np.array_equal(predicted.time_s, np.arange(13) / 30)


@pytest.mark.parametrize(
    "told",
    [
        {"representation": "motion"},
        {"geometry": ClipGeometry(stride=4)},
        {"behaviors": ["dig", "run", "nap"]},
        {"learned": []},
    ],
    ids=lambda told: next(iter(told)),
)
def test_features_of_something_else_are_refused(extract, predict, tmp_path, told):
    features = extract(13)
    with pytest.raises(StoreError, match=rf"video\.zarr: its {next(iter(told))}.* is .*, expected"):
        predict(features, **told)
    assert not (tmp_path / "video.parquet").exists()


def test_features_of_another_length_are_refused(extract, predict):
    with pytest.raises(StoreError, match=r"has 14 frames, the features of \w+ 13"):
        predict(extract(13), n_frames=14)


def write_motion(path, n_clips):
    with write_features(
        path, representation="motion", geometry=ClipGeometry(), n_frames=13, width=2
    ) as writer:
        writer.append("x", np.ones((n_clips, 2), np.float16))
    return path


def test_a_representation_without_probabilities_does_not_predict(tmp_path, predict):
    # Its store does not depend on behaviors or on a convnet, and is read whatever they are.
    with pytest.raises(ConfigError, match=r"methods\.alone: motion has no probabilities"):
        predict(write_motion(tmp_path / "video.zarr", 3), representation="motion")


def test_features_that_lack_clips_are_refused(tmp_path, predict):
    with pytest.raises(StoreError, match="has not all clips of its 13 frames"):
        predict(write_motion(tmp_path / "video.zarr", 2), representation="motion")


@pytest.mark.parametrize(
    ("wanted", "stride", "chosen", "kind"),
    [
        ("auto", 2, "openvino", "OpenVinoEngine"),
        ("auto", 7, "openvino", "OpenVinoEngine"),
        ("auto", 8, "plain", "PlainEngine"),  # clips that do not overlap share nothing
        ("plain", 2, "plain", "PlainEngine"),
        ("torch", 2, "torch", "TorchEngine"),
        ("openvino", 8, "openvino", "OpenVinoEngine"),
    ],
)
def test_the_engine_on_a_cpu(wanted, stride, chosen, kind):
    network = NetworkOptions(channels=(1, 1, 1, 1, 1), descriptor=2)
    convnet = Convnet(Shape(8, 32, tuple(BEHAVIORS), network)).eval()
    geometry = ClipGeometry(stride=stride, label_offset=0)
    options = Fc6Options(engine=wanted, batch_size=2)
    name, engine = choose_engine(convnet, geometry, options, torch.float32, threads=1)
    assert name == chosen and type(engine).__name__ == kind


@pytest.mark.parametrize(
    ("device", "wanted", "taken"), [("cpu", None, 16), ("meta", None, 64), ("meta", 5, 5)]
)
def test_a_gpu_is_given_larger_batches(device, wanted, taken):
    network = NetworkOptions(channels=(1, 1, 1, 1, 1), descriptor=2)
    convnet = Convnet(Shape(8, 32, tuple(BEHAVIORS), network)).to(device)  # meta: not the CPU
    options = Fc6Options(batch_size=wanted)
    _, engine = choose_engine(convnet, ClipGeometry(), options, torch.float32, threads=1)
    assert engine._batch_size == taken
