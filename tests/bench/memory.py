"""Memory of each stage by the length of a video: `python -m tests.bench.memory [--hours 0.1667 1 24]`.

Each verb runs in a process of its own, with the default experiment's options, on a synthetic video of each
length; what it writes is the next one's input. The table goes to results/benchmarks/memory.tsv. A day needs
10 GB for temporary files; it has not been run to its end: it was stopped while the TCN trained.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import torch
import yaml

from homecage.clips.tiling import labeled_frames
from homecage.config import Experiment
from homecage.convnet.network import Convnet, Shape, save_convnet
from homecage.deliver.header import Header, LearnedModel
from homecage.features.motion import NAMES as MOTION
from homecage.features.store import write_features
from homecage.sequence.decoding import Calibration
from homecage.sequence.lstm import Lstm
from homecage.sequence.options import DecodingOptions
from homecage.sequence.tcn import Tcn
from homecage.simulate.names import video_names
from homecage.simulate.videos import simulate_video
from homecage.storage.frame_tables import read_annotation, read_times
from homecage.storage.tables import write_tsv
from homecage.storage.weights import load_weights, save_weights
from homecage.study.behaviors import choose_colors

OUTPUT = Path("results/benchmarks/memory.tsv")
HOURS = (1 / 6, 1.0, 24.0)
EXTRACTED_HOURS = 1.0
"""A longer video is not described by the convnet alone: annotating does it, too, in half an hour a day."""

EXPERIMENT = Experiment(**yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8")))
BEHAVIORS = [behavior.name for behavior in EXPERIMENT.behaviors]
GEOMETRY = EXPERIMENT.geometry.model_dump_json()
MODELS = ("lstm-3dcnn", "tcn")
SHAPES = {
    "lstm": ("layers", "units", "dropout"),
    "tcn": ("layers", "units", "dropout", "input_dropout"),
}
"""What of their options is kept with the weights."""

LOOP_S = 20  # The stretch that a video repeats.
BOUT_FRAMES = 90
SOUGHT_S = 600  # The video in which the audit seeks the long one.
LOOK_S = 0.02


class Bench:
    """Measures the stages in a folder, and keeps the table's rows."""

    def __init__(self, folder: Path) -> None:
        """Make what is the same for all lengths."""
        self.rows: list[dict[str, Any]] = []
        self.hours = 0.0
        self.folder = folder
        self.loop = folder / "loop.mpg"
        first = video_names(EXPERIMENT.simulation)[0]
        short = EXPERIMENT.simulation.model_copy(update={"seconds": float(LOOP_S)})
        simulate_video(video=first, options=short, output=self.loop)
        torch.manual_seed(0)
        shape = Shape(
            EXPERIMENT.geometry.length,
            EXPERIMENT.frames.size_px,
            tuple(BEHAVIORS),
            EXPERIMENT.network,
        )
        self.convnet = folder / "convnet.safetensors"
        save_convnet(self.convnet, Convnet(shape), {})

    def measure_all(self, hours: float) -> None:
        """Measure every stage for a video of this length, which learns, validates and is held out."""
        self.hours = hours
        root = self.folder / f"{hours:.4g}"
        times = root / "frames" / "long.parquet"
        frames = times.with_suffix(".zarr")
        video = self.write_video(hours * 3600, root / "long.mpg")
        self.decode(video, frames, measured=True)
        brief = self.write_video(SOUGHT_S, root / "brief.mpg")
        self.decode(brief, root / "frames" / "brief.zarr")
        labels = self.import_annotation(root, times)
        if hours <= EXTRACTED_HOURS:
            self.extract_fc6(frames, root / "fc6.zarr")
        self.annotate(root, video)
        made_up = [self.make_up(root / "features", name, labels) for name in ("fc6", "motion")]
        for path in (*made_up, labels):
            for video in ("a", "b"):
                path.with_name(video + path.suffix).symlink_to(path.name)
        predictions = [self.learn(root, name, times) for name in MODELS]
        self.evaluate(root, predictions, labels)
        motion = root / "motion.zarr"
        self.measure("extract-motion", motion, frames=frames, geometry=GEOMETRY, output=motion)
        self.audit(root, frames)

    def measure(
        self,
        verb: str,
        *written: Path,
        stage: str = "",
        first: Sequence[Path] = (),
        **told: Any,
    ) -> None:
        """Run a verb; note the most memory that it and its children had, and the files it has written.

        Args:
            verb: its name.
            written: files or folders that it writes.
            stage: what the table calls it; -: it is not measured.
            first: what it is told without a name.
            told: what else it is told, by name.
        """
        line = [sys.executable, "-m", "homecage", verb, *map(str, first)]
        for name, value in told.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            line += [f"--{name.replace('_', '-')}", *map(str, values)]
        started = time.monotonic()
        process, peak = psutil.Popen(line), 0.0
        while process.poll() is None:
            peak = max(peak, sum(map(read_peak_mb, list_family(process))))
            time.sleep(LOOK_S)
        if process.returncode:
            sys.exit(f"{verb} failed")
        n_files = sum(count_files(path) for path in written)
        if stage != "-":
            row = {"stage": stage or verb, "hours": self.hours, "peak_mb": peak, "files": n_files}
            self.rows.append(row)
            print(row, f"({time.monotonic() - started:.0f} s)", flush=True)

    def write_video(self, seconds: float, video: Path) -> Path:
        """Repeat the loop: a program stream may follow another."""
        video.parent.mkdir(parents=True, exist_ok=True)
        loop = self.loop.read_bytes()
        with video.open("wb") as file:
            for _ in range(round(seconds / LOOP_S)):
                file.write(loop)
        return video

    def decode(self, video: Path, frames: Path, measured: bool = False) -> None:
        """Decode a video."""
        times, report = frames.with_suffix(".parquet"), frames.with_suffix(".json")
        options = EXPERIMENT.frames.model_dump_json()
        self.measure(
            "decode-video",
            *(frames, times, report),
            stage="" if measured else "-",
            video=video,
            options=options,
            frames=frames,
            times=times,
            report=report,
        )

    def import_annotation(self, root: Path, times: Path) -> Path:
        """Import bouts of random behaviors, as both annotators'."""
        n_frames = len(read_times(times))
        rng = np.random.default_rng(0)
        starts = range(1, n_frames, BOUT_FRAMES)
        named = zip(starts, rng.choice(BEHAVIORS, len(starts)), strict=True)
        text = root / "long.txt"
        text.write_text(
            "\n".join(
                f"frame: {start:08d}-{min(start + BOUT_FRAMES - 1, n_frames):08d} {name}"
                for start, name in named
            )
        )
        labels = root / "annotations" / "annotator_1" / "long.parquet"
        vocabulary = EXPERIMENT.vocabulary.model_dump_json()
        self.measure(
            "import-annotation",
            labels,
            annotation=text,
            times=times,
            vocabulary=vocabulary,
            options=EXPERIMENT.annotations.model_dump_json(),
            choice="{}",
            output=labels,
        )
        second = root / "annotations" / "annotator_2" / "long.parquet"
        second.parent.mkdir()
        second.symlink_to(labels)
        return labels

    def extract_fc6(self, frames: Path, output: Path) -> None:
        """Describe the frames by a convnet that has learned nothing."""
        self.measure(
            "extract-fc6",
            output,
            frames=frames,
            convnet=self.convnet,
            length=EXPERIMENT.geometry.length,
            representation="fc6",
            behaviors=BEHAVIORS,
            geometry=GEOMETRY,
            options=EXPERIMENT.features.fc6.model_dump_json(),
            threads=1,
            output=output,
        )

    def annotate(self, root: Path, video: Path) -> None:
        """Annotate the video with bundles that have learned nothing."""
        for method in MODELS:
            bundle = root / f"{method}.safetensors"
            save_bundle(bundle, self.convnet, method)
            self.measure(
                "annotate",
                root / method / "annotated",
                stage=f"annotate ({method})",
                first=[video],
                bundle=bundle,
                out=root / method / "annotated",
                threads=1,
            )

    def make_up(self, folder: Path, representation: str, labels: Path) -> Path:
        """Make descriptors up from which behaviors can be learned."""
        codes = read_annotation(labels, BEHAVIORS)
        width = {"fc6": EXPERIMENT.network.descriptor, "motion": len(MOTION)}[representation]
        kinds = np.random.default_rng(0).random((len(BEHAVIORS), width)).astype(np.float16)
        output = folder / representation / "long.zarr"
        with write_features(
            output,
            representation=representation,
            geometry=EXPERIMENT.geometry,
            n_frames=len(codes),
            width=width,
        ) as writer:
            writer.append("x", kinds[codes[labeled_frames(len(codes), EXPERIMENT.geometry)]])
        return output

    def learn(self, root: Path, method: str, times: Path) -> Path:
        """Learn from one video for one epoch, stop by another, and predict the third."""
        chosen = EXPERIMENT.methods[method]
        assert chosen.model is not None
        options = chosen.model.model_copy(update={"epochs": 1, "patience": 1})
        kind = chosen.model.kind

        def name_features(*videos: str) -> list[Path]:
            folders = (root / "features" / name for name in chosen.representations)
            return [folder / f"{video}.zarr" for folder in folders for video in videos]

        common = {
            "method": method,
            "representations": chosen.representations,
            "learned": self.convnet,
            "behaviors": BEHAVIORS,
            "geometry": GEOMETRY,
            "threads": 1,
        }
        outputs = {name: root / method / name for name in ("model", "history", "plan")}
        self.measure(
            "train-model",
            *outputs.values(),
            stage=f"train-model ({kind})",
            **common,
            **outputs,
            fold="one",
            training="a",
            validation="b",
            features=name_features("a", "b"),
            annotations=[root / f"annotations/annotator_1/{video}.parquet" for video in "ab"],
            options=options.model_dump_json(),
            seed=0,
            code="1",
            checkpoints=root / method / "checkpoints",
        )
        output = root / "predictions" / method / "long.parquet"
        self.measure(
            "predict-model",
            output,
            stage=f"predict-model ({kind})",
            **common,
            videos="long",
            models=outputs["model"],
            model_of=method,
            features=name_features("long"),
            times=times,
            decoding=chosen.decoding.model_dump_json(),
            outputs=output,
        )
        return output

    def evaluate(self, root: Path, predictions: Sequence[Path], labels: Path) -> None:
        """Score both methods, list their bouts, and draw them."""
        sheet = root / "videos.tsv"
        columns = ["video", "name", "path", "annotator_1", "annotator_2"]
        write_tsv(sheet, pd.DataFrame([["long", "long", "", "", ""]], columns=columns))
        second = root / "annotations" / "annotator_2" / labels.name
        common = {
            "predictions": predictions,
            "annotations": [labels, second],
            "videos": sheet,
            "behaviors": BEHAVIORS,
        }
        scored, listed = root / "scored", root / "listed"
        self.measure(
            "evaluate-predictions",
            scored,
            **common,
            comparisons=json.dumps([MODELS]),
            options=EXPERIMENT.evaluation.model_dump_json(),
            published="no",
            output=scored,
        )
        self.measure("list-bouts", listed, **common, output=listed)
        png, pdf = root / "ethogram.png", root / "ethogram.pdf"
        self.measure(
            "plot-ethogram",
            *(png, pdf),
            bouts=listed / "bouts.tsv",
            palette=json.dumps(choose_colors(EXPERIMENT.behaviors)),
            titles=json.dumps({name: EXPERIMENT.methods[name].title for name in MODELS}),
            data_label="made up",
            options=EXPERIMENT.report.model_dump_json(),
            png=png,
            pdf=pdf,
        )

    def audit(self, root: Path, frames: Path) -> None:
        """Seek a clip in the video, and all of the video in a brief one."""
        clips = root / "clips.zarr"
        self.measure(
            "decode-clips",
            clips,
            stage="-",
            clips=self.loop,
            crops="none",
            options=EXPERIMENT.frames.model_dump_json(),
            frames=clips,
            report=root / "clips.json",
        )
        output = root / "leakage.tsv"
        self.measure(
            "audit-leakage",
            output,
            clips=clips,
            frames=[frames.with_name("brief.zarr"), frames],
            animals="{}",
            output=output,
        )


