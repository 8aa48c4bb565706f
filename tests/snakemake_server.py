"""Snakemake, imported once for all of the tests' runs: each is a fork of one process that has it.

Importing it and what planning needs is a third of planning the tiny experiment, and tests plan some hundreds
of times. What is run is what the command runs, in the copy of the project.
"""

import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

MAIN = f"""
import json, os, sys
import numpy, pandas, pydantic, yaml, grimp, pyarrow.parquet
import snakemake.cli
assert not any(name.partition(".")[0] == "homecage" for name in sys.modules)
answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    told = json.loads(line)
    child = os.fork()
    if not child:
        break
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
else:
    sys.exit()
os.chdir(told["cwd"])
os.environ.clear()
os.environ.update(told["environment"])
nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(told["output"], os.O_WRONLY)
for number, own in enumerate((nothing, output, output)):
    os.dup2(own, number)
sys.argv = told["command"]
sys.path[0] = {str(Path(sys.executable).parent)!r}
snakemake.cli.main()
"""


class Server:
    """The process that imports Snakemake and forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, command: list[str], cwd: Path, environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run ``snakemake`` with arguments; return its exit status and all it said."""
        assert self._process.stdin and self._process.stdout
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as output:
            told = {"command": command, "cwd": str(cwd), "environment": environment}
            print(json.dumps(told | {"output": output.name}), file=self._process.stdin, flush=True)
            status = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(command, status, output.read())


@cache
def server() -> Server:
    """The one process of all tests; it ends with theirs."""
    return Server()
