import json
import os
import shutil
import signal

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from tests.unit.sequence.conftest import (
    BEHAVIORS,
    OPTIONS,
    VIDEOS,
    write_labels,
    write_random,
)

from homecage.clips.options import ClipGeometry
from homecage.errors import InterruptedTrainingError, StoreError, StudyError
from homecage.sequence.options import AnyModel
from homecage.sequence.sequences import Reader
from homecage.sequence.training import Training
from homecage.storage.checkpoints import EVERY_S
from homecage.storage.frame_tables import UNLABELED, write_annotation
from homecage.storage.stores import open_store
from homecage.storage.tables import read_tsv
from homecage.storage.weights import load_weights


def read(outputs):
    return {key: path.read_bytes() for key, path in outputs.items()}


def with_kind(kind, **options):
    return AnyModel(OPTIONS.model_copy(update={"kind": kind, **options}))


def test_the_same_seed_gives_the_same_bytes(verbs):
    first = read(verbs.train("1"))
    assert read(verbs.train("2")) == first
    assert read(verbs.tell(seed=1).train("3"))["model"] != first["model"]


@pytest.mark.parametrize(("kind", "refit"), [("lstm", False), ("bilstm", True)])
@pytest.mark.parametrize("n_steps", [1, 4])
def test_a_stopped_training_goes_on_to_the_same_bytes(verbs, monkeypatch, kind, refit, n_steps):
    verbs = verbs.tell(options=with_kind(kind, refit=refit))
    undisturbed = verbs.train("1")
    monkeypatch.setenv(EVERY_S, "1000")
    taken = []

    def step_and_stop(self, x, codes, step=Training.step):
        step(self, x, codes)
        taken.append(1)
        if len(taken) % n_steps == 0:  # again and again
            os.kill(os.getpid(), signal.SIGTERM)

    n_stops = 0
    with monkeypatch.context() as patched:
        patched.setattr(Training, "step", step_and_stop)
        while True:
            try:
                stopped = verbs.train("2")
                break
            except InterruptedTrainingError:
                n_stops += 1
                assert not (verbs.path / "2" / "model").exists()
    assert n_stops == len(taken) // n_steps > 0
    assert read(stopped) == read(undisturbed)
    assert not (verbs.path / "2" / "checkpoints").exists()


@pytest.mark.parametrize("change", ["other numbers", "no numbers at all", "gone"])
def test_a_video_that_is_not_told_changes_no_byte(verbs, change):
    outputs = verbs.train("before")
    before = read(outputs)
    assert '"c"' not in json.dumps(load_weights(outputs["model"])[1])
    store, annotation = verbs.features("c"), verbs.annotation("c")
    if change == "other numbers":
        write_random(store, VIDEOS["c"], 99, sha256="0")
        write_labels(annotation, VIDEOS["c"], seed=99)
    else:
        shutil.rmtree(store)
        annotation.unlink()
        if change == "no numbers at all":
            store.write_text("no store")
            annotation.write_text("no table")
    assert read(verbs.train("after")) == before


def test_each_video_that_is_told_matters(verbs):
    before = verbs.train("before")
    weights, _ = load_weights(before["model"])
    write_annotation(verbs.annotation("a"), np.zeros(VIDEOS["a"], np.int8), BEHAVIORS)
    after, _ = load_weights(verbs.train("labels of training")["model"])
    assert any(not torch.equal(weights[name], after[name]) for name in weights)
    write_labels(verbs.annotation("a"), VIDEOS["a"], seed=0)
    assert read(verbs.train("again")) == read(before)
    write_annotation(verbs.annotation("d"), np.zeros(VIDEOS["d"], np.int8), BEHAVIORS)
    history = verbs.train("labels of validation")["history"]
    losses = [
        pd.read_csv(path, sep="\t")[["train_loss", "validation_loss"]].iloc[0]
        for path in (before["history"], history)
    ]
    assert losses[0]["train_loss"] == losses[1]["train_loss"]
    assert losses[0]["validation_loss"] != losses[1]["validation_loss"]


