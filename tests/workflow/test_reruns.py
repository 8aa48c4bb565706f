"""What a change of the code, the configuration or the place runs again, and what it leaves alone.

Every test plans in a copy of the finished run, which is in a folder of its own: also a run that was
moved, results and all, behaves like this.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from homecage.running.fingerprint import LEFT_OUT
from homecage.verbs import VERBS, module_of
from tests.project import Project
from tests.workflow.plans import (
    ANNOTATED,
    DECODING,
    DRAWING,
    SCORES,
    Plan,
    copy_run,
    read_jobs,
    read_roles,
    remove_last_line,
    restored,
)

LSTM, BILSTM = "homecage.sequence.lstm", "homecage.sequence.bilstm"
WITH_BILSTM = ("--configfile", "config.yaml", "workflow/experiments/bilstm.yaml")


@dataclass(frozen=True)
class RuleGraph:
    """Which rules follow which, and how often each one runs."""

    jobs: Plan
    edges: set[tuple[str, str]]

    def follow(self, rules: set[str]) -> Plan:
        """Return all jobs of these rules and of those that need them, directly or not."""
        found: set[str] = set()
        while rules:
            found |= rules
            rules = {after for before, after in self.edges if before in rules} - found
        return {rule: count for rule, count in self.jobs.items() if rule in found}


@pytest.fixture(scope="module")
def graph(finished: Project) -> RuleGraph:
    """The whole workflow, as Snakemake draws it."""
    drawn = finished.run("--rulegraph").stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', drawn))
    edges = {
        (names[before], names[after]) for before, after in re.findall(r"(\d+) -> (\d+)", drawn)
    }
    return RuleGraph(finished.plan("--forceall"), edges)


def checked_out(path: Path) -> list[Path]:
    """List the files that are not a run's own."""
    return [
        file
        for file in path.rglob("*")
        if file.is_file() and not {"results", ".snakemake"} & set(file.relative_to(path).parts)
    ]


# 1. Nothing changed


def test_touching_every_file_of_the_project_reruns_nothing(finished):
    files = checked_out(finished.path)
    assert {"Snakefile", "config.yaml", "metrics.py"} <= {file.name for file in files}
    for file in files:
        os.utime(file)
    assert finished.plan() == {}


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


# 2. The library: what it says


class Reword(ast.NodeTransformer):
    """Changes every text in a part of a syntax tree."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Say it otherwise."""
        return ast.Constant(f"{node.value} indeed") if isinstance(node.value, str) else node


def reword_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            Reword().visit(node)


