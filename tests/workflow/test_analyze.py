"""Groups and days are made where a lab's sheet has the columns, and follow them alone."""

from pathlib import Path

import pytest

from tests.project import TINY, Project, copy_project

CONFIG = TINY | {
    "convnet": {"epochs": 2, "trained_on": "fold"},
    "dataset": {"layout": "sheets", "root": "data"},
}
GROUPS = {"measure_animals", "compare_groups", "plot_groups", "plot_transitions", "plot_ethograms"}
DAYS = {"bin_recordings", "fit_rhythms", "plot_actogram", "plot_hours"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("analyze") / "project", CONFIG)
    data = project.path / "data"
    data.mkdir()
    for n in range(4):
        (data / f"{n}.mp4").write_text(f"video {n}")
        (data / f"{n}.txt").write_text("1-10 rest\n")
    return project


def write_sheet(lab: Project, columns: str, *cells: str) -> Path:
    path = lab.path / "data" / "videos.tsv"
    head = ["video", "path", "annotator_1", *columns.split()]
    rows = [[f"v{n}", f"{n}.mp4", f"{n}.txt", *own.split()] for n, own in enumerate(cells)]
    path.write_text("".join("\t".join(row) + "\n" for row in [head, *rows]))
    return path


@pytest.mark.parametrize(
    ("columns", "cells", "made"),
    [
        ("animal", ["m1", "m1", "m2", "m2"], set()),
        ("animal group", ["m1 a", "m1 a", "m2 b", "m2 b"], GROUPS),
        ("start", [f"2024-05-0{day}T19:00" for day in (1, 2, 3, 4)], DAYS),
    ],
)
def test_a_column_is_what_asks_for_them(lab, columns, cells, made):
    write_sheet(lab, columns, *cells)
    assert set(lab.plan()) & (GROUPS | DAYS) == made


def test_an_animal_in_two_groups_is_refused_before_anything_runs(lab):
    write_sheet(lab, "animal group", "m1 a", "m1 b", "m2 b", "m2 b")
    ran = lab.run("--dry-run", check=False)
    assert ran.returncode
    assert "animal 'm1': found in 2 groups, 'a' (by v0), 'b' (by v1)" in ran.stdout
    assert "Not begun" in ran.stdout