def test_the_model_says_what_it_came_from(verbs):
    outputs = verbs.train("run")
    tensors, metadata = load_weights(outputs["model"])
    assert metadata["kind"] == "lstm" and metadata["method"] == "mine" and metadata["fold"] == "one"
    assert metadata["training"] == ["a", "b.2"] and metadata["validation"] == ["d"]
    assert metadata["precision"] == "float32"
    assert metadata["options"] == OPTIONS.model_dump()
    assert metadata["representations"] == ["fc6"] and metadata["behaviors"] == BEHAVIORS
    assert tensors["output.bias"].shape == (len(BEHAVIORS),)
    history = pd.read_csv(outputs["history"], sep="\t")
    kept = history.loc[history["best"] == 1, "validation_loss"].item()
    assert kept == history["validation_loss"].min()
    plan = pd.read_csv(outputs["plan"], sep="\t")
    assert set(plan["video"]) == {"a", "b.2"}


def test_representations_stand_side_by_side(verbs):
    for seed, (video, n_frames) in enumerate(VIDEOS.items()):
        write_random(verbs.features(video, "motion"), n_frames, seed, None, "motion")
    alone = load_weights(verbs.train("alone")["model"])[0]
    both, metadata = load_weights(verbs.train("both", ["fc6", "motion"])["model"])
    assert alone["layers.0.weight_ih_l0"].shape[1] == 4
    assert both["layers.0.weight_ih_l0"].shape[1] == metadata["shape"]["descriptor"] == 6
    reader = Reader(["motion", "fc6"], BEHAVIORS, ClipGeometry(), metadata["learned_sha256"])
    stores = [verbs.features("a", "motion"), verbs.features("a")]
    x, n_frames = reader.read_descriptors("a", stores)
    assert n_frames == VIDEOS["a"] and x.dtype == torch.float16
    expected = [open_store(store, kind="features")["x"][:] for store in stores]
    np.testing.assert_array_equal(x.numpy(), np.concatenate(expected, axis=1))


def test_a_clip_takes_the_label_of_its_fourth_frame(verbs):
    codes = np.arange(VIDEOS["a"]) % 3
    write_annotation(verbs.annotation("a"), codes, BEHAVIORS)
    sha256 = open_store(verbs.features("a"), kind="features").attributes["learned_sha256"]
    reader = Reader(["fc6"], BEHAVIORS, ClipGeometry(), sha256)
    sequence = reader.read("a", [verbs.features("a")], verbs.annotation("a"))
    assert sequence.codes.tolist() == [(2 * k + 3) % 3 for k in range(42)]


def test_a_clip_takes_the_label_of_the_frame_that_is_shown_at_another_rate(verbs):
    """60 frames, every second of them twice."""
    codes = np.arange(60) % 3
    write_annotation(verbs.annotation("a"), codes, BEHAVIORS, np.tile([1, 2], 30))
    sha256 = open_store(verbs.features("a"), kind="features").attributes["learned_sha256"]
    reader = Reader(["fc6"], BEHAVIORS, ClipGeometry(), sha256)
    sequence = reader.read("a", [verbs.features("a")], verbs.annotation("a"))
    shown = [frame for frame in range(60) for _ in range(1 + frame % 2)]
    assert sequence.codes.tolist() == [shown[2 * k + 3] % 3 for k in range(42)]


def test_annotations_of_other_videos_are_refused(verbs):
    told = [verbs.annotation(video) for video in ("a", "d", "b.2")]
    with pytest.raises(StoreError, match=r"d\.parquet: .* expected the annotation of b\.2 with 97"):
        verbs.tell(annotations=told).train("run")
    same_length = verbs.annotation("e")
    write_labels(same_length, VIDEOS["a"], seed=0)
    told = [same_length, verbs.annotation("b.2"), verbs.annotation("d")]
    with pytest.raises(StoreError, match=r"e\.parquet: .* expected the annotation of a with 90"):
        verbs.tell(annotations=told).train("run")
    write_labels(verbs.annotation("a"), VIDEOS["a"] - 1, seed=0)
    with pytest.raises(StoreError, match="has 89 frames, expected the annotation of a with 90"):
        verbs.train("run")
    assert not (verbs.path / "run").exists()


def test_features_of_another_video_are_refused(verbs):
    told = [verbs.features(video) for video in ("a", "c", "d")]
    with pytest.raises(StoreError, match=r"c\.zarr: is of 104 frames, expected features of b\.2"):
        verbs.tell(features=told).train("run")
    for video in ("a", "b.2", "d"):  # another length of one video in two representations
        write_random(verbs.features(video, "motion"), 90, 0, None, "motion")
    with pytest.raises(StoreError, match=r"b\.2\.zarr: is of 90 frames, expected .* with 97"):
        verbs.train("run", ["fc6", "motion"])