def reword_errors(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            Reword().visit(node)


def reword_logs(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.match(r"log(ger)?\.\w+\(", ast.unparse(node)):
            Reword().visit(node)


@contextmanager
def rewritten(project: Project, change: Callable[[ast.AST], None]) -> Iterator[None]:
    """Write every module of the library anew from its changed tree: without comments, laid out anew."""
    modules = [*project.path.glob("workflow/homecage/**/*.py")]
    with restored(*modules):
        n_changed = 0
        for module in modules:
            text = module.read_text(encoding="utf-8")
            tree = ast.parse(text)
            plain = ast.unparse(tree)
            change(tree)
            n_changed += ast.unparse(tree) != plain
            module.write_text(ast.unparse(tree), encoding="utf-8")
        assert n_changed > 10 or change is leave
        yield


def leave(_tree: ast.AST) -> None: ...


@pytest.mark.parametrize("change", [leave, reword_docstrings, reword_errors, reword_logs])
def test_what_the_whole_library_only_says_reruns_nothing(finished, change):
    """Comments and layout, docstrings, the words of errors that are raised, and log lines."""
    with rewritten(finished, change):
        assert finished.plan() == {}


def test_modules_that_cannot_change_a_number_rerun_nothing(finished):
    """Among them the errors with their words."""
    assert {"homecage.errors", "homecage.storage.publish"} <= set(LEFT_OUT)
    modules = [file_of(finished, module) for module in LEFT_OUT]
    with restored(*modules):
        for module in modules:
            add_code(module)
        errors = file_of(finished, "homecage.errors")
        errors.write_text(errors.read_text().replace("run snakemake again", "run it once more"))
        assert finished.plan() == {}


# 3. The library: what it computes


def file_of(project: Project, module: str) -> Path:
    """Return the file of a module in a project's own library."""
    return (project.path / "workflow" / module.replace(".", "/")).with_suffix(".py")


def add_code(module: Path) -> None:
    """Change what a module computes."""
    module.write_text(module.read_text(encoding="utf-8") + "\nADDED = 1\n", encoding="utf-8")


def find_imports(project: Project, *modules: str) -> set[str]:
    """Read which modules of the library these name in their imports, directly or through others."""
    found, new = set(), set(modules)
    while new:
        found |= new
        named = set()
        for module in new:
            tree = ast.parse(file_of(project, module).read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    named |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    named |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        new = {name for name in named if file_of(project, name).exists()} - found - {*LEFT_OUT}
    return found


def find_users(project: Project, module: str) -> set[str]:
    """Find the rules whose verb imports a module; each rule bears the name of its verb."""
    users = set()
    for verb in VERBS:
        model = [LSTM] if verb in ("train-model", "predict-model") else []
        if module in find_imports(project, module_of(verb), *model):
            users.add(verb.replace("-", "_"))
    return users


@pytest.mark.parametrize(
    ("module", "rerun", "kept"),
    [
        ("homecage.simulate.scene", {"simulate_video", "simulate_clips"}, {"simulate_annotation"}),
        ("homecage.frames.decode", {*DECODING, "train_convnet"}, {"simulate_video"}),
        (
            "homecage.annotations.bento",  # As every format.
            {"import_annotation", "check_study", "train_model"},
            {*DECODING, "train_convnet", "extract_fc6"},
        ),
        ("homecage.clips.load", {"train_convnet"}, {*DECODING, "balance_clips"}),
        ("homecage.convnet.openvino_engine", {"extract_fc6", "train_model"}, {"train_convnet"}),
        ("homecage.features.predict", {"predict_representation"}, {"extract_fc6", "train_model"}),
        (LSTM, {"train_model", "predict_model"}, {"extract_fc6", "predict_representation"}),
        (BILSTM, set(), {"train_model"}),
        (
            "homecage.storage.checkpoints",
            {"train_convnet", "train_model"},
            {*DECODING, "balance_clips"},
        ),
        ("homecage.running.precision", {"train_convnet", "extract_fc6"}, DECODING),
        ("homecage.evaluate.metrics", {"evaluate_predictions", "plot_recall"}, {"train_model"}),
        ("homecage.report.style", DRAWING, {"evaluate_predictions", "list_bouts"}),
        ("homecage.report.recall", {"plot_recall"}, DRAWING - {"plot_recall"}),
    ],
)
def test_changed_code_reruns_exactly_the_rules_that_use_it(finished, graph, module, rerun, kept):
    path = file_of(finished, module)
    with restored(path):
        add_code(path)
        plan = finished.plan()
    assert plan == graph.follow(find_users(finished, module))
    assert rerun <= set(plan)
    assert not kept & set(plan)


@pytest.mark.parametrize(
    ("part", "users"),
    [
        ("report/recall.rst", {"write_report"}),  # The caption of a figure.
        ("homecage/report/page.css", {"write_report"}),
        ("homecage/pages/base.html", {"check_study", "write_accuracy", "write_report"}),
    ],
)
def test_a_changed_caption_or_template_writes_the_pages_again_that_it_is_on(
    finished, graph, part, users
):
    path = finished.path / "workflow" / part
    with restored(path):
        path.write_text(f"{path.read_text()}\n")
        assert finished.plan() == graph.follow(users)


def test_a_changed_formula_that_is_undone_reruns_nothing(finished):
    metrics = file_of(finished, "homecage.evaluate.metrics")
    with restored(metrics):
        add_code(metrics)
        assert finished.plan()
    os.utime(metrics)
    assert finished.plan() == {}


def test_checkpoints_are_of_the_code_that_a_training_reruns_for(finished):
    """The fingerprint that reruns a training is the one that it is told, for its checkpoints' key."""
    shown = finished.run("--dry-run", "--forceall", "--printshellcmds").stdout
    told = {rule: re.findall(r"--code (\w+)", str(fields)) for rule, fields in read_jobs(shown)}
    listed = (
        "from homecage.running.fingerprint import fingerprint as f;"
        "print(f('homecage.convnet.train'), f('homecage.sequence.train', 'homecage.sequence.lstm'))"
    )
    environment = os.environ | {"PYTHONPATH": str(finished.path / "workflow")}
    found = subprocess.run(
        [sys.executable, "-c", listed], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert [told["train_convnet"], told["train_model"]] == [[code] for code in found]


# 4. A value in the configuration

TRAINED = {"train_model", "predict_model"}
EXTRACTED = {"extract_fc6", "predict_representation", *TRAINED}


def change_a_behavior(**values: object) -> str:
    """Return the behaviors of the default experiment, one of them changed."""
    behaviors = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))["behaviors"]
    return f"behaviors={json.dumps([behaviors[0] | values, *behaviors[1:]])}"


@pytest.mark.parametrize(
    ("value", "users", "sheets"),
    [
        ("seed=1", {"check_study", "balance_clips", "train_convnet", "train_model"}, 1),
        ("simulation={seconds: 13}", {"simulate_video", "simulate_annotation"}, 0),
        (change_a_behavior(color="#000000"), DRAWING, 0),
        (change_a_behavior(labels=["d", "sip"]), {"check_study", "import_annotation"}, 0),
        ("ignored_labels=[sleepwalk]", {"check_study", "import_annotation"}, 0),
        ("annotations={tolerance_frames: 1}", {"check_study", "import_annotation"}, 0),
        ("folds={validation: 1}", {"check_study", "train_model"}, 1),
        ("frames={size_px: 64}", DECODING, 0),
        ("frames={fps: 25}", DECODING, 0),
        ("geometry={stride: 4}", EXTRACTED | {"check_study", "state_ceiling"}, 0),
        ("geometry={label_offset: 4}", EXTRACTED | {"check_study", "state_ceiling"}, 0),
        (
            "geometry={length: 16}",
            {"check_study", "balance_clips", "train_convnet", "state_ceiling"},
            0,
        ),
        ("balance={test_fraction: 0.3}", {"balance_clips"}, 0),
        ("network={dropout: 0.4}", {"train_convnet"}, 0),
        ("augment={shift: 0.1}", {"train_convnet"}, 0),
        ("convnet={epochs: 3}", {"train_convnet"}, 0),
        ("features={fc6: {batch_size: 4}}", {"extract_fc6"}, 0),
        ("methods={lstm-3dcnn: {model: {units: 9}}}", {"train_model"}, 0),
        ("methods={lstm-3dcnn: {title: Ours}}", {*DRAWING, "write_accuracy"}, 0),
        ("comparisons=[]", {"evaluate_predictions"}, 0),
        ("evaluation={resamples: 500}", {"evaluate_predictions"}, 0),
        ("report={dpi: 70}", DRAWING, 0),
        ("report={ethogram_minutes: 1}", {"plot_ethogram"}, 0),
        ("exports={bin_s: 60}", {"export_tables"}, 0),
        ("exports={min_bout_s: 0.2}", {"export_tables"}, 0),
    ],
)
def test_a_value_reruns_exactly_the_rules_that_take_it(finished, graph, value, users, sheets):
    """And writes the plan of the folds again where that is another one."""
    written = {"write_sheet": sheets} if sheets else {}
    if "simulat" in value:
        users = {rule for rule in graph.jobs if rule.startswith("simulate_")} | {"write_notice"}
    assert finished.plan("--config", value) == graph.follow(users) | written


def test_a_comment_in_the_configuration_reruns_nothing(finished):
    config = finished.path / "config.yaml"
    with restored(config):
        config.write_text(f"{config.read_text()}\n# a comment\n")
        assert finished.plan() == {}


# 5. Methods


def test_one_more_method_trains_that_method_alone(finished):
    shown = {"plot_training": 1, "plot_distribution": 1, **SCORES}
    assert finished.plan(*WITH_BILSTM) == {"train_model": 4, "predict_model": 1, **shown}
    planned = finished.run("--dry-run", *WITH_BILSTM).stdout
    methods = {f["wildcards"] for rule, f in read_jobs(planned) if rule == "train_model"}
    assert all("method=bilstm-3dcnn" in wildcards for wildcards in methods)


def test_a_models_module_reruns_its_own_methods_alone(finished, tmp_path):
    project = copy_run(finished, tmp_path / "project")
    for kind in ("models", "predictions"):
        folder = project.results / kind
        shutil.copytree(folder / "lstm-3dcnn", folder / "bilstm-3dcnn")
    project.make("--touch", "--forceall", *WITH_BILSTM)
    assert project.plan(*WITH_BILSTM) == {}
    add_code(file_of(project, BILSTM))
    jobs = read_jobs(project.run("--dry-run", *WITH_BILSTM).stdout)
    trained = [fields["wildcards"] for rule, fields in jobs if rule == "train_model"]
    assert len(trained) == 4 and all("bilstm-3dcnn" in wildcards for wildcards in trained)
    plan = {"train_model": 4, "predict_model": 1, **SCORES}
    assert project.plan(*WITH_BILSTM) == plan


# 6. A convnet for each fold

BY_FOLD = ("--config", "convnet={trained_on: fold}", "folds={validation: 1}")
HELD_OUT = "sim02day"


@pytest.fixture(scope="module")
def by_fold(on_disk: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What a run with a convnet for each fold would have left; for tests that put back changes."""
    project = copy_run(on_disk, tmp_path_factory.mktemp("by_fold") / "project")
    results = project.results
    convnet = [path for path in (results / "convnet").iterdir() if path.is_file()]
    stores = [*(results / "features" / "fc6").iterdir()]
    for fold in [path.name for path in (results / "models" / "lstm-3dcnn").iterdir()]:
        for path in convnet:
            (results / "convnet" / fold).mkdir(exist_ok=True)
            shutil.copy2(path, results / "convnet" / fold)
        for path in stores:
            shutil.copytree(path, results / "features" / "fc6" / fold / path.name)
        model = results / "models" / "lstm-3dcnn" / fold
        shutil.copytree(model, model / fold)
    project.make("results/study/folds.tsv", *BY_FOLD)
    project.make("--touch", "--forceall", *BY_FOLD)
    assert project.plan(*BY_FOLD) == {}
    return project


def find_nets(project: Project, rule: str) -> set[str]:
    """Return the folds whose own convnets a rule would run for."""
    shown = project.run("--dry-run", *BY_FOLD).stdout
    wildcards = [fields["wildcards"] for name, fields in read_jobs(shown) if name == rule]
    return {re.search(r"net=(\w+)/", own)[1] for own in wildcards}


@pytest.mark.parametrize("changed", ["annotation", "video"])
def test_what_a_fold_holds_out_leaves_its_convnet_alone(by_fold, changed):
    full = by_fold.path / "data" / "full_database"
    annotation = full / "Annotator_group_1" / f"{HELD_OUT}.txt"
    video = full / f"{HELD_OUT}.mpg"
    with restored(annotation, video):
        if changed == "annotation":
            remove_last_line(annotation)
        else:
            shutil.copyfile(full / "sim04day.mpg", video)
        trained = find_nets(by_fold, "train_convnet")
    learners = {
        fold for fold, videos in read_roles(by_fold, "training").items() if HELD_OUT in videos
    }
    assert HELD_OUT not in trained and len(learners) == 2
    assert trained == learners


# 7. Another place


def test_after_a_move_the_same_runs_again_as_before_it(on_disk, graph, tmp_path):
    (tmp_path / "else where").mkdir()
    moved = copy_run(on_disk, tmp_path / "else where" / "here")
    assert moved.plan() == {}
    assert moved.plan("--config", "report={dpi: 70}") == graph.follow(DRAWING)
    remove_last_line(moved.path / "data/full_database/Annotator_group_1/sim02day.txt")
    assert moved.plan() == ANNOTATED