def save_bundle(path: Path, convnet: Path, method: str) -> None:
    """Write a bundle whose model has learned nothing."""
    chosen = EXPERIMENT.methods[method]
    assert chosen.model is not None
    options = chosen.model.model_dump()
    tensors, _ = load_weights(convnet)
    widths = {"fc6": EXPERIMENT.network.descriptor, "motion": len(MOTION)}
    shape = {
        "descriptor": sum(widths[name] for name in chosen.representations),
        "behaviors": len(BEHAVIORS),
        **{
            name: options[name]
            for name in ("layers", "units", "dropout", "input_dropout")
            if name in options
        },
    }
    network = {"lstm": Lstm, "tcn": Tcn}[chosen.model.kind](**shape)
    header = Header(
        method=method,
        title=chosen.title,
        data="nothing",
        simulated=True,
        behaviors=tuple(BEHAVIORS),
        colors=choose_colors(EXPERIMENT.behaviors),
        rate_fps=30.0,
        frames=EXPERIMENT.frames,
        geometry=EXPERIMENT.geometry,
        representations=chosen.representations,
        convnet=EXPERIMENT.network,
        model=LearnedModel(
            kind=chosen.model.kind, shape=shape, options={}, epochs=None, calibration=Calibration()
        ),
        decoding=DecodingOptions(smoothing="hmm", aim="behaviors"),  # what takes most
        videos=(),
        clips=(),
        held_out="none",
        scores=(),
        per_behavior=(),
        license=None,
        made_with={},
    )
    parts = {f"convnet.{name}": tensor for name, tensor in tensors.items()}
    parts |= {f"model.{name}": tensor for name, tensor in network.state_dict().items()}
    parts["decoding.transitions"] = torch.ones(len(BEHAVIORS), len(BEHAVIORS), dtype=torch.float64)
    save_weights(path, parts, header.model_dump(mode="json"))


def list_family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and its children, but for those that are still a copy of it, in its own memory."""
    try:
        own = process.exe()
        return [process, *(c for c in process.children(recursive=True) if c.exe() != own)]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []


def read_peak_mb(process: psutil.Process) -> float:
    """Return the most memory that a process had so far, as Linux knows it; 0 if it has ended."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0]) * 1024 / 1e6 if peaks else 0.0


def count_files(path: Path) -> int:
    """Count a file, or the files of a folder."""
    return sum(file.is_file() for file in [path, *path.rglob("*")])


def main() -> None:
    """Measure all lengths, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, nargs="+", default=HOURS)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for hours in told.hours:
            bench.measure_all(hours)
            table = pd.DataFrame(bench.rows).round({"hours": 2, "peak_mb": 0})
            write_tsv(told.output, table)
    print(table.to_string(index=False))
    print(f"Written to {told.output}")


if __name__ == "__main__":
    main()
