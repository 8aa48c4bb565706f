"""A small study as the models' verbs find it: features, annotations, times and a convnet's weights."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.features.store import write_features
from homecage.running.device import make_deterministic
from homecage.sequence.options import AnyModel, DecodingOptions, LstmOptions
from homecage.sequence.predict import predict_model
from homecage.sequence.train import train_model
from homecage.storage.frame_tables import write_annotation, write_times
from homecage.storage.hashing import hash_file
from homecage.storage.weights import save_weights

BEHAVIORS = ["dig", "nap", "run"]
VIDEOS = {"a": 90, "b.2": 97, "c": 104, "d": 111}  # and their frames
OPTIONS = LstmOptions(
    layers=2, units=6, window_clips=10, batch_size=4, epochs=4, dropout=0.2, precision="float32"
)


@dataclass(frozen=True)
class Verbs:
    """The verbs, told of the same small study; ``c`` is held out."""

    path: Path
    told: tuple[tuple[str, object], ...] = ()

    def tell(self, **told: object) -> "Verbs":
        """Return verbs that are told something else."""
        return replace(self, told=(*self.told, *told.items()))

    def features(self, video: str, representation: str = "fc6") -> Path:
        return self.path / "features" / representation / f"{video}.zarr"

    def annotation(self, video: str) -> Path:
        return self.path / "annotations" / f"{video}.parquet"

    def train(self, name: str, representations: list[str] | None = None) -> dict[str, Path]:
        """Train in a folder of this name; return what was written."""
        outputs = {key: self.path / name / key for key in ("model", "history", "plan")}
        representations = representations or ["fc6"]
        videos = ["a", "b.2", "d"]
        told = {
            "method": "mine",
            "fold": "one",
            "representations": representations,
            "training": videos[:2],
            "validation": videos[2:],
            "features": [self.features(v, r) for r in representations for v in videos],
            "annotations": [self.annotation(video) for video in videos],
            "learned": [self.path / "convnet.safetensors"],
            "behaviors": BEHAVIORS,
            "geometry": ClipGeometry(),
            "options": AnyModel(OPTIONS),
            "seed": 0,
            "threads": 1,
            "code": "1",
            "checkpoints": self.path / name / "checkpoints",
        }
        train_model(**told | dict(self.told), **outputs)
        return outputs

    def predict(self, model: Path, video: str = "c") -> Path:
        """Predict a video; return what was written."""
        return self.predict_all({video: model}, "fc6")[0]

    def predict_all(self, models: dict[str, Path], *representations: str) -> list[Path]:
        """Predict videos, each with its model; return what was written."""
        told = {
            "representations": [*representations],
            "features": [self.features(v, r) for r in representations for v in models],
            "learned": [self.path / "convnet.safetensors"] * len(models),
            "times": [self.path / "times" / f"{video}.parquet" for video in models],
            "behaviors": BEHAVIORS,
            "geometry": ClipGeometry(),
            "decoding": DecodingOptions(),
            "model_of": "mine",
            "method": "mine",
            "videos": [*models],
            "threads": 1,
        }
        outputs = [self.path / "predictions" / f"{video}.parquet" for video in models]
        predict_model(models=[*models.values()], outputs=outputs, **told | dict(self.told))
        return outputs


def write_random(
    path: Path, n_frames: int, seed: int, sha256: str | None, representation: str = "fc6"
) -> None:
    """Write a feature store of random numbers: fc6 has four a clip, motion two."""
    rng = np.random.default_rng(seed)
    n_clips = count_clips(n_frames, ClipGeometry())
    width = 4 if representation == "fc6" else 2
    with write_features(
        path,
        representation=representation,
        geometry=ClipGeometry(),
        n_frames=n_frames,
        width=width,
        behaviors=BEHAVIORS if representation == "fc6" else None,
        learned_sha256=[sha256] if sha256 else [],
    ) as writer:
        writer.append("x", rng.random((n_clips, width)).astype(np.float16))
        if representation == "fc6":
            writer.append("probability", np.full((n_clips, len(BEHAVIORS)), 1 / 3, np.float32))


def write_labels(path: Path, n_frames: int, seed: int) -> None:
    """Write an annotation of random bouts of ten frames."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(-1, len(BEHAVIORS), n_frames // 10 + 1).repeat(10)[:n_frames]
    write_annotation(path, codes, BEHAVIORS)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Work as a fold does; two threads that share a core wait for each other at every clip."""
    make_deterministic(threads=1)


@pytest.fixture
def verbs(tmp_path: Path) -> Verbs:
    study = Verbs(tmp_path)
    convnet = tmp_path / "convnet.safetensors"
    save_weights(convnet, {}, {"kind": "convnet"})
    for seed, (video, n_frames) in enumerate(VIDEOS.items()):
        write_random(study.features(video), n_frames, seed, hash_file(convnet))
        write_labels(study.annotation(video), n_frames, seed)
        write_times(tmp_path / "times" / f"{video}.parquet", np.arange(n_frames) / 30)
    return study
