"""What several tests share: small stores of random or given frames, and one run of the workflow."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import settings

from homecage.storage.stores import ArraySpec, write_store
from homecage.storage.tables import read_tsv, write_tsv
from tests.project import SHOWN, Project, copy_project

SIZE_PX = 32
TESTS = Path(__file__).parent

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def random_frames() -> Callable[..., np.ndarray]:
    """Make frames (T, S, S, 3) of smooth noise, different for each seed."""

    def make(n_frames: int, seed: int = 0, size_px: int = SIZE_PX) -> np.ndarray:
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 256, (n_frames, size_px // 4, size_px // 4, 3), dtype=np.uint8)
        return coarse.repeat(4, axis=1).repeat(4, axis=2)

    return make


@pytest.fixture
def write_clip_store() -> Callable[..., Path]:
    """Write a folder's clip store from (name, behavior, frames), and ``clips.tsv`` beside it."""

    def write(path: Path, clips: list[tuple[str, str, np.ndarray]]) -> Path:
        lengths = np.array([len(frames) for _, _, frames in clips], np.int64)
        size_px = clips[0][2].shape[1]
        arrays = {
            "frames": ArraySpec((size_px, size_px, 3), "uint8", 8, 1024),
            "offset": ArraySpec((), "int64", 64, 64),
            "length": ArraySpec((), "int64", 64, 64),
        }
        listed = pd.DataFrame(
            [(path.stem, name, f"raw/{path.stem}/{name}.mpg", b, b) for name, b, _ in clips],
            columns=["folder", "clip", "path", "label", "behavior"],
        )
        with write_store(path, kind="clips", arrays=arrays) as writer:
            for _, _, frames in clips:
                writer.append("frames", frames)
            writer.append("offset", np.cumsum(lengths) - lengths)
            writer.append("length", lengths)
            writer.attributes["path"] = listed["path"].tolist()
        table = path.with_name("clips.tsv")
        others = [read_tsv(table, text=True)] if table.exists() else []
        write_tsv(table, pd.concat([*others, listed]))
        return path

    return write


@pytest.fixture
def write_frame_store() -> Callable[..., Path]:
    """Write a video's frame store."""

    def write(path: Path, frames: np.ndarray) -> Path:
        arrays = {"frames": ArraySpec(frames.shape[1:], "uint8", 8, 1024)}
        with write_store(path, kind="frames", arrays=arrays) as writer:
            writer.append("frames", frames)
        return path

    return write


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny experiment on simulated data, run once, whichever process of the tests comes first.

    Tests must leave it as it is: others copy it meanwhile.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    project = Project(shared / "simulated")
    with FileLock(shared / "simulated.lock"):
        if not (project.path / SHOWN).exists():
            copy_project(project.path)
            (project.path / SHOWN).write_text(project.make().stdout, encoding="utf-8")
    return project


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process of the tests is left alone with one."""
    items.sort(key=lambda item: item.path.parts[len(TESTS.parts)] not in ("slurm", "workflow"))
