import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tests.unit.sequence.conftest import BEHAVIORS, OPTIONS, VIDEOS, write_random

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import clip_of_frame
from homecage.errors import StoreError
from homecage.sequence.bilstm import Bilstm
from homecage.sequence.decoding import Evidence
from homecage.sequence.lstm import Lstm
from homecage.sequence.options import AnyModel, DecodingOptions
from homecage.storage.frame_tables import read_predictions, write_times
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store
from homecage.storage.weights import load_weights, save_weights


@pytest.mark.parametrize(("kind", "network"), [("lstm", Lstm), ("bilstm", Bilstm)])
def test_a_video_is_predicted_in_one_pass_over_every_frame(verbs, kind, network):
    options = AnyModel(OPTIONS.model_copy(update={"kind": kind}))
    model = verbs.tell(options=options).train("run")["model"]
    output = verbs.predict(model)
    tensors, metadata = load_weights(model)
    plain = network(**metadata["shape"]).eval()
    plain.load_state_dict(Evidence.split(tensors)[1])
    x = torch.from_numpy(open_store(verbs.features("c"), kind="features")["x"][:]).float()
    with torch.inference_mode():
        expected = F.softmax(plain(x[None])[0], dim=1).numpy()
    predicted = read_predictions(output, BEHAVIORS, method="mine", video="c")
    clips = clip_of_frame(VIDEOS["c"], ClipGeometry())
    np.testing.assert_allclose(predicted.probability, expected[clips], rtol=1e-6)
    np.testing.assert_array_equal(predicted.time_s, np.arange(VIDEOS["c"]) / 30)


def test_each_of_several_videos_is_predicted_by_its_own_model_from_its_own_features(verbs):
    both = ["fc6", "motion"]
    for seed, (video, n_frames) in enumerate([*VIDEOS.items(), ("e", 60)]):
        write_random(verbs.features(video, "motion"), n_frames, seed, None, "motion")
    models = {"c": verbs.train("one", both)["model"]}
    models["e"] = verbs.tell(seed=1).train("two", both)["model"]
    write_random(verbs.features("e"), 60, 20, hash_file(verbs.path / "convnet.safetensors"))
    write_times(verbs.path / "times" / "e.parquet", np.arange(60) / 30)
    one_by_one = [
        verbs.predict_all({video: model}, *both)[0].read_bytes() for video, model in models.items()
    ]
    together = verbs.predict_all(models, *both)
    assert [path.read_bytes() for path in together] == one_by_one


@pytest.mark.parametrize(
    "other",
    [
        {"behaviors": ["dig", "run", "nap"]},
        {"geometry": ClipGeometry(stride=4)},
        {"representations": ["motion"]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_model_of_something_else_is_refused(verbs, other):
    model = verbs.train("run")["model"]
    with pytest.raises(StoreError, match=f"model: its {next(iter(other))} is .*, expected"):
        verbs.tell(**other).predict(model)
    assert not (verbs.path / "predictions").exists()


def test_a_model_and_features_of_two_convnets_are_refused(verbs):
    model = verbs.train("run")["model"]
    convnet = verbs.path / "convnet.safetensors"
    first = convnet.read_bytes()
    save_weights(convnet, {}, {"kind": "convnet", "seed": 1})
    with pytest.raises(StoreError, match="model: its learned_sha256 is"):
        verbs.predict(model)
    convnet.write_bytes(first)
    write_random(verbs.features("c"), VIDEOS["c"], 2, sha256="0")
    with pytest.raises(StoreError, match=r"c\.zarr: .*learned"):
        verbs.predict(model)


@pytest.mark.parametrize("video", ["a", "d"])
def test_a_model_does_not_predict_what_it_has_learned_from(verbs, video):
    model = verbs.train("run")["model"]
    with pytest.raises(StoreError, match=f"has learned from {video}, which it was to predict"):
        verbs.predict(model, video)


def test_weights_of_another_kind_are_refused(verbs):
    with pytest.raises(
        StoreError, match=r"convnet\.safetensors: says nothing of its representations"
    ):
        verbs.predict(verbs.path / "convnet.safetensors")


def test_times_of_another_video_are_refused(verbs):
    model = verbs.train("run")["model"]
    write_times(verbs.path / "times" / "c.parquet", np.arange(90) / 30)
    with pytest.raises(StoreError, match=r"has 90 frames, the features of c 104"):
        verbs.predict(model)


def test_decoding_changes_what_is_said_and_no_weight(verbs):
    model = verbs.train("run")["model"]
    plain = verbs.predict(model).read_bytes()
    decoding = DecodingOptions(smoothing="hmm", aim="behaviors")
    decoded = read_predictions(
        verbs.tell(decoding=decoding, method="other").predict(model),
        BEHAVIORS,
        method="other",
        video="c",
    )
    assert np.isfinite(decoded.probability).all()
    np.testing.assert_allclose(decoded.probability.sum(axis=1), 1, rtol=1e-5)
    output = verbs.predict(model)
    assert output.read_bytes() == plain
    before = read_predictions(output, BEHAVIORS, method="mine", video="c")
    assert not np.allclose(decoded.probability, before.probability)
