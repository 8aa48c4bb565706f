"""What a run shows: each job as it starts, how much is done, how long the rest may take; what failed, last.

Snakemake writes some twenty lines a job. They stay in its own log; the screen gets one, and Snakemake's
warnings and errors. What a verb says stays in the log of its job: the screen gets its warnings when the job
ends, and its error when the run does, so that nothing follows it.
"""

import logging
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homecage.running.forecast import Forecast, Planned

_CLEAR = "\r\x1b[K"
_CUT, _WRAP = (
    "\x1b[?7l",
    "\x1b[?7h",
)  # Between them a terminal cuts off what does not fit into its line.
_TICK_S = 1.0
_MOST = 20
"""How many warnings are repeated at the end, and how many lines are shown of a log without an error."""

VERDICTS_FOLLOW = "HOMECAGE_VERDICTS_FOLLOW"
"""Set where each file's verdict is printed once the run has ended, so that the run leaves it to that to say
what jobs warn of and what a failure lists."""

_LISTED = "  - "  # As errors.py lists problems.
_WARNING = re.compile(r"\[\S+\] warning: ")  # As homecage.__main__ writes them.
_ERROR = re.compile(r"homecage \S+: error: ")
_STATUS = re.compile(r"(returned non-zero exit status|died with) [^.]*")  # Of a shell command.
_AND_SO = "Exiting because a job execution failed"  # Nobody need be told where to look.
_STANDS = re.compile(r"(Cannot restore .*: no backup found|Restored previous version of .*)\.$")
"""Of an output that a failed job was to update; its error says that earlier results stand."""
_STOPPING = ("Terminating processes on user request", "Will exit after finishing")


@dataclass(frozen=True)
class _Job:
    rule: str
    name: str
    log: Path | None
    threads: int
    started: float

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    @property
    def work(self) -> float:
        return self.threads * self.elapsed_s


