"""A bundle says of a new video what its parts say, and refuses what does not fit it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.frames.conftest import run_ffmpeg

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.options import NetworkOptions
from homecage.deliver.annotate import annotate
from homecage.deliver.bundle import make_bundle
from homecage.features.fc6 import extract_fc6
from homecage.features.motion import extract_motion
from homecage.features.options import Fc6Options
from homecage.features.predict import predict_representation
from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_video
from homecage.report.options import Palette
from homecage.sequence.options import AnyModel, DecodingOptions, LstmOptions, TcnOptions
from homecage.sequence.predict import predict_model
from homecage.sequence.train import train_model
from homecage.storage.frame_tables import read_predictions, read_times, write_annotation
from homecage.storage.tables import read_tsv, write_tsv

BEHAVIORS = ["dig", "nap", "run"]
GEOMETRY = ClipGeometry()
FRAMES = FramesOptions(size_px=32)
NETWORK = NetworkOptions(input="gray+difference", channels=(2, 2, 2, 2, 2), descriptor=6)
FEW = {"window_clips": 10, "epochs": 3, "precision": "float32"}
METHODS = {
    "alone": (["fc8"], None, DecodingOptions()),
    "lstm": (["fc6"], LstmOptions(layers=2, units=4, **FEW), DecodingOptions(smoothing="hmm")),
    "tcn": (
        ["motion", "fc6"],
        TcnOptions(kind="tcn", layers=2, units=4, refit=True, **FEW),
        DecodingOptions(aim="behaviors"),
    ),
}
LEARNED = ("a", "b", "c")
RATE = 25


def film(path, n_frames=60, rate=RATE, seed=0, arguments=()):
    """Film something that moves."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = f"testsrc2=size=64x48:rate={rate},hue=h={40 * seed},rotate={seed}*t"
    run_ffmpeg("-f", "lavfi", "-i", source, "-frames:v", n_frames, *arguments, path)
    return path


