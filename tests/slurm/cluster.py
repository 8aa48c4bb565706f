"""A real Slurm of one node, with stand-in GPUs, that touches nothing outside its own folder."""

import os
import re
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
PATIENCE_S = 120
"""How long to wait for what takes seconds, before giving up."""


class SlurmUnavailableError(Exception):
    """No Slurm can be started here; the message says why."""


@dataclass(frozen=True)
class Job:
    """One job that Slurm was given."""

    id: str
    name: str  # the rule and its wildcards
    state: str
    start: datetime
    end: datetime
    gpus: int
    memory: str

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.name.removeprefix("rule_").partition("_wildcards_")[0]


class Cluster:
    """Slurm's controller and one node, with ``gpus`` character devices that stand for GPUs."""

    def __init__(self, folder: Path, gpus: int) -> None:
        self.folder = folder
        self.gpus = gpus
        self._daemons: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """What Slurm's commands need to find this cluster and no other."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def start(self) -> None:
        """Start the daemons and wait for the node.

        Raises:
            SlurmUnavailableError: Slurm is not installed or does not start.
        """
        missing = [program for program in PROGRAMS if not shutil.which(program)]
        if missing:
            raise SlurmUnavailableError(f"not installed: {', '.join(missing)}; try make slurm-test")
        if os.geteuid() != 0:
            raise SlurmUnavailableError("only root can make the devices that stand in for GPUs")
        self._write()
        socket_path = self.folder / "munge.socket"
        self._spawn(
            *("munged", "--foreground", "--force", f"--key-file={self.folder / 'munge.key'}"),
            *(f"--socket={socket_path}", f"--pid-file={self.folder / 'munged.pid'}"),
            *(f"--log-file={self.folder / 'munged.log'}", f"--seed-file={self.folder / 'seed'}"),
        )
        self._wait(socket_path.exists, "munged")
        self._spawn("slurmctld", "-D")
        self._spawn("slurmd", "-D")
        self._wait(lambda: self._ask("sinfo", "-h", "-o", "%T").split() == ["idle"], "slurmd")

    def stop(self) -> None:
        """Cancel all jobs, stop the daemons."""
        if len(self._daemons) == 3:
            self._ask("scancel", "--signal=KILL", "--full", "--user=root")
            self._ask("scancel", "--user=root")
            wait_until(lambda: not self.active())
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def jobs(self) -> list[Job]:
        """Return all jobs so far, finished ones too, oldest first."""
        found = []
        for line in self._ask("scontrol", "show", "jobs", "--oneliner").splitlines():
            if "Comment=" not in line:
                continue
            field = dict(re.findall(r"(\w+)=(\S*)", line))
            gpus = re.fullmatch(r"gres:gpu:(\d+)", field.get("TresPerJob", ""))
            memory = re.search(r"mem=(\w+)", field["TRES"])
            start, end = (
                datetime.fromisoformat(field[key]) if field[key] != "Unknown" else datetime.max
                for key in ("StartTime", "EndTime")
            )
            found.append(
                Job(
                    id=field["JobId"],
                    name=line.partition("Comment=")[2].partition(" StdErr=")[0].strip(),
                    state=field["JobState"],
                    start=start,
                    end=end,
                    gpus=int(gpus[1]) if gpus else 0,
                    memory=memory[1] if memory else "",
                )
            )
        return sorted(found, key=lambda job: int(job.id))

    def active(self, state: str = "all") -> list[Job]:
        """Return the jobs that wait or run, or those in one state."""
        ended = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY")
        return [
            job for job in self.jobs() if job.state not in ended and state in ("all", job.state)
        ]

    def devices(self) -> dict[str, set[str]]:
        """Return what CUDA_VISIBLE_DEVICES was in the tasks of each job; empty where unset."""
        seen: dict[str, set[str]] = {}
        for line in (self.folder / "devices").read_text().splitlines():
            job, _, devices = line.partition(" ")
            seen.setdefault(job, set()).add(devices)
        return seen

    def kill(self, job: Job) -> None:
        """Kill all of a job's processes, as a crash would."""
        self._ask("scancel", "--signal=KILL", "--full", job.id)

    def warn(self, job: Job) -> None:
        """Tell a job's steps that its time is nearly up, as Slurm does."""
        self._ask("scancel", "--signal=USR1", job.id)

    def _write(self) -> None:
        for name in ("bin", "controller", "node", "gpus"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o755)
        for number in range(self.gpus):
            try:
                # Twins of /dev/null: Slurm gives plain files no index.
                device = self.folder / "gpus" / f"gpu{number}"
                os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            except OSError as error:
                raise SlurmUnavailableError(f"no devices can be made here: {error}") from None
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        host = socket.gethostname().partition(".")[0]
        controller_port, node_port = free_ports(2)
        template = Path(__file__).with_name("slurm.conf").read_text(encoding="utf-8")
        (self.folder / "slurm.conf").write_text(
            template.format(
                host=host,
                folder=self.folder,
                controller_port=controller_port,
                node_port=node_port,
                cpus=os.cpu_count(),
                gpus=self.gpus,
            )
        )
        (self.folder / "gres.conf").write_text(
            "".join(
                f"NodeName={host} Name=gpu File={self.folder}/gpus/gpu{number}\n"
                for number in range(self.gpus)
            )
        )
        (self.folder / "devices").touch()
        self._script(
            "record-device",
            f'echo "$SLURM_JOB_ID $CUDA_VISIBLE_DEVICES" >> {self.folder}/devices',
        )
        # Within a job the executor drops every SLURM_* variable before it calls srun.
        conf = self.folder / "slurm.conf"
        self._script("srun", f'SLURM_CONF={conf} exec {shutil.which("srun")} "$@"')

    def _script(self, name: str, command: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{command}\n")
        path.chmod(0o755)

    def _spawn(self, *command: str) -> None:
        log = (self.folder / f"{command[0]}.out").open("wb")
        self._daemons.append(
            subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    def _ask(self, *command: str) -> str:
        asked = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return asked.stdout

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        if not wait_until(ready, 30):
            said = (self.folder / f"{what}.out").read_text()[-300:]
            self.stop()
            raise SlurmUnavailableError(f"{what} did not start: {said}")


def wait_until(ready: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Wait until ``ready()``; return False if that takes too long."""
    deadline = time.monotonic() + patience_s
    while not (is_ready := ready()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return is_ready


def free_ports(number: int) -> list[int]:
    """Return TCP ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
