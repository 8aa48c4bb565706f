"""GPUs on one machine, what jobs ask for, and plans of large studies."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import Project, copy_project
from tests.workflow.recompute import check_table
from tests.workflow.test_mit import make_shell, use

GPU_RULES = ("train_convnet", "extract_features", "train_fold")


def read_jobs(shown: str) -> list[tuple[str, dict[str, str]]]:
    """Return (rule, fields) of each job of a dry run."""
    jobs = []
    for text in re.split(r"\n(?:rule|checkpoint) ", shown)[1:]:
        rule, _, rest = text.partition(":\n")
        lines = [line.strip().partition(": ") for line in rest.partition("\n\n")[0].splitlines()]
        jobs.append((rule, {key: value for key, _, value in lines}))
    return jobs


def plan_of(tmp_path: Path, n_videos: int) -> str:
    """Plan a study of empty files, in the words of the dry run."""
    data = make_shell(tmp_path / f"data{n_videos}", [f"video{i:03d}" for i in range(n_videos)])
    project = copy_project(tmp_path / f"project{n_videos}")
    return project.run("--dry-run", "--printshellcmds", *use(data)).stdout


@pytest.mark.parametrize(("limit", "told"), [([], "1"), (["gpu=2"], "1"), (["gpu=0"], "0")])
def test_a_limit_of_no_gpus_makes_a_run_on_the_cpu(edited, limit, told):
    arguments = ["--resources", *limit] if limit else []
    shown = edited.run("--dry-run", "--forceall", "--printshellcmds", *arguments).stdout
    assert shown.count(f"HOMECAGE_GPUS={told} python -m homecage") == 1 + 4 + 4
    assert shown.count("HOMECAGE_GPUS=") == 1 + 4 + 4


def plan_with(project: Project, environment: dict[str, str], *arguments: str) -> int:
    """Plan in an environment; return the exit status."""
    return subprocess.run(
        [Path(sys.executable).with_name("snakemake"), "--dry-run", "--quiet", "all", *arguments],
        cwd=project.path,
        env=os.environ | environment,
    ).returncode


def test_planning_imports_no_torch(tmp_path):
    """Each job on a cluster plans twice, and torch takes longer to import than all the rest."""
    (tmp_path / "torch.py").write_text("raise ImportError('not while planning')")
    project = copy_project(tmp_path / "project")
    assert plan_with(project, {"PYTHONPATH": str(tmp_path)}) == 0


def test_planning_opens_no_video(tmp_path):
    data = make_shell(tmp_path / "data", [f"video{i}" for i in range(12)])
    project = copy_project(tmp_path / "project")
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def watch(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('.mpg'):\n"
        "        os._exit(9)\n"
        "sys.addaudithook(watch)\n"
    )
    environment = {"PYTHONPATH": str(tmp_path / "watch")}
    opens = [sys.executable, "-c", "import pathlib, sys; pathlib.Path(sys.argv[1]).read_bytes()"]
    video = data / "full_database" / "video0.mpg"
    assert subprocess.run([*opens, video], env=os.environ | environment).returncode == 9
    assert plan_with(project, environment, *use(data)) == 0


def test_a_plan_grows_with_the_videos_and_not_with_their_square(tmp_path):
    links = {}
    for n_videos in (64, 128):
        shown = plan_of(tmp_path, n_videos)
        folds = [fields for rule, fields in read_jobs(shown) if rule == "train_fold"]
        assert len(folds) == n_videos
        links[n_videos] = sum(fields["input"].count(", ") + 1 for fields in folds)
    assert links[128] < 2.2 * links[64]


def test_every_fold_of_a_large_study_learns_from_all_videos_but_one(tmp_path):
    shown = plan_of(tmp_path, 40)
    everyone = {f"video{i:03d}" for i in range(40)}
    bundles = {
        fields["output"]: set(re.findall(r"video\d{3}(?=\.zarr)", fields["input"]))
        for rule, fields in read_jobs(shown)
        if rule == "bundle_videos"
    }
    assert set.union(*bundles.values()) == everyone and len(bundles) == 2
    for rule, fields in read_jobs(shown):
        if rule == "train_fold":
            held_out = fields["wildcards"].removeprefix("fold=")
            for kind in (r"(?=\.zarr)", r"(?=\.parquet)"):
                assert set(
                    re.findall(r"video\d{3}" + kind, fields["Shell command"])
                ) == everyone - {held_out}
            waited_for = set(re.findall(r"video\d{3}(?=\.zarr)", fields["input"]))
            for bundle in re.findall(r"results/sequence/bundles/\d+\.txt", fields["input"]):
                waited_for |= bundles[bundle]
            assert waited_for == everyone - {held_out}


def test_bundles_change_nothing_but_the_plan(edited, simulated):
    rules = edited.path / "workflow" / "rules" / "common.smk"
    rules.write_text(rules.read_text().replace("BUNDLE_SIZE = 32", "BUNDLE_SIZE = 2"))
    edited.make("--forcerun", "train_fold")
    check_table(edited.results / "dataset", edited.results)
    for model in sorted(simulated.results.glob("sequence/*/model.safetensors")):
        name = model.relative_to(simulated.results)
        assert model.read_bytes() == (edited.results / name).read_bytes()
    assert edited.plan() == {}
    full = edited.results / "dataset" / "full_database"
    annotation = sorted((full / "Annotator_group_1").glob("*.txt"))[0]
    annotation.write_text(annotation.read_text().replace("walk", "rear"))
    plan = edited.plan()
    assert plan["train_fold"] == 3 and plan["bundle_videos"] == 1


def test_jobs_ask_for_finite_amounts_before_and_after_the_check(edited, tmp_path):
    fresh = copy_project(tmp_path / "fresh")
    for project in (fresh, edited):
        shown = project.run("--dry-run", "--forceall", "--printshellcmds").stdout
        jobs = read_jobs(shown)
        assert {rule for rule, _ in jobs} >= set(GPU_RULES)
        for rule, fields in jobs:
            if rule != "all":
                asked = fields["resources"]
                assert 0 < int(re.search(r"mem_mb=(\d+)", asked)[1]) < 64_000, rule
                assert 0 < int(re.search(r"runtime=(\d+)", asked)[1]) <= 1440, rule


def test_longer_videos_ask_for_more(edited):
    table = edited.results / "ingest" / "videos.tsv"

    def ask() -> dict[str, int]:
        jobs = read_jobs(edited.run("--dry-run", "--forcerun", "train_fold").stdout)
        fold = next(fields for rule, fields in jobs if rule == "train_fold")
        return {
            key: int(re.search(rf"\b{key}=(\d+)", fold["resources"])[1])
            for key in ("mem_mb", "runtime")
        }

    before = ask()
    stamp = table.stat()
    table.write_text(re.sub(r"\t\d+\.\d+\t", "\t36000.0\t", table.read_text()))
    os.utime(table, (stamp.st_atime, stamp.st_mtime))
    after = ask()
    assert all(after[key] > before[key] for key in before)
