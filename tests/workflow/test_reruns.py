"""What a change reruns, and what it leaves alone.

Every test plans in a copy of the finished run, which is in a folder of its own: also a run that was
moved, results and all, behaves like this.
"""

import ast
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from homecage.verbs import VERBS
from tests.project import Project

DECODING = {"decode_video", "decode_clips"}
DRAWING = {"plot_distribution", "plot_recall", "plot_confusion", "plot_ethogram", "plot_training"}


@dataclass(frozen=True)
class RuleGraph:
    """Which rules follow which, and how often each one runs."""

    jobs: dict[str, int]
    edges: set[tuple[str, str]]

    def follow(self, rules: set[str]) -> dict[str, int]:
        """Return all jobs of these rules and of those that need them, directly or not."""
        found: set[str] = set()
        while rules:
            found |= rules
            rules = {after for before, after in self.edges if before in rules} - found
        return {rule: count for rule, count in self.jobs.items() if rule in found}


@pytest.fixture(scope="module")
def graph(simulated: Project) -> RuleGraph:
    """The whole workflow, as Snakemake draws it."""
    drawn = simulated.run("--rulegraph").stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', drawn))
    edges = {
        (names[before], names[after]) for before, after in re.findall(r"(\d+) -> (\d+)", drawn)
    }
    return RuleGraph(simulated.plan("--forceall"), edges)


