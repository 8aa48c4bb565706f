"""Finished runs, to change and to plan again."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.project import TINY, Project, copy_project
from tests.workflow.plans import MIT, SHEETS, copy_run

ANIMALS = {"sim01day": "M1", "sim02day": "M1", "sim03night": "M2", "sim04day": "M3"}


@pytest.fixture
def edited(simulated: Project, tmp_path: Path) -> Project:
    """A copy of the finished run, to change and to plan again."""
    return copy_run(simulated, tmp_path / "edited")


@pytest.fixture(scope="session")
def finished(simulated: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished run, for tests that put back what they change."""
    return copy_run(simulated, tmp_path_factory.mktemp("finished") / "project")


@pytest.fixture(scope="session")
def on_disk(simulated: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same videos as files that were there before the run, in ``data``: in the MIT layout.

    For tests that put back what they change. Both layouts' sheets are the same but for the animals:
    ``videos.tsv`` and ``clips.tsv``, beside the folders, list the same files.
    """
    path = tmp_path_factory.mktemp("on_disk") / "project"
    project = copy_project(path, TINY | {"dataset": {"layout": "mit", "root": "data"}})
    data = project.path / "data"
    shutil.copytree(simulated.results / "dataset", data)
    write_sheets(data)
    spare = data / "spare"  # No layout looks there.
    spare.mkdir()
    full = data / "full_database"
    shutil.copy2(full / "sim02day.mpg", spare / "video.mpg")
    shutil.copy2(full / "Annotator_group_1" / "sim02day.txt", spare / "annotation.txt")
    shutil.copy2(min(data.glob("clipped_database/sim05day/*.mpg")), spare / "clip.mpg")
    project.make(*MIT)
    return project


@pytest.fixture(scope="session")
def in_sheets(on_disk: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same files as a lab lists them, with its animals; for tests that put back what they change."""
    project = copy_run(on_disk, tmp_path_factory.mktemp("in_sheets") / "project")
    project.make(*SHEETS)
    return project


def write_sheets(data: Path) -> None:
    """List the files of the MIT layout in sheets."""
    full = data / "full_database"
    videos = pd.DataFrame(
        {"video": path.stem, "path": path.relative_to(data), "animal": ANIMALS[path.stem]}
        for path in sorted(full.glob("*.mpg"))
    )
    for number in (1, 2):
        texts = [full / f"Annotator_group_{number}" / f"{video}.txt" for video in videos["video"]]
        videos[f"annotator_{number}"] = [
            text.relative_to(data) if text.exists() else "" for text in texts
        ]
    clips = pd.DataFrame(
        {
            "path": path.relative_to(data),
            "behavior": path.stem.split("_")[-2],
            "clip": path.stem,
            "folder": path.parent.name,
        }
        for path in sorted(data.glob("clipped_database/*/*.mpg"))
    )
    for name, sheet in (("videos", videos), ("clips", clips)):
        sheet.to_csv(data / f"{name}.tsv", sep="\t", index=False)
