from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
LOCK = dict(
    line.split("==")
    for line in (ROOT / "envs" / "lock.txt").read_text().splitlines()
    if "==" in line
)


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_a_conda_file_pins_what_the_lock_pins(path):
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert content["channels"] == ["conda-forge", "nodefaults"]
    python, pip, packages = content["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    pins = dict(line.split("==") for line in packages["pip"])
    assert pins == {package: LOCK[package] for package in pins}


def test_the_rules_use_these_conda_files():
    used = {
        line.split('"')[1].rsplit("/", 1)[-1]
        for rules in (ROOT / "workflow" / "rules").glob("*.smk")
        for line in rules.read_text(encoding="utf-8").splitlines()
        if "envs/" in line
    }
    assert used == {path.name for path in ENVIRONMENTS}


@pytest.mark.parametrize("package", ["numpy", "torch", "zarr", "imageio-ffmpeg"])
def test_what_is_installed_is_what_is_locked(package):
    assert version(package).partition("+")[0] == LOCK[package]
