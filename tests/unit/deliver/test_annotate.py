"""A bundle says of a new video what its parts say, and refuses what does not fit it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.frames.conftest import run_ffmpeg

from homecage.__main__ import main
from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape, initialize, save_convnet
from homecage.convnet.options import NetworkOptions
from homecage.deliver.annotate import annotate
from homecage.deliver.bundle import make_bundle, read_bundle, read_header
from homecage.deliver.bundled import KINDS, refuse_unbundled
from homecage.deliver.card import SCORES
from homecage.errors import AnnotationRunError, BundleError, ConfigError, StoreError
from homecage.evaluate.scores import MEASURES
from homecage.features.fc6 import extract_fc6
from homecage.features.motion import extract_motion
from homecage.features.options import Fc6Options
from homecage.features.predict import predict_representation
from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_video
from homecage.report.options import Palette
from homecage.sequence import stream
from homecage.sequence.options import AnyModel, DecodingOptions, LstmOptions, TcnOptions
from homecage.sequence.predict import predict_model
from homecage.sequence.train import train_model
from homecage.storage.frame_tables import read_predictions, read_times, write_annotation
from homecage.storage.tables import read_tsv, write_tsv
from homecage.storage.weights import load_weights, save_weights

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

    def describe(self, name, video, **options):
        """Decode a video and describe it, by the verbs."""
        decode_video(
            video=video,
            options=FRAMES.model_copy(update=options),
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
            "crops": ["none", "0,0,32,32", "none"],
            "clips": [self.path / "frames" / "a.json"],
            "scores": self.path / "scores.tsv",
            "per_behavior": self.path / "per_behavior.tsv",
            "accuracy": self.path / "accuracy.tsv",
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
    sheet = pd.DataFrame({"video": LEARNED, "name": LEARNED})
    write_tsv(study.path / "videos.tsv", sheet)
    scores = pd.DataFrame(
        {"method": [*METHODS], "frames_of": "FD", "against": "annotator_1", "measure": "kappa"}
    )
    scores = scores.assign(average="videos", value=[0.1, 0.25, 0.3], low=np.nan, high=0.5)
    write_tsv(study.path / "scores.tsv", scores)
    drawn = scores[["method", "frames_of"]].assign(unit="animal", n_units=2, source="measured")
    published = drawn.iloc[:1].assign(method="tcn", unit=np.nan, n_units=np.nan, source="published")
    write_tsv(study.path / "accuracy.tsv", pd.concat([published, drawn]))
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
    annotate(study.path / "new.mpg", bundle=study.bundle(method), out=tmp_path, threads=1)
    assert {p.name for p in tmp_path.iterdir()} == {"new.parquet", "new.bouts.tsv", "new.json"}
    own = read_predictions(tmp_path / "new.parquet", BEHAVIORS, method=method, video="new")
    parts = study.predict(method, "new")
    np.testing.assert_allclose(own.probability, parts.probability, atol=2e-5)
    np.testing.assert_array_equal(own.time_s, read_times(study.times("new")))
    bouts = read_tsv(tmp_path / "new.bouts.tsv")
    told = np.repeat(bouts["behavior"], bouts["stop"] - bouts["start"])
    assert [*told] == [BEHAVIORS[code] for code in own.codes]
    assert {"start_s", "stop_s", "video", "probability"} <= {*bouts}


def test_bad_files_stop_no_other_and_are_named_at_the_end(study, tmp_path, capsys):
    noise, short = tmp_path / "noise.mp4", film(tmp_path / "short.mpg", n_frames=5)
    noise.write_bytes(b"noise" * 100)
    fast = film(tmp_path / "fast.mpg", rate=50)
    given = [noise, tmp_path / "none.mpg", short, fast, study.path / "new.mpg"]
    told = ["--bundle", study.bundle("tcn"), "--out", tmp_path / "out", "--threads", "1"]
    assert main(["annotate", *map(str, given + told)]) == 1
    error = capsys.readouterr().err.partition("error: ")[2]
    first, *named, last = error.splitlines()
    assert first == "4 of 5 videos could not be annotated:"
    assert named[0].startswith(f"  - {noise}: damaged: ")
    assert named[1] == f"  - {tmp_path / 'none.mpg'}: no such file; expected a video"
    assert named[2] == (
        f"  - {short}: the video has 5 frames, fewer than the 8 of one clip; remove it from the data set"
    )
    assert named[3].startswith(
        f"  - {fast}: found 50 frames/s; the bundle has learned from videos of 25 "
    )
    assert last.startswith("The others are done.")
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"new", "new.bouts"}
    assert main(["annotate", *map(str, given[-1:] + told)]) == 0


@pytest.fixture
def again(study, tmp_path):
    """Annotate a video in a folder, and tell whether that was done anew."""
    video = tmp_path / "again.mpg"
    video.write_bytes((study.path / "new.mpg").read_bytes())
    output = tmp_path / "out" / "again.parquet"

    def run(bundle="alone", **told):
        before = output.stat().st_ino if output.exists() else None
        annotate(video, bundle=study.bundle(bundle), out=output.parent, threads=1, **told)
        return output.stat().st_ino != before

    assert run()
    run.video, run.output = video, output
    return run


def test_what_is_done_is_left_out(again):
    assert not again() and not again(resample=True)
    again.video.touch()
    assert not again()


def test_another_file_or_bundle_or_a_lost_result_is_done_anew(again, study):
    again.video.write_bytes((study.path / "a.mpg").read_bytes())
    assert again() and not again()
    assert again("lstm") and not again("lstm")
    again.output.with_suffix(".bouts.tsv").unlink()
    assert again("lstm")
    again.output.write_bytes(b"cut")
    assert again("lstm")


def test_a_part_of_the_picture_is_used_on_request(study, tmp_path):
    """As if the video had been cropped before."""
    whole = film(tmp_path / "whole.mkv", arguments=LOSSLESS)
    run_ffmpeg("-i", whole, "-vf", "crop=32:24:8:16:exact=1", *LOSSLESS, tmp_path / "part.mkv")
    bundle = study.bundle("alone", tmp_path / "b.safetensors", crops=["8,16,32,24"] * 3)
    with pytest.raises(
        BundleError, match=r"parts of the pictures only \(8,16,32,24\); say which part"
    ):
        annotate(whole, bundle=bundle, out=tmp_path)
    annotate(whole, bundle=bundle, out=tmp_path, crop="8,16,32,24", threads=1)
    annotate(tmp_path / "part.mkv", bundle=bundle, out=tmp_path, crop="0,0,32,24", threads=1)
    one, other = (
        read_predictions(tmp_path / f"{name}.parquet", BEHAVIORS, method="alone", video=name)
        for name in ("whole", "part")
    )
    np.testing.assert_array_equal(one.probability, other.probability)


def test_a_folder_is_the_videos_in_it(study, tmp_path):
    folder = tmp_path / "new"
    folder.mkdir()
    for name in ("new one.mpg", "b.MPG", ".hidden.mpg", "notes.txt"):
        (folder / name).write_bytes((study.path / "new.mpg").read_bytes())
    bundle, out = study.bundle("alone"), tmp_path / "out"
    film(folder / "odd.mkv", rate=24.9, arguments=LOSSLESS)
    annotate(folder, folder / "b.MPG", bundle=bundle, out=out, threads=1)
    assert {path.name for path in out.glob("*.bouts.tsv")} == {
        f"{name}.bouts.tsv" for name in ("new_one", "b", "odd")
    }
    bouts = read_tsv(out / "new_one.bouts.tsv")
    assert {*bouts["video"]} == {"new one"} and {*bouts["damaged"]} == {"no"}
    seconds = (out / "odd.bouts.tsv").read_text().splitlines()[-1].split("\t")[4:6]
    assert all(len(second.partition(".")[2]) <= 6 for second in seconds)
    with pytest.raises(
        ConfigError, match=r"out: a folder without videos; expected files named \*\.mpg"
    ):
        annotate(out, bundle=bundle, out=out)


def test_a_damaged_video_is_used_on_request(again, caplog):
    content = again.video.read_bytes()
    again.video.write_bytes(
        content[: len(content) // 2] + bytes(200) + content[len(content) // 2 :]
    )
    with pytest.raises(AnnotationRunError, match=r"damaged: .*--on-decode-error warn"):
        again()
    caplog.set_level("WARNING", logger="homecage")
    assert again(on_decode_error="warn") and not again(on_decode_error="warn")
    bouts = read_tsv(again.output.with_suffix(".bouts.tsv"))
    assert {*bouts["damaged"]} == {"yes"}
    said = f"{again.video}: {bouts['stop'].iloc[-1]} frames"
    assert f"damaged, and scored as far as they could be decoded: {said}" in caplog.messages
    with pytest.raises(AnnotationRunError, match="damaged"):
        again()


LOSSLESS = ("-c:v", "ffv1")


@pytest.mark.parametrize("method", METHODS)
def test_a_video_of_another_rate_is_shown_at_the_bundles(study, method, tmp_path):
    """Each frame twice, twice as fast: the model sees what it sees of the video itself."""
    slow = film(tmp_path / "slow.mkv", seed=3, arguments=LOSSLESS)
    fast = tmp_path / "fast.mkv"
    run_ffmpeg("-i", slow, "-vf", "fps=50", *LOSSLESS, fast)
    bundle = study.bundle(method)
    annotate(slow, fast, bundle=bundle, out=tmp_path, resample=True, threads=1)
    one, other = (
        read_predictions(tmp_path / f"{name}.parquet", BEHAVIORS, method=method, video=name)
        for name in ("slow", "fast")
    )
    assert len(other.time_s) == 120 and other.time_s[1] == pytest.approx(0.02)
    np.testing.assert_allclose(other.probability[::2], one.probability, atol=1e-6)


@pytest.mark.parametrize(("method", "fps"), [("tcn", 40), ("alone", 10)])
def test_a_study_shows_a_video_of_another_rate_as_annotating_does(study, method, fps, tmp_path):
    video = film(study.path / "other.mkv", seed=3, rate=fps, arguments=LOSSLESS)
    study.describe("other", video, fps=25)
    bundle = study.bundle(method, frames=FRAMES.model_copy(update={"fps": 25}))
    assert read_header(bundle).rate_fps == 25 and read_header(bundle).frames == FRAMES
    annotate(video, bundle=bundle, out=tmp_path, resample=True, threads=1)
    own = read_predictions(tmp_path / "other.parquet", BEHAVIORS, method=method, video="other")
    parts = study.predict(method, "other")
    assert len(parts.time_s) == 60
    np.testing.assert_array_equal(own.time_s, parts.time_s)
    np.testing.assert_allclose(own.probability, parts.probability, atol=2e-5)


def test_two_videos_of_one_name_and_none_are_refused(study, tmp_path):
    for videos, message in (
        ([], "found no video; expected one or more"),
        ([tmp_path / "x" / "a b.mpg", tmp_path / "a_b.mp4"], "would both be called 'a_b'"),
        ([tmp_path / "x" / "a.mpg", tmp_path / "a.mp4"], "results of both would be called 'a'"),
    ):
        with pytest.raises(ConfigError, match=message):
            annotate(*videos, bundle=study.bundle("alone"), out=tmp_path)


def test_a_bundle_says_what_it_is(study, capsys):
    header = read_header(study.bundle("tcn"))
    assert header.rate_fps == 25 and header.behaviors == tuple(BEHAVIORS)
    assert header.frames.size_px == 32 and header.videos[1].crop == "0,0,32,32"
    (report,) = json.loads((study.path / "frames" / "b.json").read_text())["files"]
    assert header.videos[1].sha256 == report["sha256"]
    assert header.model.epochs in (1, 2, 3) and header.model.calibration.sharpness != 1
    assert main(["describe-bundle", str(study.bundle("tcn"))]) == 0
    card = capsys.readouterr().out
    for said in (
        "# The tcn (tcn)",
        "dig, nap, run.",
        "License: CC-BY-4.0.",
        "it says nothing about animals",
        "test pictures, 3 videos: 3 videos, 0.00 h, 25 frames/s.",
        f"| b | 60 | 25 | 0,0,32,32 | {report['sha256'][:12]} |",
        "| FD | kappa | 0.300 | [n/a, 0.500] |",
        "| FD | dig | 0.500 | n/a | 0.400 | 20 |",
        "held out (2 folds by video), not of this very model",
        "the 95 % intervals are by drawing again by `animal`, all videos of one together (2 of FD).",
        "- `FD`: all frames that annotator 1 labeled.",
        "- `kappa`: ",
    ):
        assert said in card
    assert "videos again" not in card and "`edit`" not in card and "FD*" not in card


def test_every_score_is_explained():
    assert {*SCORES} == {*MEASURES}


def spoil(bundle, path, change):
    """Write a bundle anew with something changed."""
    tensors, header = load_weights(bundle)
    change(tensors, header)
    save_weights(path, tensors, header)


UNFIT = {
    "another kind": (
        lambda t, h: h.update(kind="convnet"),
        "is of kind 'convnet'; expected a bundle",
    ),
    "another format": (
        lambda t, h: h.update(format=2),
        "of format 2; this homecage reads format 1",
    ),
    "a word more": (
        lambda t, h: h.update(extra=1),
        r"its header does not fit \(extra: Extra inputs",
    ),
    "a behavior less": (
        lambda t, h: h.update(behaviors=BEHAVIORS[:2]),
        "its tensors are not those of its shape",
    ),
    "a larger network": (
        lambda t, h: h["model"]["shape"].update(units=10**7),
        "its tensors are not those of its shape",
    ),
    "a larger convnet": (
        lambda t, h: h["convnet"].update(descriptor=10**7),
        "its header does not fit",
    ),
    "a network without end": (
        lambda t, h: h["model"]["shape"].update(layers=10**12),
        "found 1000000000000 layers, expected at most one for each of its tensors",
    ),
    "a shape that is no number": (
        lambda t, h: h["model"]["shape"].update(units="10"),
        "its tensors are not those of its shape",
    ),
    "a size that no computer has": (
        lambda t, h: h["model"]["shape"].update(units=10**30),
        "its tensors are not those of its shape",
    ),
    "another model": (
        lambda t, h: h["model"].update(kind="crf"),
        "found a model of kind 'crf'; expected one of: lstm, bilstm, tcn, mlp, own, prior",
    ),
    "another look": (
        lambda t, h: h.update(representations=["fc6"]),
        "its model cannot look at 6 numbers",
    ),
    "a tensor more": (
        lambda t, h: t.update(x=torch.zeros(1)),
        "holds the tensor 'x', of which it says no",
    ),
    "no transitions": (
        lambda t, h: t.pop("decoding.transitions"),
        r"found transitions \[0\], expected",
    ),
    "an unknown representation": (
        lambda t, h: h.update(representations=["jhuang"]),
        "looks at jhuang; expected some of: fc6, fc8, motion",
    ),
}


@pytest.mark.parametrize("change, message", UNFIT.values(), ids=UNFIT)
def test_a_bundle_that_does_not_fit_is_refused(study, tmp_path, change, message):
    path = tmp_path / "spoiled.safetensors"
    spoil(study.bundle("tcn"), path, change)
    with pytest.raises(BundleError, match=rf"spoiled\.safetensors: .*{message}"):
        read_bundle(path)


def test_a_damaged_bundle_is_refused(study, tmp_path):
    path = tmp_path / "cut.safetensors"
    content = study.bundle("lstm").read_bytes()
    for spoiled in (
        content[:-1],
        content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
        b"",
        b"\x80pickle",
    ):
        path.write_bytes(spoiled)
        with pytest.raises(
            BundleError, match=r"cut\.safetensors: .*; expected a bundle, as `snakemake"
        ):
            read_bundle(path)
    with pytest.raises(BundleError, match="nothing"):
        read_bundle(tmp_path / "nothing.safetensors")


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (
            (["fc6", "jhuang"], "tcn"),
            "methods.mine looks at jhuang; expected a method that looks at no",
        ),
        ((["fc6"], "crf"), "methods.mine has a model of kind crf; expected one of: lstm, "),
        ((["fc6"], "lstm", 4), "methods.mine: labeled_videos: found 4; expected null"),
    ],
)
def test_a_method_that_no_bundle_can_hold_is_refused(told, message):
    with pytest.raises(ConfigError, match=message):
        refuse_unbundled("mine", *told)


def test_what_can_be_bundled_can_be_scored():
    assert KINDS == stream.KINDS


def test_what_cannot_be_bundled_is_refused(study, tmp_path):
    output = tmp_path / "made.safetensors"
    with pytest.raises(ConfigError, match="tcn looks at jhuang"):
        study.bundle("tcn", output, representations=["jhuang"])
    with pytest.raises(StoreError, match=r'its validation is \["c"\], expected \[\]'):
        study.bundle("tcn", output, model=[study.model("tcn", "one")])
    report = json.loads((study.path / "frames" / "a.json").read_text())
    report["files"][0] |= {"rate_fps": 30, "steady_fps": 30}
    (tmp_path / "a.json").write_text(json.dumps(report))
    reports = [tmp_path / "a.json", *(study.path / "frames" / f"{name}.json" for name in "bc")]
    with pytest.raises(
        BundleError, match=r"videos of 25 frames/s, and 1 of another rate \(a: 30\)"
    ):
        study.bundle("alone", output, reports=reports)
    assert not output.exists()