@dataclass(frozen=True)
class Study:
    """A small study, as the verbs leave it."""

    path: Path

    @property
    def convnet(self):
        return self.path / "convnet.safetensors"

    def describe(self, name, video):
        """Decode a video and describe it, by the verbs."""
        decode_video(
            video=video,
            options=FRAMES,
            **{
                role: self.path / "frames" / f"{name}{suffix}"
                for role, suffix in (
                    ("frames", ".zarr"),
                    ("times", ".parquet"),
                    ("report", ".json"),
                )
            },
        )
        frames = self.path / "frames" / f"{name}.zarr"
        extract_motion(frames=frames, geometry=GEOMETRY, output=self.features("motion", name))
        extract_fc6(
            frames=frames,
            convnet=self.convnet,
            length=GEOMETRY.length,
            representation="fc6",
            behaviors=BEHAVIORS,
            geometry=GEOMETRY,
            options=Fc6Options(),
            threads=1,
            output=self.features("fc6", name),
        )

    def features(self, representation, name):
        store = "fc6" if representation == "fc8" else representation
        return self.path / "features" / store / f"{name}.zarr"

    def times(self, name):
        return self.path / "frames" / f"{name}.parquet"

    def model(self, method, fold):
        return self.path / method / fold / "model.safetensors"

    def train(self, method, fold, training, validation, folds=()):
        representations, options, _ = METHODS[method]
        videos = [*training, *validation]
        model = self.model(method, fold)
        train_model(
            method=method,
            fold=fold,
            representations=representations,
            training=training,
            validation=validation,
            features=[self.features(one, video) for one in representations for video in videos],
            annotations=[self.path / "labels" / f"{video}.parquet" for video in videos],
            learned=[self.convnet],
            behaviors=BEHAVIORS,
            geometry=GEOMETRY,
            options=AnyModel(options),
            seed=0,
            threads=1,
            code="1",
            checkpoints=self.path / "checkpoints",
            model=model,
            history=model.with_name("history.tsv"),
            plan=model.with_name("plan.tsv"),
            folds=[self.model(method, one) for one in folds],
            histories=[self.model(method, one).with_name("history.tsv") for one in folds],
        )
        return model

    def predict(self, method, name):
        """Predict a video by the verbs; return its table."""
        representations, options, decoding = METHODS[method]
        output = self.path / "predictions" / f"{method}.{name}.parquet"
        told = {"behaviors": BEHAVIORS, "geometry": GEOMETRY, "method": method}
        if options is None:
            predict_representation(
                features=self.features("fc6", name),
                representation="fc8",
                learned=[self.convnet],
                times=self.times(name),
                video=name,
                output=output,
                **told,
            )
        else:
            predict_model(
                videos=[name],
                models=[self.model(method, "all")],
                model_of=method,
                representations=representations,
                features=[self.features(one, name) for one in representations],
                learned=[self.convnet],
                times=[self.times(name)],
                decoding=decoding,
                threads=1,
                outputs=[output],
                **told,
            )
        return read_predictions(output, BEHAVIORS, method=method, video=name)

    def bundle(self, method, output=None, **told):
        """Make the method's bundle; return it."""
        representations, options, decoding = METHODS[method]
        output = output or self.path / "bundles" / f"{method}.safetensors"
        known = {
            "method": method,
            "title": f"The {method}",
            "data": "test pictures, 3 videos",
            "simulated": "yes",
            "held_out": "2 folds by video",
            "representations": representations,
            "convnet": [self.convnet],
            "model": [self.model(method, "all")] if options else [],
            "model_of": method,
            "decoding": decoding,
            "palette": Palette(dict.fromkeys(BEHAVIORS, "#000000")),
            "frames": FRAMES,
            "geometry": GEOMETRY,
            "videos": self.path / "videos.tsv",
            "reports": [self.path / "frames" / f"{video}.json" for video in LEARNED],
            "annotations": [self.path / "labels" / f"{video}.parquet" for video in LEARNED],
            "clips": [self.path / "frames" / "a.json"],
            "scores": self.path / "scores.tsv",
            "per_behavior": self.path / "per_behavior.tsv",
            "license": "CC-BY-4.0",
        }
        make_bundle(output=output, **known | told)
        return output


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    torch.manual_seed(0)
    study = Study(tmp_path_factory.mktemp("study"))
    network = Convnet(Shape(GEOMETRY.length, 32, tuple(BEHAVIORS), NETWORK))
    initialize(network, torch.Generator().manual_seed(0))
    save_convnet(study.convnet, network, {})
    rng = np.random.default_rng(0)
    for seed, name in enumerate(LEARNED):
        study.describe(name, film(study.path / f"{name}.mpg", seed=seed))
        codes = rng.integers(0, 3, 6).repeat(10)
        write_annotation(study.path / "labels" / f"{name}.parquet", codes, BEHAVIORS)
    sheet = pd.DataFrame({"video": LEARNED, "name": LEARNED, "crop": ["", "0,0,32,32", ""]})
    write_tsv(study.path / "videos.tsv", sheet)
    scores = pd.DataFrame(
        {"method": [*METHODS], "frames_of": "FD", "against": "annotator_1", "measure": "kappa"}
    )
    scores = scores.assign(average="videos", value=[0.1, 0.25, 0.3], low=np.nan, high=0.5)
    write_tsv(study.path / "scores.tsv", scores)
    found = scores[["method", "frames_of"]].assign(behavior="dig", recall=0.5, precision=np.nan)
    write_tsv(study.path / "per_behavior.tsv", found.assign(f1=0.4, kappa=0.1, support=20))
    for method, (_, options, _) in METHODS.items():
        if options:
            study.train(method, "one", ["a", "b"], ["c"])
            study.train(method, "two", ["b", "c"], ["a"])
            study.train(method, "all", [*LEARNED], [], folds=["one", "two"])
        study.bundle(method)
    study.describe("new", film(study.path / "new.mpg", n_frames=75, seed=5))
    return study


@pytest.mark.parametrize("method", METHODS)
def test_a_new_video_is_annotated_as_by_the_parts(study, method, tmp_path):
    annotate([study.path / "new.mpg"], bundle=study.bundle(method), out=tmp_path, threads=1)
    assert {p.name for p in tmp_path.iterdir()} == {"new.parquet", "new.bouts.tsv", "new.json"}
    own = read_predictions(tmp_path / "new.parquet", BEHAVIORS, method=method, video="new")
    parts = study.predict(method, "new")
    np.testing.assert_allclose(own.probability, parts.probability, atol=2e-5)
    np.testing.assert_array_equal(own.time_s, read_times(study.times("new")))
    bouts = read_tsv(tmp_path / "new.bouts.tsv")
    told = np.repeat(bouts["behavior"], bouts["stop"] - bouts["start"])
    assert [*told] == [BEHAVIORS[code] for code in own.codes]
    assert {"start_s", "stop_s", "video"} <= {*bouts}