@pytest.mark.parametrize(
    "other",
    [
        {"geometry": ClipGeometry(stride=4)},
        {"behaviors": ["dig", "run", "nap"]},
        {"representations": ["motion"]},
        {"learned_sha256": "0"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_features_made_from_something_else_are_refused(verbs, other):
    if "learned_sha256" in other:
        (verbs.path / "convnet.safetensors").write_bytes(b"of another training")
    else:
        verbs = verbs.tell(**other)
    with pytest.raises(StoreError, match=rf"a\.zarr: .*{next(iter(other)).removesuffix('s')}"):
        verbs.train("run")
    assert not (verbs.path / "run").exists()


@pytest.mark.parametrize(("videos", "role"), [(["a", "b.2"], "training"), (["d"], "validation")])
def test_a_fold_without_labels_is_refused(verbs, videos, role):
    for video in videos:
        codes = np.full(VIDEOS[video], UNLABELED, np.int8)
        write_annotation(verbs.annotation(video), codes, BEHAVIORS)
    with pytest.raises(StudyError, match=f"fold one: no {role} video has a labeled clip"):
        verbs.train("run")
    assert not (verbs.path / "run").exists()


def test_a_behavior_may_be_absent_everywhere(verbs):
    for video, n_frames in VIDEOS.items():
        write_annotation(verbs.annotation(video), np.arange(n_frames) // 30 % 2, BEHAVIORS)
    assert verbs.train("run")["model"].exists()


@pytest.mark.parametrize("other", ["code", "labels"])
def test_a_checkpoint_of_another_training_is_not_used(verbs, monkeypatch, other):
    def step_and_stop(self, x, codes, step=Training.step):
        step(self, x, codes)
        os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Training, "step", step_and_stop)
        with pytest.raises(InterruptedTrainingError):
            verbs.train("run")
    if other == "code":
        verbs = verbs.tell(code="2")
    else:
        write_labels(verbs.annotation("d"), VIDEOS["d"], seed=99)
    expected = read(verbs.train("undisturbed"))
    restored = []
    monkeypatch.setattr(Training, "restore", lambda self, state: restored.append(state))
    assert read(verbs.train("run")) == expected
    assert restored == []


def test_what_learns_from_all_videos_is_settled_by_the_folds(verbs):
    folds = [
        verbs.tell(training=[*names[:2]], validation=[names[2]], **tell_of(verbs, names)).train(
            name
        )
        for name, names in (("one", ["a", "b.2", "d"]), ("two", ["d", "b.2", "a"]))
    ]
    every = ["a", "b.2", "c", "d"]
    told = {"fold": "all", "training": every, "validation": [], **tell_of(verbs, every)}
    told |= {
        key: [fold[file] for fold in folds]
        for key, file in (("folds", "model"), ("histories", "history"))
    }
    written = verbs.tell(**told).train("all")
    kept = [
        pd.read_csv(fold["history"], sep="\t").query("best == 1")["epoch"].item() for fold in folds
    ]
    history = read_tsv(written["history"])
    assert len(history) == history.query("best == 1")["epoch"].item() == int(np.median(kept))
    assert history["validation_loss"].isna().all()
    tensors, made = load_weights(written["model"])
    assert made["training"] == every and made["epochs"] == int(np.median(kept))
    of_folds = [load_weights(fold["model"])[0] for fold in folds]
    for name in ("evidence.probability", "evidence.codes", "evidence.n_clips"):
        assert torch.equal(tensors[name], torch.cat([own[name] for own in of_folds]))
    # Each pair of labeled neighbors counts once, also of videos that several folds had.
    assert tensors["evidence.transitions"].sum() < sum(
        t["evidence.transitions"].sum() for t in of_folds
    )
    with pytest.raises(StoreError, match='its method is "mine", expected "other"'):
        verbs.tell(**told, method="other").train("all")


def tell_of(verbs, videos):
    """Say where the features and annotations of videos lie."""
    return {
        "features": [verbs.features(video) for video in videos],
        "annotations": [verbs.annotation(video) for video in videos],
    }


def test_the_options_say_their_kind():
    assert AnyModel.model_validate({"kind": "bilstm", "units": 3}).root.units == 3
    with pytest.raises(ValidationError, match="expected tags: 'lstm', 'bilstm'"):
        AnyModel.model_validate({"kind": "gru"})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        AnyModel.model_validate({"kind": "lstm", "validation_videos": 2})
