"""``python -m tests.faults``: inject every fault into every verb; end with one line of counts."""

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.faults import inject
from tests.faults.cases import Case, find_cases
from tests.faults.matrix import Tally, interrupt
from tests.project import copy_project

_MOUNTS = "HOMECAGE_FAULTS_MOUNT"


def main() -> int:
    """Return 0 where every fault was survived and left no difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--project", type=Path, help="a finished tiny run; made where not given")
    parser.add_argument("--quick", action="store_true", help="some moments of each kind, not all")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("verbs", nargs="*", help="these verbs only")
    arguments = parser.parse_args()
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as in the workflow, and before PyTorch comes
    if _MOUNTS not in os.environ:
        _go_where_mounting_is_private()
    with tempfile.TemporaryDirectory(prefix="homecage-faults-") as folder:
        scratch = Path(folder)
        project = arguments.project
        if project is None:
            project = copy_project(scratch / "project")
            project.make("--quiet", "all")
            project = project.path
        cases = find_cases(project.resolve())
        if arguments.verbs:
            cases = [case for case in cases if case.verb in arguments.verbs]
        tally = _interrupt_all(cases, scratch, arguments.cores, quick=arguments.quick)
    print(*tally.failures, sep="\n", end="\n" if tally.failures else "")
    print(tally)
    return int(bool(tally.failures) or not tally.injected)


def _go_where_mounting_is_private() -> None:
    """Start again in a mount namespace of our own, which ends with us, where the system lets us."""
    alone = ("unshare", "--map-root-user", "--mount")
    allowed = bool(shutil.which("unshare")) and not (
        subprocess.run([*alone, "true"], capture_output=True).returncode
    )
    os.environ[_MOUNTS] = "yes" if allowed else "no"
    if not allowed:
        print("full and read-only disks: skipped, because mounting is not allowed here")
        return
    os.execvp(alone[0], [*alone, sys.executable, "-m", "tests.faults", *sys.argv[1:]])


def _interrupt_all(cases: list[Case], scratch: Path, cores: int, *, quick: bool) -> Tally:
    inject.warm()
    one = partial(_interrupt_one, scratch, quick, os.environ[_MOUNTS] == "yes")
    total = Tally()
    # Forked, so that each starts with everything imported; the longest first.
    cases = sorted(cases, key=lambda case: not case.verb.startswith(("train", "simulate")))
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        for verb, tally in pool.imap_unordered(one, cases, chunksize=1):
            print(f"{verb}: {tally}", flush=True)
            total += tally
    return total


def _interrupt_one(scratch: Path, quick: bool, mounts: bool, case: Case) -> tuple[str, Tally]:
    folder = scratch / case.verb
    folder.mkdir()
    return case.verb, interrupt(case, folder, quick=quick, mounts=mounts)


if __name__ == "__main__":
    sys.exit(main())
