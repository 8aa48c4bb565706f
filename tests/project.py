"""The whole workflow, run as a user runs it: in a copy of the project, by ``snakemake``."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.snakemake_server import server

ROOT = Path(__file__).parents[1]

TINY = {
    "simulation": {
        "videos": 4,
        "seconds": 12,
        "videos_annotated_twice": 2,
        "clip_folders": 2,
        "clips_per_folder": 24,
    },
    "network": {"channels": [4, 4, 8, 8, 8], "descriptor": 16},
    "balance": {"clips_per_behavior": 40},
    "convnet": {"epochs": 2},
    "methods": {
        "lstm-3dcnn": {"model": {"units": 8, "epochs": 3, "window_clips": 40}},
        **dict.fromkeys(["motion-tcn", "tcn", "tcn-behaviors"]),
    },
    "comparisons": [["lstm-3dcnn", "3dcnn"]],
    "report": {"dpi": 60},
    "viewer": {"videos": 0},
}
"""An experiment of a minute; what it learns is worth nothing."""

SHOWN = "shown.txt"
"""What the tiny experiment's first run had on the screen."""


@dataclass(frozen=True)
class Project:
    """A copy of the project in a folder of its own."""

    path: Path
    always: tuple[str, ...] = ()
    """What every ``snakemake`` here is told."""

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``snakemake`` on the tiny experiment; ``check`` its exit status."""
        ran = server().run(
            ["snakemake", *self.always, *arguments],
            self.path,
            os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )
        if check and ran.returncode:
            pytest.fail(f"snakemake {' '.join(arguments)}:\n{ran.stdout[-5000:]}")
        return ran

    def make(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the tiny experiment on all cores."""
        return self.run("--cores", "all", *arguments, check=check)

    def plan(self, *arguments: str) -> dict[str, int]:
        """Return how often each rule would run."""
        shown = self.run("--dry-run", "--quiet", "reason", *arguments).stdout
        if "Nothing to be done" in shown:
            return {}
        table = shown.partition("Job stats:")[2].partition("\n\n")[0].splitlines()[3:]
        return {rule: int(count) for rule, count in map(str.split, table) if rule != "total"}

    @property
    def results(self) -> Path:
        """All that the run wrote."""
        return self.path / "results"


def copy_project(target: Path, config: dict[str, object] = TINY) -> Project:
    """Copy what a clone would hold, with values of its ``config.yaml`` replaced."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).exists() and not name.startswith(("tests/", "docs/")):
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy, follow_symlinks=False)
    path = target / "config.yaml"
    whole = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(merge(whole, config), sort_keys=False), encoding="utf-8")
    return Project(target)


def merge(config: dict[str, object], over: dict[str, object]) -> dict[str, object]:
    """Lay one configuration over another, in place, as Snakemake does."""
    for key, value in over.items():
        own = config.get(key)
        config[key] = (
            merge(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
        )
    return config
