"""All faults of one verb, and what must be true after each."""

import hashlib
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from tests.faults.cases import Case
from tests.faults.inject import Fault, Outcome, run

REPLACING_NOTHING = {"simulate"}
"""Verbs that people type and that refuse to replace what is there: once whole, it is the result."""

_KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)
_PAGE = 4096


@dataclass
class Tally:
    """Faults that happened; those after which nothing was wrong; those that left no difference."""

    injected: int = 0
    survived: int = 0
    identical: int = 0
    failures: list[str] = field(default_factory=list)

    def count(self, what: str, problems: list[str], again: list[str]) -> None:
        """Count a fault, with what was wrong after it and what when the verb was run again."""
        self.injected += 1
        self.survived += not problems
        self.identical += not again
        self.failures += [f"{what}: {problem}" for problem in [*problems, *again]]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.injected + other.injected,
            self.survived + other.survived,
            self.identical + other.identical,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        return (
            f"faults injected: {self.injected}, survived: {self.survived}, "
            f"identical: {self.identical}"
        )


def interrupt(case: Case, scratch: Path, *, quick: bool, mounts: bool) -> Tally:
    """Inject every fault; ``quick`` keeps the first, the middle and the last of each kind."""
    whole = scratch / "whole"
    undisturbed = run(case, whole)
    tally = Tally()
    if undisturbed.status:
        tally.failures.append(f"{case.verb}: fails undisturbed: {undisturbed.said}")
        return tally
    reference = {path: digest(whole / path) for path in case.outputs}
    for path in case.outputs:
        if (case.project / path).exists() and digest(case.project / path) != reference[path]:
            tally.failures.append(f"{case.verb}: {path} is not what the workflow made")
    for fault in plan(undisturbed.moments, whole, quick=quick, mounts=mounts):
        with Target(scratch / "target", case, fault) as target:
            outcome = run(case, target.path, fault)
            if not outcome.status and target.states() == reference:
                continue  # It was not in the way.
            problems = list(judge(target, outcome, reference))
            target.mend()
            again = list(resume(target, reference))
        tally.count(f"{case.verb}, {fault}", problems, again)
    for given, damage in product(case.find_inputs(), list_damage(quick=quick)):
        for file in list_files(case.project / given)[: 1 if quick else None]:
            with Target(scratch / "target", case) as target:
                copy = target.path / ".inputs" / given
                damage.apply(case.project / given, copy, file)
                outcome = run(case.replace(given, by=copy), target.path)
                if not outcome.status and target.states() == reference:
                    continue  # It was in a part that this verb does not read.
                problems = list(judge(target, outcome, reference))
                if not outcome.said.rstrip().endswith("run snakemake again to have it rebuilt"):
                    problems.append(f"does not say what to do: {outcome.said}")
                again = list(resume(target, reference))
            tally.count(f"{case.verb}, {damage} in {given}/{file}", problems, again)
    return tally


