"""One installation serves many studies, each in a folder of its own, and other workflows as a module."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from homecage.simulate.dataset import simulate
from homecage.simulate.options import SimulationOptions
from tests.project import ROOT, TINY, Project, copy_project, merge

SHORT = {
    "videos": 4,
    "seconds": 2,
    "videos_annotated_twice": 0,
    "clip_folders": 1,
    "clips_per_folder": 8,
}
VIDEOS = ("sim01day", "sim02day", "sim03night", "sim04day")
GATE = ("results/check/verdict.txt", "results/study/videos.tsv")


def list_files(folder: Path) -> dict[Path, int]:
    """Return all that is in a folder, with its dates; what Python caches of a module is nobody's file."""
    return {
        path: path.lstat().st_mtime_ns
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that nobody runs in, and that nobody may write to, if not root."""
    checkout = copy_project(tmp_path_factory.mktemp("share d") / "home cage", {}).path
    shutil.rmtree(checkout / "results")
    for path in [*checkout.rglob("*"), checkout]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    yield checkout
    for path in [checkout, *checkout.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab's folder: a sheet, a short configuration, and videos partly elsewhere."""
    study = tmp_path_factory.mktemp("my studies") / "day & night"
    disk = tmp_path_factory.mktemp("a disk")
    simulate(options=SimulationOptions(**SHORT), output=disk)
    elsewhere = disk / "full_database"
    (study / "videos").mkdir(parents=True)
    near = shutil.move(elsewhere / f"{VIDEOS[0]}.mpg", study / "videos" / "first day.mpg")
    rows = ["video\tpath\tannotator_1\tlight\tcage\tgroup"]
    for video, cells in zip(VIDEOS, ("on\t01\tKO", "on\t\tKO", "\t02\t", "\t\t"), strict=True):
        path = near.relative_to(study) if video == VIDEOS[0] else elsewhere / f"{video}.mpg"
        annotation = elsewhere / "Annotator_group_1" / f"{video}.txt"
        rows.append(f"{video}\t{path}\t{annotation}\t{cells}")
    (study / "videos.tsv").write_text("\n".join(rows) + "\n")
    own = {"dataset": {"layout": "sheets", "root": "."}, "convnet": {"trained_on": "fold"}}
    config = merge({key: TINY[key] for key in ("methods", "comparisons")}, own)
    (study / "config.yaml").write_text(yaml.safe_dump(config))
    return study


def test_a_study_elsewhere_is_checked_and_nothing_is_written_to_the_installation(
    installed, study, tmp_path, monkeypatch
):
    """From a third folder, in a shell that knows of no library."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    told = ("--snakefile", str(installed / "Snakefile"), "--directory", str(study))
    away = Project(tmp_path, told)
    before = list_files(installed)
    shown = away.make(*GATE).stdout
    assert str(installed / "profiles" / "default") in shown
    assert list_files(installed) == before
    assert not list(away.path.iterdir())
    lines = (study / GATE[1]).read_text().splitlines()
    assert lines[0].split("\t")[-3:] == ["light", "cage", "group"]
    # As they stand in the sheet: nothing is invented where a cell is empty.
    assert [line.split("\t")[-3:] for line in lines[1:]] == [
        ["on", "01", "KO"],
        ["on", "", "KO"],
        ["", "02", ""],
        ["", "", ""],
    ]
    assert lines[1].split("\t")[2] == "videos/first day.mpg"
    assert away.plan("--until", "check_study") == {}


@pytest.fixture(scope="module")
def configured(study: Path) -> dict[str, object]:
    """The study's configuration, for use in other folders."""
    config = yaml.safe_load((study / "config.yaml").read_text())
    return merge(config, {"dataset": {"root": str(study)}})


@pytest.fixture(scope="module")
def planned(
    installed: Path, configured: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, int]:
    """How often each rule runs in a study that has no results."""
    folder = tmp_path_factory.mktemp("planned")
    (folder / "config.yaml").write_text(yaml.safe_dump(configured))
    return Project(folder, ("--snakefile", str(installed / "Snakefile"))).plan()


def test_a_studys_configuration_says_only_what_differs(planned):
    """Of the installation's five methods two are left, one of them with a model."""
    trained = ("train_convnet", "train_model", "predict_model", "predict_representation")
    assert [planned[rule] for rule in trained] == [4, 4, 1, 4]
    assert not {"extract_motion", "simulate_video", "decode_clips"} & set(planned)


DEPLOYED = """\
configfile: "config/config.yaml"

module lab:
    snakefile: {snakefile!r}
    config: {config}

use rule * from lab{names}
"""
"""What the community's tools write, to use a workflow in a folder of one's own."""


def deploy(folder: Path, values: object, **said: str) -> Project:
    """Use the workflow as a module of another, in a folder."""
    for name in ("config", "workflow"):
        (folder / name).mkdir(parents=True)
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(values))
    (folder / "workflow" / "Snakefile").write_text(DEPLOYED.format(**said))
    return Project(folder)


def test_another_workflow_uses_it_as_a_module(installed, configured, planned, tmp_path):
    """Under its own names, with its configuration a part of the other's."""
    own = deploy(
        tmp_path,
        {"videos": configured},
        snakefile=str(installed / "workflow" / "Snakefile"),
        config='config["videos"]',
        names=" as lab_*",
    )
    assert own.plan() == {f"lab_{rule}": count for rule, count in planned.items()}


def test_it_is_deployed_from_a_commit(configured, planned, tmp_path):
    """Snakemake fetches the rules, file by file, as it does from a hosting service."""
    source = copy_project(tmp_path / "source", {}).path
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=no"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "x"]):
        subprocess.run([*git, *command], cwd=source, check=True)
    fetched = f"git+file://{source}/workflow/Snakefile@HEAD"
    own = deploy(tmp_path / "own", configured, snakefile=fetched, config="config", names="")
    assert own.plan() == planned


def test_it_has_what_the_communitys_tools_look_for():
    catalog = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    assert catalog["usage"]["software-stack-deployment"] == {"conda": True}
    assert catalog["usage"]["report"] is True
    assert (ROOT / "workflow" / "Snakefile").is_file() and (ROOT / "config" / "README.md").is_file()
    assert (ROOT / "config" / "config.yaml").samefile(ROOT / "config.yaml")
