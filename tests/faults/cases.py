"""The verbs to interrupt, as a finished run of the workflow calls them."""

import dataclasses
import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One verb with real inputs, which lie in a project whose run is finished."""

    project: Path
    verb: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    """Paths in the project; where the verb may write them, :meth:`redirect` decides."""

    def redirect(self, target: Path) -> list[str]:
        """Return the command line that writes under another folder what belongs in the project."""
        folders = {str(Path(path).parent) for path in self.outputs}
        line = [self.verb]
        for flag, value in zip(("", *self.arguments), self.arguments, strict=False):
            moved = (
                value in self.outputs
                or flag == "--checkpoints"
                or (flag == "--output" and value in folders)
            )
            line.append(str(target / value) if moved else value)
        return line

    def find_inputs(self) -> list[str]:
        """Return one input of each form that carries checksums."""
        first: dict[str, str] = {}
        for value in self.arguments:
            suffix = Path(value).suffix
            if suffix in (".zarr", ".parquet", ".safetensors") and value not in self.outputs:
                first.setdefault(suffix, value)
        return list(first.values())

    def replace(self, argument: str, by: Path) -> "Case":
        """Return the same case with another file in place of one argument."""
        changed = tuple(str(by) if value == argument else value for value in self.arguments)
        return dataclasses.replace(self, arguments=changed)


def find_jobs(project: Path) -> list[Case]:
    """Return each job of a finished run, by the verb that it calls."""
    shown = subprocess.run(
        [
            Path(sys.executable).with_name("snakemake"),
            "--dry-run",
            "--forceall",
            "--printshellcmds",
            *("--cores", "all"),  # as it was run: threads are part of the bits
        ],
        cwd=project,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    jobs = []
    outputs: tuple[str, ...] = ()
    for line in shown.splitlines():
        if line.startswith("    output: "):
            named = line.removeprefix("    output: ").replace(" (update)", "")
            outputs = tuple(named.split(", "))
        _, called, command = line.partition("python -m homecage ")
        if called:
            words = shlex.split(command.partition(" 2>&1")[0])
            verb, *arguments = words[: words.index(">")]  # What follows is the log.
            jobs.append(Case(project, verb, tuple(arguments), outputs))
    return jobs


def find_cases(project: Path) -> list[Case]:
    """Return one case for each verb that makes results."""
    cases: dict[str, Case] = {}
    for job in find_jobs(project):
        cases.setdefault(job.verb, job)
    # Drawing takes long: as few clips as there can be.
    sizes = {"videos": 3, "seconds": 4, "videos_annotated_twice": 1}
    small = json.dumps(sizes | {"clip_folders": 1, "clips_per_folder": 8})
    for verb, output, *arguments in (
        ("simulate", "simulated", "--options", small),
        ("simulate-clips", "clips", "--options", small, "--folder", "sim04day"),
    ):
        cases[verb] = Case(project, verb, (*arguments, "--output", output), (output,))
    return list(cases.values())