def plan(moments: int, whole: Path, *, quick: bool, mounts: bool) -> list[Fault]:
    """List the faults of a verb by the moments it has and the sizes of what it writes."""
    sizes = sorted(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    ends = [sizes[0], sizes[-1]]
    pages = sum(-(-size // _PAGE) for size in sizes)
    every = {
        **dict.fromkeys(("kill", "full", "read-only"), range(1, moments + 1)),
        **dict.fromkeys(("cut", "limit"), sorted({0, *(size // 2 for size in ends), ends[-1] - 1})),
    }
    if mounts:
        every |= {"disk": sorted({*range(min(pages, 4)), pages // 2, pages - 1}), "mount": [0]}
    if quick:
        every = {
            kind: sorted({at[0], at[len(at) // 2], at[-1]}) for kind, at in every.items() if at
        }
    return [Fault(kind, at) for kind, times in every.items() for at in times]


@dataclass(frozen=True)
class Damage:
    """What happened to a file of earlier results: a bit flipped, or the rest cut off, at a place."""

    kind: str
    place: float
    """From 0, the file's beginning, to 1, its end."""

    def apply(self, source: Path, copy: Path, file: str) -> None:
        """Copy a file, or a folder, with the damage in one file of it."""
        copy.parent.mkdir(parents=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy)
        content = bytearray((copy / file).read_bytes())
        at = int(self.place * len(content))
        if self.kind == "flip":
            content[at] ^= 1 << at % 8
        else:
            del content[at:]
        (copy / file).write_bytes(content)


def list_damage(*, quick: bool) -> list[Damage]:
    """List damage at places that are the same in every run."""
    places = random.Random(0)
    count = 1 if quick else 3
    return [Damage(kind, places.random()) for kind in ("flip", "truncate") for _ in range(count)]


def list_files(path: Path) -> list[str]:
    """List a folder's files, the largest first; for a file, the path that leads from it to itself."""
    if path.is_file():
        return ["."]
    files = [file for file in path.rglob("*") if file.is_file()]
    files.sort(key=lambda file: (-file.stat().st_size, file))
    return [str(file.relative_to(path)) for file in files if file.name != ".snakemake_timestamp"]


class Target:
    """The folder a verb writes in: earlier results in it, on a disk that may be full or read-only."""

    def __init__(self, path: Path, case: Case, fault: Fault | None = None) -> None:
        self.path = path
        self.case = case
        self._mounted = fault is not None and fault.kind in ("disk", "mount")
        path.mkdir()
        if self._mounted:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], check=True)
        self._write_earlier_results()
        self.earlier = self.states()
        if fault and fault.kind == "disk":
            used = sum(path.is_file() for path in path.rglob("*"))  # of one page each
            # A tmpfs of no size has no limit.
            (path / ".ballast").write_bytes(bytes(_PAGE))
            self._remount(f"size={(used + 1 + fault.at) * _PAGE}")
        if fault and fault.kind == "mount":
            self._remount("ro")

    def _write_earlier_results(self) -> None:
        if self.case.verb == "simulate":
            return  # It refuses to replace anything.
        for path in self.case.outputs:
            earlier = self.path / path
            if Path(path).suffix in (".zarr", ""):
                earlier.mkdir(parents=True)
                earlier /= "part"
            earlier.parent.mkdir(parents=True, exist_ok=True)
            earlier.write_text("earlier")

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)

    def states(self) -> dict[str, str | None]:
        """Return the digest of each output."""
        return {path: digest(self.path / path) for path in self.case.outputs}

    def leftovers(self) -> list[str]:
        """List what is there besides outputs, checkpoints and the folders that they are in."""
        given = ("results/checkpoints", ".ballast", ".inputs")
        own = [self.path / path for path in (*self.case.outputs, *given)]
        return [
            str(path.relative_to(self.path))
            for path in self.path.rglob("*")
            if not any(path in (o, *o.parents) or o in path.parents for o in own)
        ]

    def mend(self) -> None:
        """Make room, allow writing."""
        if self._mounted:
            self._remount("rw,size=1g")

    def __enter__(self) -> "Target":
        return self

    def __exit__(self, *_: object) -> None:
        if self._mounted:
            subprocess.run(["umount", self.path], check=True)
        shutil.rmtree(self.path)


def judge(target: Target, outcome: Outcome, reference: dict[str, str | None]) -> Iterator[str]:
    """Say what is wrong after a fault."""
    for path, state in target.states().items():
        # A folder cannot replace another in one step: for a moment neither is there.
        gone = state is None and (
            target.earlier[path] is None or (target.path / path).suffix in (".zarr", "")
        )
        if state not in (target.earlier[path], reference[path]) and not gone:
            yield f"{path} is neither the earlier result nor the new one"
    left = target.leftovers()
    yield from (f"{name} is visible" for name in left if not hidden(name))
    if outcome.status in _KILLED:
        return
    if outcome.status != 1:
        yield f"exit status {outcome.status}: {outcome.said}"
    if (
        "Traceback" in outcome.said
        or outcome.said.count(f"homecage {target.case.verb}: error: ") != 1
    ):
        yield f"not one message: {outcome.said}"


def resume(target: Target, reference: dict[str, str | None]) -> Iterator[str]:
    """Run again, undisturbed; say what differs from a run that never was disturbed."""
    if target.case.verb in REPLACING_NOTHING and target.states() == reference:
        return
    outcome = run(target.case, target.path)
    if outcome.status:
        yield f"fails when run again: {outcome.said}"
    yield from (
        f"{path} differs when run again"
        for path, state in target.states().items()
        if state != reference[path]
    )
    yield from (f"{name} stays behind" for name in target.leftovers())


def hidden(name: str) -> bool:
    """Whether a path is in a temporary, which nobody reads."""
    return any(part.startswith(".") for part in Path(name).parts)


def digest(path: Path) -> str | None:
    """Hash a file, or a folder with all that is in it but Snakemake's own mark; None for nothing."""
    if not path.exists():
        return None
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    whole = hashlib.sha256()
    for file in files:
        if file.is_file() and file.name != ".snakemake_timestamp":
            whole.update(f"{file.relative_to(path)} {file.stat().st_size} ".encode())
            whole.update(file.read_bytes())
    return whole.hexdigest()