class Screen(logging.Handler):
    """Takes the place of Snakemake's own handler, while jobs run."""

    def __init__(self, logger: logging.Logger) -> None:
        """Listen to a logger; show nothing before the run begins."""
        super().__init__()
        self._logger = logger
        self._plain: logging.StreamHandler[Any] | None = None
        self._live = False
        self._over = threading.Event()
        self._began = time.monotonic()
        self._forecast = Forecast([])
        self._done = self._total = 0
        self._running: dict[int, _Job] = {}
        self._failed: dict[int, tuple[_Job, str]] = {}
        self._status: dict[int | None, str] = {}  # By thread, which reports the job next.
        self._warnings: list[str] = []
        self._stopped = self._erred = False
        self.verdicts_follow = VERDICTS_FOLLOW in os.environ
        """Whether files are told of after the run."""
        logger.addHandler(self)

    def begin(self, jobs: Iterable[Planned]) -> None:
        """Show a run from here on; if a plugin shows it, leave that to it."""
        for handler in self._logger.handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
                self._plain = handler
        if self._plain is None:
            return
        self._logger.removeHandler(self._plain)
        self._forecast = Forecast(jobs)
        self._began = time.monotonic()
        self._total = self._forecast.n_jobs
        if self._plain.stream.isatty() and os.environ.get("TERM", "dumb") != "dumb":
            self._live = True
            threading.Thread(target=self._tick, daemon=True).start()

    def end(self, last: str) -> None:
        """Show all warnings again, then why jobs failed, then the last words."""
        with self._locked():
            warnings = list(dict.fromkeys(self._warnings))
            if warnings:
                self._say(f"Warnings: {len(warnings)}")
            for warning in warnings[:_MOST]:
                self._say(f"  {warning}", logging.WARNING)
            if len(warnings) > _MOST:
                self._say(f"  and {len(warnings) - _MOST} more in results/logs")
            for job, reason in () if self._stopped else self._failed.values():
                self._say(f"{job.name} failed{reason}; its log, {job.log}, ends with:")
                lines = _read_end(job.log)
                if self.verdicts_follow:
                    told = dict.fromkeys(
                        "  (each with its verdict, below)" if line.startswith(_LISTED) else line
                        for line in lines
                    )
                    lines = list(told)
                self._say("\n".join(lines), logging.ERROR)
            self._stop()
            print(last, file=sys.stderr)

    @property
    def interrupted(self) -> bool:
        """Whether somebody stopped the run, or it ended without an error."""
        return self._stopped or not (self._failed or self._erred)

    def close(self) -> None:
        """Leave a clean line, also where the run has no end."""
        with self._locked():
            self._stop()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Take in what Snakemake reports."""
        if self._over.is_set():
            return
        try:
            self._take(record, record.getMessage())
        except Exception:
            self.handleError(record)

    def _take(self, record: Any, message: str) -> None:
        match getattr(record, "event", None):
            case "job_info":
                self._start(record)
            case "job_finished":
                self._finish(self._running.pop(record.job_id))
            case "progress":
                self._done, self._total = record.done, record.total
            case "job_error":
                self._fail(record)
            case "error" if status := _STATUS.search(message):
                self._status[record.thread] = status[0]
            case _ if message.startswith(_AND_SO) or _STANDS.match(message):
                pass
            case _ if record.levelno >= logging.WARNING:
                if record.levelno == logging.WARNING:
                    self._warnings.append(message.strip())
                else:
                    self._erred = True
                self._pass_on(record)
            case _ if message.startswith(_STOPPING):
                self._stopped = True
                self._say(message)

    def _start(self, record: Any) -> None:
        wildcards = [value.strip("/") for value in record.wildcards.values()]
        job = _Job(
            rule=record.rule_name,
            name=" ".join(filter(None, [record.rule_name, *wildcards])),
            log=Path(record.log[0]) if record.log else None,
            threads=record.threads,
            started=time.monotonic(),
        )
        self._running[record.jobid] = job
        self._failed.pop(record.jobid, None)  # It is tried again.
        if record.shellcmd and self._plain:  # Thousands are planned that nobody is shown here.
            self._say(f"{time.strftime('%H:%M:%S')}  {self._describe()}: {job.name}")

    def _finish(self, job: _Job) -> None:
        self._forecast.finish(job.rule, job.work)
        if self.verdicts_follow:
            return
        for warning in filter(_WARNING.match, _read_lines(job.log)):
            self._warnings.append(warning)
            self._say(warning, logging.WARNING)

    def _fail(self, record: Any) -> None:
        job = self._running.pop(record.jobid)
        reason = record.rule_msg or self._status.pop(record.thread, "")
        self._failed[record.jobid] = (job, reason and f" ({reason})")
        if not self._stopped:
            self._say(f"{time.strftime('%H:%M:%S')}  {job.name} failed", logging.ERROR)

    def _describe(self) -> str:
        """Say how much is done, and how long the rest will take."""
        running = [(job.rule, job.work) for job in self._running.values()]
        left_s = self._forecast.estimate(running, time.monotonic() - self._began)
        told = "" if left_s is None else f", about {describe_time(left_s)} left"
        return f"{self._done} of {self._total} done{told}"

    def _tick(self) -> None:
        while not self._over.wait(_TICK_S):
            with self._locked():
                self._draw()

    def _draw(self) -> None:
        """Say in the last line of a terminal what is running."""
        if self._live and self._plain and not self._over.is_set():
            jobs = [f"{j.name} ({describe_time(j.elapsed_s)})" for j in self._running.values()]
            line = f"{self._describe()}; running: {', '.join(jobs) or 'nothing'}"
            line = line[: shutil.get_terminal_size().columns]
            self._plain.stream.write(f"{_CLEAR}{_CUT}{line}{_WRAP}")
            self._plain.stream.flush()

    def _say(self, text: str, level: int = logging.INFO) -> None:
        """Write lines above the last one."""
        if self._plain and level == logging.INFO:
            self._clear()
            self._plain.stream.write(f"{text}\n")
            self._draw()
        else:
            self._pass_on(logging.LogRecord("", level, "", 0, text, None, None))

    def _pass_on(self, record: logging.LogRecord) -> None:
        """Write a warning or an error as Snakemake does, in its color."""
        if self._plain:
            self._clear()
            self._plain.handle(record)
            self._draw()

    def _clear(self) -> None:
        if self._live and self._plain:
            self._plain.stream.write(_CLEAR)

    def _stop(self) -> None:
        if not self._over.is_set():
            self._over.set()
            self._clear()
            sys.stderr.flush()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other threads out, as ``handle`` does for ``emit``."""
        self.acquire()
        try:
            yield
        finally:
            self.release()


def _read_lines(log: Path | None) -> Sequence[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines() if log else []
    except OSError:
        return []


def _read_end(log: Path | None) -> Sequence[str]:
    """Return a log's error, which a verb says last, or where there is none its last lines."""
    lines = _read_lines(log)
    errors = [number for number, line in enumerate(lines) if _ERROR.match(line)]
    return lines[errors[-1] :] if errors else lines[-_MOST:]


def describe_time(seconds: float) -> str:
    """Say a time in seconds, minutes, or hours and minutes."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
