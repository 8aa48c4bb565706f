"""One set of versions, whatever Python there is and however its environment is made."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import grimp
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from homecage.verbs import VERBS, module_of

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
LOCK = dict(
    line.split("==")
    for line in (ROOT / "envs" / "lock.txt").read_text().splitlines()
    if "==" in line
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = SpecifierSet(PROJECT["project"]["requires-python"])
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def read_pins(path: Path) -> dict[str, str]:
    *_, packages = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    return dict(line.split("==") for line in packages["pip"])


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_a_conda_file_pins_what_the_lock_pins(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["channels"] == ["conda-forge", "nodefaults"]
    python, pip, _ = content["dependencies"]
    assert python.startswith("python=") and python.removeprefix("python=") in PYTHONS
    assert pip == "pip"
    pins = read_pins(path)
    assert pins == {package: LOCK[package] for package in pins}


def list_rules() -> list[tuple[str, str, list[str]]]:
    """List the rules that run in a conda environment, with it and the verbs that they may run."""
    rules = []
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        text = path.read_text(encoding="utf-8")
        for rule in re.split(r"^ *(?:rule|checkpoint)\b *", text, flags=re.M)[1:]:
            name = rule.partition(":")[0] or "plot"
            environment = re.search(r"envs/(.*\.yaml)", rule)
            verb = re.search(r"-m homecage (\S+)", rule)
            if environment and verb:
                # A rule of all figures is told its verb.
                told = (
                    [verb[1]] if verb[1] in VERBS else [v for v in VERBS if v.startswith("plot-")]
                )
                rules.append((name, environment[1], told))
    return rules


RULES = list_rules()


def test_the_rules_use_these_conda_files():
    assert {environment for _, environment, _ in RULES} == {path.name for path in ENVIRONMENTS}
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert len(RULES) == rules.count("python -m homecage") > 0


@pytest.mark.parametrize("rule, environment, verbs", RULES, ids=[rule for rule, *_ in RULES])
def test_a_rules_environment_has_all_that_its_verb_imports(rule, environment, verbs):
    graph = grimp.build_graph("homecage", include_external_packages=True, cache_dir=None)
    entries = {"homecage.__main__", *map(module_of, verbs)}
    imported = {module for entry in entries for module in graph.find_upstream_modules(entry)}
    packages = {m for m in imported if not m.startswith("homecage")} - sys.stdlib_module_names
    distributions = packages_distributions()
    assert {distributions[package][0].lower() for package in packages} <= {
        *read_pins(ROOT / "envs" / environment)
    }
    # zarr finds it by name.
    assert "zarr" not in packages or "zarrs" in read_pins(ROOT / "envs" / environment)


@pytest.mark.parametrize("package", ["numpy", "torch", "zarr", "imageio-ffmpeg"])
def test_what_is_installed_is_what_is_locked(package):
    assert version(package).partition("+")[0] == LOCK[package]


def test_everything_agrees_on_the_versions_of_python():
    (fits,) = re.findall(r"not (\(.*\)) <= sys.version_info < (\(.*\))\)", MAKEFILE)
    low, high = (".".join(map(str, ast.literal_eval(part))) for part in fits)
    assert SpecifierSet(f">={low},<{high}") == PYTHONS
    tools = PROJECT["tool"]
    assert tools["ruff"]["target-version"] == f"py{low.replace('.', '')}"
    assert tools["mypy"]["python_version"] == low
    assert sys.version.split()[0] in PYTHONS


STUB = """#!/bin/sh
echo "$(basename "$0") $*" >> {log}
case "$2" in
*"import pip"*) exit 1;;
*sys.version_info*) exit {fits};;
esac
[ "$2" != venv ] || {{ mkdir -p .venv/bin; cp "$0" .venv/bin/python; }}
"""
"""Stands for a Python: notes how it is called, and makes an environment if it is asked to."""


@pytest.fixture
def make(tmp_path):
    """Run ``make .venv/.ready`` where these Pythons are, some of which do not fit."""

    def run(**pythons: bool) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        project, commands = tmp_path / "project", tmp_path / "bin"
        (project / "envs").mkdir(parents=True)
        commands.mkdir()
        for name in ("Makefile", "pyproject.toml", "envs/lock.txt"):
            shutil.copy(ROOT / name, project / name)
        log = tmp_path / "log"
        log.touch()
        for name, fits in pythons.items():
            python = commands / name.replace("_", ".")
            python.write_text(STUB.format(log=log, fits=0 if fits else 127))
            python.chmod(0o755)
        for tool in ("sh", "basename", "mkdir", "cp", "touch"):
            (commands / tool).symlink_to(shutil.which(tool))
        ran = subprocess.run(
            [shutil.which("make"), ".venv/.ready"],
            cwd=project,
            env={"PATH": str(commands)},
            capture_output=True,
            text=True,
        )
        return ran, log.read_text().splitlines()

    return run


def test_the_first_python_that_runs_and_fits_makes_the_environment(make):
    # As shims of pyenv, which stand for versions that it has and does not show.
    ran, calls = make(python3_11=False, python3_12=True, python3_13=True)
    assert ran.returncode == 0, ran.stderr
    made, *installed = [call for call in calls if " -m " in call]
    assert made == "python3.12 -m venv --clear .venv"
    *packages, compiled = installed
    assert all(call.startswith("python -m pip install") for call in packages) and packages
    assert compiled.startswith("python -m compileall")


def test_without_a_python_that_fits_make_says_what_is_needed(make):
    ran, calls = make(python3_13=False, python3=False)
    assert ran.returncode and not [call for call in calls if " -m " in call]
    assert ran.stderr.startswith("homecage needs Python 3.11, 3.12 or 3.13")
    assert "make PYTHON=/path/to/python" in ran.stderr and "Traceback" not in ran.stderr