@pytest.fixture(scope="module")
def finished(simulated: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished run, for tests that put back what they change."""
    return copy_run(simulated, tmp_path_factory.mktemp("reruns") / "finished")


def copy_run(project: Project, path: Path) -> Project:
    shutil.copytree(project.path, path, symlinks=True)
    return Project(path)


@contextmanager
def appended(path: Path, text: str) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(before + text.encode())
    try:
        yield
    finally:
        path.write_bytes(before)


def jobs(*once: str, **often: int) -> dict[str, int]:
    """Say how often each rule runs, and that the run's target is reached."""
    return {**dict.fromkeys(once, 1), **often, "all": 1}


def correct_an_annotation(dataset: Path) -> None:
    path = min((dataset / "full_database" / "Annotator_group_1").glob("*.txt"))
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def checked_out(path: Path) -> list[Path]:
    """List the files that are not a run's own."""
    return [
        file
        for file in path.rglob("*")
        if file.is_file() and not {"results", ".snakemake"} & set(file.relative_to(path).parts)
    ]


# 1. Nothing changed


def test_touching_every_file_of_the_project_reruns_nothing(edited):
    files = checked_out(edited.path)
    assert {"Snakefile", "config.yaml", "metrics.py"} <= {file.name for file in files}
    for file in files:
        os.utime(file)
    assert edited.plan() == {}


def test_touching_results_too_reruns_nothing_as_long_as_their_order_is_kept(edited):
    """As `cp -r` in that order, `tar` or `rsync` would: times are whole seconds, or all the same."""
    for file in edited.path.rglob("*"):
        os.utime(file, (1e9, 1e9))
    assert edited.plan() == {}


def test_a_fresh_checkout_over_the_results_reruns_nothing(edited, tmp_path):
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=no"]
        subprocess.run(["git", *identity, *arguments], cwd=edited.path, check=True)

    git("init", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", "as it was run")
    git("clone", "--quiet", ".", str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone")
    shutil.rmtree(clone.results)
    for name in ("results", ".snakemake"):
        (edited.path / name).rename(clone.path / name)
    assert len(checked_out(clone.path)) > 50
    assert clone.plan() == {}


# 2. A module


def find_imports(workflow: Path, name: str) -> set[str]:
    """Read which modules of the library one of them names in its imports, directly or through others."""
    found, new = set(), {name}
    while new:
        found |= new
        named = set()
        for module in new:
            for node in ast.walk(ast.parse(file_of(workflow, module).read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    named |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        new = {module for module in named if file_of(workflow, module).exists()} - found
    return found


def file_of(workflow: Path, module: str) -> Path:
    return (workflow / module.replace(".", "/")).with_suffix(".py")


def find_users(project: Project, module: str) -> set[str]:
    """Find the rules whose command line has a verb that imports a module."""
    workflow = project.path / "workflow"
    users = set()
    for rules in workflow.glob("rules/*.smk"):
        _, *parts = re.split(r"^(?:rule|checkpoint) (\w+):", rules.read_text(), flags=re.MULTILINE)
        for rule, body in zip(parts[::2], parts[1::2], strict=True):
            verb = re.search(r"python -m homecage ([\w-]+)", body)
            if verb and module in find_imports(workflow, VERBS[verb[1]].partition(":")[0]):
                users.add(rule)
    return users


def edit(project: Project, module: str) -> AbstractContextManager[None]:
    """Edit a module for a while."""
    return appended(file_of(project.path / "workflow", module), "\n# edited\n")


@pytest.mark.parametrize(
    ("module", "rerun", "kept"),
    [
        ("homecage.verbs", set(), {"all"}),
        ("homecage.running.parent", {"simulate_video", "plot_recall"}, set()),
        ("homecage.running.device", {"train_convnet"}, DECODING),
        ("homecage.running.precision", {"train_convnet", "extract_features"}, DECODING),
        (
            "homecage.storage.checkpoints",
            {"train_convnet", "train_fold"},
            {*DECODING, "balance_clips"},
        ),
        ("homecage.simulate.scene", {"simulate_video", "simulate_clips"}, {"simulate_annotation"}),
        (
            "homecage.frames.decode",
            {"inspect_video", *DECODING, "train_convnet"},
            {"simulate_video"},
        ),
        ("homecage.clips.load", {"train_convnet"}, {*DECODING, "import_annotation"}),
        ("homecage.convnet.engine", {"extract_features", "train_fold"}, {"train_convnet"}),
        ("homecage.convnet.openvino_engine", {"extract_features"}, {"train_convnet"}),
        ("homecage.sequence.lstm", {"train_fold", "predict_lstm"}, {"extract_features"}),
        ("homecage.sequence.network", {"train_fold", "predict_lstm"}, {"extract_features"}),
        ("homecage.sequence.train", {"train_fold", "predict_lstm"}, {"extract_features"}),
        ("homecage.evaluate.metrics", {"evaluate_predictions", "plot_recall"}, {"train_fold"}),
        ("homecage.report.style", DRAWING, {"evaluate_predictions", "list_bouts"}),
        ("homecage.report.recall", {"plot_recall"}, DRAWING - {"plot_recall"}),
    ],
)
def test_editing_a_module_reruns_exactly_the_rules_that_use_it(
    finished, graph, module, rerun, kept
):
    with edit(finished, module):
        plan = finished.plan()
    assert plan == graph.follow(find_users(finished, module))
    assert rerun <= set(plan)
    assert not kept & set(plan)


def test_an_edit_that_is_undone_reruns_nothing(finished):
    with edit(finished, "homecage.errors"):
        assert finished.plan()
    assert finished.plan() == {}


# 3. A value in the configuration


@pytest.mark.parametrize(
    ("key", "users"),
    [
        ("seed=1", {"balance_clips", "train_convnet", "train_fold"}),
        ("frames={size_px: 64}", {"inspect_video", "inspect_clips", *DECODING}),
        ("balance={test_fraction: 0.3}", {"balance_clips"}),
        ("network={dropout: 0.4}", {"train_convnet"}),
        ("convnet={epochs: 3}", {"train_convnet"}),
        ("features={batch_size: 4}", {"extract_features"}),
        ("sequence={learning_rate: 0.002}", {"train_fold"}),
        ("sequence={validation_videos: 1}", {"check_dataset", "train_fold"}),
        ("report={dpi: 70}", DRAWING),
        ("report={ethogram_minutes: 1}", {"plot_ethogram"}),
    ],
)
def test_a_value_reruns_exactly_the_rules_that_use_it(finished, graph, key, users):
    assert finished.plan("--config", key) == graph.follow(users)


def test_a_comment_in_the_configuration_reruns_nothing(finished):
    with appended(finished.path / "config.yaml", "\n# a comment\n"):
        assert finished.plan() == {}


# 4. The data set

ON_DISK = ["--config", "dataset={layout: mit, root: data}"]


@pytest.fixture(scope="module")
def finished_on_disk(simulated: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished run of a data set that was there before it, in the folder ``data``."""
    project = copy_run(simulated, tmp_path_factory.mktemp("on_disk") / "finished")
    shutil.copytree(project.results / "dataset", project.path / "data")
    # What a run on these files would have left: they are those that the run made itself. Only the
    # check, which marks this data set as passed, is run.
    project.make("--touch", *ON_DISK)
    (project.results / "ingest" / "videos.tsv").unlink()
    project.make("results/ingest/videos.tsv", *ON_DISK)
    assert project.plan(*ON_DISK) == {}
    return project


@pytest.fixture
def on_disk(finished_on_disk: Project, tmp_path: Path) -> Project:
    """A copy of that run, to change and to plan again."""
    return copy_run(finished_on_disk, tmp_path / "on_disk")


def stamps(results: Path) -> dict[str, float]:
    """Tell when each store of frames or features was written."""
    stores = [*results.glob("frames/*"), *results.glob("clips/*"), *results.glob("features/*")]
    return {str(store): store.stat().st_mtime for store in stores}


def test_a_new_video_adds_its_own_files_and_a_fold(on_disk):
    full = on_disk.path / "data" / "full_database"
    for path in (full / "sim02day.mpg", full / "Annotator_group_1" / "sim02day.txt"):
        shutil.copy(path, path.with_stem("new"))
    assert on_disk.plan(*ON_DISK) == jobs(
        *("inspect_video", "check_dataset", "decode_video", "import_annotation"),
        *("extract_features", "predict_convnet"),
        *("evaluate_predictions", "list_bouts", "count_behaviors", "write_table", *DRAWING),
        train_fold=5,
        predict_lstm=5,
    )
    before = stamps(on_disk.results)
    on_disk.make(*ON_DISK, "--until", "extract_features")
    after = stamps(on_disk.results)
    assert {Path(store).stem for store in set(after) - set(before)} == {"new"}
    assert before.items() <= after.items()
    assert on_disk.plan(*ON_DISK)["train_fold"] == 5


def test_a_corrected_annotation_retrains_the_folds_that_learn_from_it(on_disk):
    correct_an_annotation(on_disk.path / "data")
    assert on_disk.plan(*ON_DISK) == jobs(
        *("check_dataset", "import_annotation"),
        *("evaluate_predictions", "list_bouts", "count_behaviors", "write_table", *DRAWING),
        train_fold=3,
        predict_lstm=3,
    )


def test_what_else_changed_behind_a_repeated_check_is_not_overlooked(edited):
    correct_an_annotation(edited.results / "dataset")
    plan = edited.plan("--config", "convnet={epochs: 3}")
    assert {"import_annotation", "train_convnet", "extract_features", "train_fold"} <= set(plan)
    assert not DECODING & set(plan)


def test_what_changed_in_another_bundle_is_not_overlooked_after_an_interruption(edited):
    """Folds of a large data set wait for other bundles of videos as a whole."""
    common = edited.path / "workflow" / "rules" / "common.smk"
    text = common.read_text(encoding="utf-8")
    assert "BUNDLE_SIZE = 32\n" in text
    common.write_text(text.replace("BUNDLE_SIZE = 32\n", "BUNDLE_SIZE = 2\n"), encoding="utf-8")
    edited.make("--until", "bundle_videos")
    edited.make("--touch")
    assert edited.plan() == {}
    correct_an_annotation(edited.results / "dataset")
    plan = edited.plan()
    assert plan["bundle_videos"] == 1 and plan["train_fold"] == 3
    edited.make("--until", "bundle_videos")
    assert edited.plan()["train_fold"] == 3


# 5. A file that is gone


def test_a_removed_feature_file_is_computed_again_with_what_needs_it(edited):
    shutil.rmtree(min(edited.results.glob("features/*.zarr")))
    assert edited.plan() == jobs(
        *("extract_features", "predict_convnet", "evaluate_predictions", "list_bouts"),
        *("plot_recall", "plot_confusion", "plot_ethogram", "plot_training", "write_table"),
        train_fold=3,
        predict_lstm=4,
    )


# 6. Another place


def test_after_a_move_the_same_runs_again_as_before_it(edited, graph, tmp_path):
    (tmp_path / "else where").mkdir()
    moved = Project(edited.path.rename(tmp_path / "else where" / "here"))
    assert moved.plan() == {}
    assert moved.plan("--config", "report={dpi: 70}") == graph.follow(DRAWING)
    with edit(moved, "homecage.evaluate.metrics"):
        assert moved.plan() == graph.follow(find_users(moved, "homecage.evaluate.metrics"))
    correct_an_annotation(moved.results / "dataset")
    assert moved.plan()["train_fold"] == 3
