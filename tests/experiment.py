"""What the page on an experiment is made of, by hand: three videos, three behaviors, two methods."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch

from homecage.frames.options import FramesOptions
from homecage.report.options import Configuration, FigureTexts, Palette, Titles
from homecage.storage.tables import write_tsv
from homecage.storage.weights import save_weights
from homecage.study.behaviors import Vocabulary

BEHAVIORS = {"eat": "#DDCC77", "rest": "#BBBBBB", "walk": "#44AA99"}
VIDEOS = ("day one", "day two", "night")
"""As a lab calls them; on disk a space is an underscore."""
N_FRAMES, RATE_FPS = 100, 10.0
FIGURES = {"recall": "recall of each behavior", "learning": "accuracy by labeled minutes"}

# The truth, and what differs from it: from frame to frame, said in place of what is true.
TRUTH = [(0, 40, "eat"), (40, 90, "rest"), (90, 100, "walk")]
SAID = {
    "annotator_1": TRUTH,
    "annotator_2": [(20, 40, "eat"), (40, 80, "rest")],
    "plain": [(0, 70, "eat"), (70, 90, "rest"), (90, 100, "walk")],
    "better": [(0, 40, "eat"), (40, 84, "rest"), (84, 100, "walk")],
}
# Over behaviors, over frames: on FD, and on FD* for all but it.
SCORES = {"plain": (0.8, 0.7), "better": (0.96, 0.94), "human": (0.9, 0.95)}


def write_experiment(folder: Path, **more: Any) -> dict[str, Any]:
    """Write the files, and return what ``write_report`` takes; ``more`` replaces some of it."""
    results = folder / "results"
    keys = {name: name.replace(" ", "_") for name in VIDEOS}

    def tsv(name: str, rows: list[dict[str, Any]]) -> Path:
        write_tsv(results / name, pd.DataFrame(rows, dtype=object))
        return results / name

    annotations, reports = [], []
    for key in keys.values():
        annotations.append(folder / f"{key}.txt")
        annotations[-1].write_text(f"labels of {key}")
        reports.append(results / "frames" / f"{key}.json")
        reports[-1].parent.mkdir(parents=True, exist_ok=True)
        file = {"path": f"data/{key}.mp4", "size": 1, "mtime_ns": 2, "sha256": f"hash of {key}"}
        file |= {"n_frames": N_FRAMES, "width_px": 32, "height_px": 32, "rate_fps": RATE_FPS}
        reports[-1].write_text(json.dumps({"files": [file | {"damage": []}]}))
    paths = {
        "videos": tsv(
            "study/videos.tsv",
            [
                {"video": key, "name": name, "path": f"data/{key}.mp4", "annotator_1": f"{key}.txt"}
                | {"annotator_2": "", "animal": f"m{number}"}
                for number, (name, key) in enumerate(keys.items())
            ],
        ),
        "folds": tsv(
            "study/folds.tsv",
            [
                {"fold": held_out, "video": video, "role": role}
                for held_out in keys.values()
                for video, role in zip(
                    [held_out, *(key for key in keys.values() if key != held_out)],
                    ("held_out", "validation", "training"),
                    strict=True,
                )
            ],
        ),
        "checked": tsv(
            "check/videos.tsv",
            [
                {"kind": "video", "name": name, "video": key, "n_frames": N_FRAMES}
                | {"seconds": N_FRAMES / RATE_FPS, "n_frames_annotator_1": N_FRAMES}
                | {"n_frames_annotator_2": 60, "n_clips": None}
                for name, key in keys.items()
            ],
        ),
        "verdicts": tsv(
            "check/verdicts.tsv",
            [
                {
                    "verdict": "warning",
                    "kind": "video",
                    "path": "data/night.mp4",
                    "what": "interlaced",
                },
                *(
                    {"verdict": "ok", "kind": "video", "path": f"data/{key}.mp4", "what": ""}
                    for key in list(keys.values())[:2]
                ),
                {"verdict": "warning", "kind": "study", "path": "", "what": "no clip shows eat"},
                {"verdict": "set_aside", "kind": "video", "path": "data/z.mp4", "what": "cut off"},
                {"verdict": "ok", "kind": "run", "path": "", "what": "takes 2 min"},
            ],
        ),
        "accuracy": tsv(
            "evaluation/accuracy.tsv",
            [
                {"method": method, "frames_of": frames_of, "level": level, "average": average}
                | {"accuracy": score, "low": score - 0.03, "high": score + 0.03}
                | {"unit": "video", "n_units": 6, "n_frames": 300 if frames_of == "FD" else 180}
                | {"source": "measured"}
                for method, scores in SCORES.items()
                for frames_of in ("FD", "FD*")[method == "human" :]
                for level, score in zip(("behaviors", "frames"), scores, strict=True)
                for average in ("videos", "pooled")
            ],
        ),
        "gain": tsv(
            "evaluation/gain.tsv",
            [
                {"method": "better", "baseline": "plain", "frames_of": "FD", "level": "behaviors"}
                | {"average": "videos", "gain_points": 16.0, "low": 12.0, "high": 20.0}
                | {"n_units": 6, "p": 0.03, "p_holm": 0.03, "test": "exact"}
            ],
        ),
        "by_video": tsv(
            "evaluation/accuracy_by_video.tsv",
            [
                {"method": method, "frames_of": "FD*" if method == "human" else "FD", "video": name}
                | {"level": level, "accuracy": score - 0.01 * number, "n_frames": N_FRAMES}
                for method, scores in SCORES.items()
                for number, name in enumerate(VIDEOS)
                for level, score in zip(("behaviors", "frames"), scores, strict=True)
            ],
        ),
        "per_behavior": tsv(
            "evaluation/per_behavior.tsv",
            [
                {"method": method, "frames_of": "FD", "behavior": behavior}
                | {"recall": recall, "support": support}
                for method in ("plain", "better")
                for behavior, recall, support in (
                    *(("eat", 1.0, 120), ("rest", 0.88, 150)),
                    ("walk", 1.0, 30),
                )
            ],
        ),
        "distribution": tsv(
            "evaluation/distribution.tsv",
            [
                {"database": "FD", "behavior": behavior, "n_frames": n, "share": n / 300}
                for behavior, n in zip(BEHAVIORS, (120, 150, 30), strict=True)
            ],
        ),
        "bouts": tsv(
            "evaluation/bouts.tsv",
            [
                {
                    "scorer": scorer,
                    "video": name,
                    "behavior": behavior,
                    "start": start,
                    "stop": stop,
                }
                | {"start_s": start / RATE_FPS, "stop_s": stop / RATE_FPS}
                for name in VIDEOS
                for scorer, bouts in SAID.items()
                for start, stop, behavior in bouts
            ],
        ),
        "leakage": tsv(
            "evaluation/leakage.tsv",
            [
                {
                    "kind": "content",
                    "recording": "old",
                    "clip": "data/old/eat_1.mp4",
                    "video": "night",
                }
                | {"correlation": 0.97, "video_frame": 7, "found": "the same pictures"}
            ],
        ),
    }
    figures = []
    for name in FIGURES:
        figures.append(results / "figures" / f"{name}.png")
        figures[-1].parent.mkdir(exist_ok=True)
        cv2.imwrite(str(figures[-1]), np.full((30, 40, 3), 200, np.uint8))
    models = [results / "models" / "better" / key / "model.safetensors" for key in keys.values()]
    for path in models:
        said = {
            "method": "better",
            "kind": "tcn",
            "torch": "2.0",
            "precision": "float32",
            "seed": 7,
        }
        save_weights(path, {"x": torch.zeros(2)}, said)
    for job, seconds in (("train/a", 30), ("train/b", 90), ("decode", 5), ("write_report", 1)):
        path = results / "benchmarks" / f"{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\n{seconds}\t{'NA' if job == 'decode' else 100 + seconds}\n")
    caption = (
        "Made for *a test* ({{ snakemake.params.data_label }}), ``tables.tsv``, by seed "
        "{{ snakemake.config['seed'] }}."
    )
    return {
        **paths,
        "reports": reports,
        "annotations": annotations,
        "figures": figures,
        "texts": FigureTexts.model_validate(
            {name: {"title": title, "caption": caption} for name, title in FIGURES.items()}
        ),
        "models": models,
        "benchmarks": results / "benchmarks",
        "vocabulary": Vocabulary.model_validate(
            {"behaviors": [{"name": name, "labels": [name[0]]} for name in BEHAVIORS]}
        ),
        "palette": Palette(BEHAVIORS),
        "titles": Titles({"plain": "Plain one", "better": "Better one"}),
        "data_label": "a lab's study, 3 videos",
        "simulated": "no",
        "watched": [*keys.values()][:2],
        "left_out": "no",
        "divided": [],
        "aside": [],
        "corrected": [],
        "configuration": Configuration({"seed": 7, "folds": {"by": "video"}}),
        "frames": FramesOptions(),
        "snakemake": "9.9",
        "output": results / "report" / "index.html",
    } | more
