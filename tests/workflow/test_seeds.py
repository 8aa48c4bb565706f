"""The experiment with other seeds: each in a folder of its own, with what another seed leaves as it is."""

import shutil
import subprocess
from pathlib import Path

import yaml

from tests.project import Project
from tests.workflow.plans import MIT, copy_run

DATA = {"simulate_video", "simulate_clips", "decode_video", "decode_clips", "import_annotation"}
"""What makes and decodes the data and people's annotations; not the check, which judges folds too."""


def prepare(project: Project, seed: str, *how: str) -> Project:
    """Prepare a seed's folder."""
    subprocess.run(["workflow/seed.sh", seed, *how], cwd=project.path, check=True)
    return Project(project.path / "results" / "seeds" / seed)


def list_files(path: Path) -> dict[str, tuple[int, int]]:
    """Return what a run's own files are."""
    return {
        str(file.relative_to(path)): (file.stat().st_size, file.stat().st_mtime_ns)
        for file in path.rglob("*")
        if file.is_file() and "seeds" not in file.relative_to(path).parts
    }


def test_a_seed_of_training_decodes_nothing_again(on_disk, tmp_path):
    project = copy_run(on_disk, tmp_path / "project")
    before = list_files(project.results)
    own = prepare(project, "7")
    plan = own.plan(*MIT)
    assert plan["train_convnet"] == 1 and plan["train_model"] == plan["extract_fc6"] == 4
    assert not DATA & plan.keys()
    assert plan["write_sheet"] == 1  # The folds are others, and so is their plan.
    own.make(*MIT, "--until", "balance_clips")
    assert list_files(project.results) == before
    assert project.plan(*MIT) == {}


def test_a_seed_of_simulated_data_makes_its_own(edited):
    new, same = prepare(edited, "3"), prepare(edited, "4", "same")
    assert new.plan()["simulate_video"] == new.plan()["decode_video"] == 4
    assert not DATA & same.plan().keys()
    seeds = [
        (config["seed"], config["simulation"]["seed"])
        for config in (yaml.safe_load((p.path / "config.yaml").read_text()) for p in (new, same))
    ]
    assert seeds == [(3, 3), (4, 0)]
    assert edited.plan() == {}


def test_preparing_again_keeps_the_results_and_takes_a_changed_configuration(edited):
    own = prepare(edited, "3")
    kept = own.results / "kept"
    kept.touch()
    config = edited.path / "config.yaml"
    config.write_text(config.read_text().replace("dpi: 60", "dpi: 70"))
    assert prepare(edited, "3").results == own.results and kept.exists()
    assert "dpi: 70" in (own.path / "config.yaml").read_text()


def test_before_the_first_run_there_is_nothing_to_share(finished, tmp_path):
    shutil.copytree(
        finished.path,
        tmp_path / "new",
        symlinks=True,
        ignore=shutil.ignore_patterns("results", ".snakemake"),
    )
    own = prepare(Project(tmp_path / "new"), "5")
    assert own.plan()["decode_video"] == 4


def test_a_seed_is_a_number(finished):
    ran = subprocess.run(
        ["workflow/seed.sh", "../x"], cwd=finished.path, capture_output=True, text=True
    )
    assert ran.returncode == 2 and "found '../x'; expected a number" in ran.stderr
