"""What a run shows of what Snakemake reports."""

import io
import logging
import sys
import time

import pytest

from homecage.running.forecast import Forecast, Planned
from homecage.running.screen import VERDICTS_FOLLOW, Screen


class Stream(io.StringIO):
    """Standard error."""

    terminal = False

    def isatty(self):
        return self.terminal

    def read_new(self):
        """Return what was written since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


class Run:
    """A logger as Snakemake's, whose handler writes to standard error, and a screen on it."""

    def __init__(self, stream):
        self.stream = stream
        self.logger = logging.Logger("run")
        self.plain = logging.StreamHandler(stream)
        self.logger.addHandler(self.plain)
        self.screen = Screen(self.logger)

    def begin(self, *rules):
        self.screen.begin([Planned(rule, 1, 10) for rule in rules])

    def report(self, event, message="", level=logging.INFO, **fields):
        self.logger.log(level, message, extra={"event": event, **fields})

    def start(self, number, rule, log=None, **wildcards):
        logs = [str(log)] if log else []
        told = {"rule_name": rule, "wildcards": wildcards, "log": logs, "threads": 1}
        self.report("job_info", jobid=number, shellcmd="make", **told)

    def finish(self, number, done, total):
        self.report("job_finished", job_id=number)
        self.report("progress", done=done, total=total)

    def fail(self, number, message="", reason=None):
        if message:
            self.report("error", message, logging.ERROR)
        self.report("job_error", "Error in rule", logging.ERROR, jobid=number, rule_msg=reason)


@pytest.fixture
def make_run(monkeypatch):
    """Make a run in the test itself: before it begins, pytest has its own standard error."""

    def make(terminal=False):
        stream = Stream()
        stream.terminal = terminal
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "60")
        return Run(stream)

    return make


def test_each_job_is_a_line_that_says_how_much_is_done(make_run):
    run = make_run()
    run.logger.info("Building DAG of jobs...")
    run.begin("decode", "train")
    for noise in ("Select jobs to execute...", "Execute 1 jobs..."):
        run.logger.info(noise)
    run.start(1, "decode", video="one", net="")
    run.report("shellcmd", "python -m homecage")
    run.finish(1, 1, 2)
    run.start(2, "train", convnet="convnet", net="fold/")
    run.finish(2, 2, 2)
    run.screen.end("Done.")
    run.logger.error("At least one job did not complete successfully.")
    dag, *jobs, last = run.stream.read_new().splitlines()
    assert (dag, last) == ("Building DAG of jobs...", "Done.")
    assert [line.partition("  ")[2] for line in jobs] == [
        "0 of 2 done: decode one",
        "1 of 2 done: train convnet fold",
    ]


def test_what_failed_is_said_last_in_its_own_words(make_run, tmp_path):
    run = make_run()
    log = tmp_path / "check.log"
    log.write_text("[check] looking\nhomecage check: error: 2 problems:\n  - one\n  - two\n")
    run.begin("check", "decode")
    run.start(1, "check", log)
    run.start(2, "decode", video="one")
    run.fail(1, "CalledProcessError: Command 'x' returned non-zero exit status 1.")
    run.finish(2, 1, 2)
    run.logger.warning("odd")
    assert not run.screen.interrupted
    run.screen.end("Not finished.")
    run.report("error", "At least one job did not complete", logging.ERROR)
    shown = run.stream.read_new()
    assert shown.count("2 problems") == 1 and "Command" not in shown and "looking" not in shown
    assert shown.splitlines()[-5:] == [
        f"check failed (returned non-zero exit status 1); its log, {log}, ends with:",
        "homecage check: error: 2 problems:",
        "  - one",
        "  - two",
        "Not finished.",
    ]


def test_what_verdicts_say_after_the_run_is_not_said_before(make_run, tmp_path, monkeypatch):
    monkeypatch.setenv(VERDICTS_FOLLOW, "1")
    run = make_run()
    decoding, check = tmp_path / "decode.log", tmp_path / "check.log"
    decoding.write_text("[decode-video] warning: a.mpg: cut off\n")
    check.write_text(
        "homecage check-study: error: 2 problems:\n  - a.mpg: cut off\n  - b.mpg: cut off\nMend it.\n"
    )
    run.begin("decode", "check")
    run.start(1, "decode", decoding, video="a")
    run.finish(1, 1, 2)
    run.start(2, "check", check)
    run.fail(2)
    run.screen.end("Not finished.")
    shown = run.stream.read_new()
    assert "cut off" not in shown
    assert (
        "homecage check-study: error: 2 problems:\n  (each with its verdict, below)\nMend it.\n"
        in shown
    )


def test_of_a_job_without_an_error_the_end_of_its_log_is_shown(make_run, tmp_path):
    run = make_run()
    log = tmp_path / "train.log"
    log.write_text("".join(f"[train] epoch {n}\n" for n in range(100)))
    run.begin("train")
    run.start(1, "train", log)
    run.fail(1, reason="SLURM status is: 'OUT_OF_MEMORY'")
    run.screen.end("Not finished.")
    *_, failed = run.stream.read_new().partition("train failed (")
    assert failed.startswith("SLURM status is: 'OUT_OF_MEMORY');")
    assert "epoch 99" in failed and "epoch 50" not in failed


def test_a_job_that_succeeds_when_it_is_tried_again_has_not_failed(make_run, tmp_path):
    run = make_run()
    run.begin("train")
    run.start(1, "train", tmp_path / "none.log")
    run.fail(1)
    run.start(1, "train", tmp_path / "none.log")
    run.finish(1, 1, 1)
    run.screen.end("Done.")
    assert "ends with" not in run.stream.read_new()


@pytest.mark.parametrize(
    "message",
    [
        "Terminating processes on user request, this might take some time.",
        "Will exit after finishing",
    ],
)
def test_jobs_that_are_interrupted_have_not_failed(make_run, tmp_path, message):
    run = make_run()
    log = tmp_path / "train.log"
    log.write_text("Traceback (most recent call last):\nKeyboardInterrupt\n")
    run.begin("train")
    run.start(1, "train", log)
    run.logger.info(message)
    run.fail(1, "CalledProcessError: Command 'x' died with <Signals.SIGINT: 2>.")
    assert run.screen.interrupted
    run.screen.end("Not finished: interrupted.")
    _, *last = run.stream.read_new().splitlines()
    assert last == [message, "Not finished: interrupted."]


def test_warnings_are_shown_when_they_come_and_again_at_the_end(make_run, tmp_path):
    run = make_run()
    log = tmp_path / "decode.log"
    log.write_text("[decode] 30 frames\n[decode] warning: one.mpg: damaged\n")
    run.logger.warning("A fold holds out animals that it also learns from.")
    run.begin("decode", "train")
    run.start(1, "decode", log, video="one")
    run.finish(1, 1, 2)
    run.start(2, "train")
    run.finish(2, 2, 2)
    run.screen.end("Done.")
    first, _, damaged, _, *summary = run.stream.read_new().splitlines()
    warnings = ["A fold holds out animals that it also learns from.", damaged]
    assert first == warnings[0] and damaged == "[decode] warning: one.mpg: damaged"
    assert summary == ["Warnings: 2", *(f"  {warning}" for warning in warnings), "Done."]


def test_that_earlier_outputs_stand_is_no_news(make_run):
    run = make_run()
    run.begin("check")
    run.logger.warning("Cannot restore results/check/videos.tsv: no backup found.")
    run.logger.warning("Restored previous version of a.tsv (updating job failed).")
    run.logger.warning("Cannot lock.")
    run.screen.end("Not finished.")
    assert run.stream.getvalue() == "Cannot lock.\nWarnings: 1\n  Cannot lock.\nNot finished.\n"


def test_a_flood_of_warnings_is_cut_short(make_run):
    run = make_run()
    run.begin("decode")
    for number in range(100):
        run.logger.warning("number %d", number)
    run.stream.read_new()
    run.screen.end("Done.")
    shown = run.stream.read_new().splitlines()
    assert len(shown) == 23 and shown[-2:] == ["  and 80 more in results/logs", "Done."]


def test_other_errors_reach_the_screen_at_once(make_run):
    run = make_run()
    run.begin("decode")
    run.report("error", "MissingOutputException: decode", logging.ERROR)
    assert run.stream.read_new() == "MissingOutputException: decode\n"
    assert not run.screen.interrupted


def test_what_cannot_be_taken_in_stops_no_run(make_run):
    run = make_run()
    run.begin("decode")
    run.finish(7, 1, 1)
    run.logger.warning("still here")
    assert "still here" in run.stream.read_new()


def test_where_a_plugin_shows_the_run_only_the_last_words_are_ours(make_run):
    run = make_run()
    run.logger.handlers.remove(run.plain)
    run.begin("decode")
    run.logger.warning("shown by the plugin")
    run.screen.end("Done.")
    assert run.stream.read_new() == "Done.\n"


def test_a_terminal_says_in_its_last_line_what_is_running(make_run):
    run = make_run(terminal=True)
    run.begin("decode", "train")
    run.start(1, "decode", video="one")
    run.start(2, "train", fold="a fold with a name that fills more than the line")
    drawn = run.stream.getvalue().rpartition("\r\x1b[K")[2]
    assert drawn.startswith("\x1b[?7l0 of 2 done; running: decode one (0 s), train a fold")
    assert drawn.endswith("\x1b[?7h") and len(drawn) == 60 + 2 * len("\x1b[?7l")
    run.screen.end("Done.")
    assert run.stream.getvalue().endswith("\r\x1b[KDone.\n")


def test_a_terminals_last_line_is_drawn_again_while_nothing_happens(make_run):
    run = make_run(terminal=True)
    run.begin("decode")
    run.start(1, "decode")
    run.stream.read_new()
    for _ in range(600):
        if "running: decode" in run.stream.getvalue():
            break
        time.sleep(0.1)
    else:
        pytest.fail("waited in vain")
    run.screen.close()
    assert run.stream.getvalue().endswith("\r\x1b[K")


def test_nothing_is_reckoned_for_jobs_that_are_only_planned(make_run, monkeypatch):
    run = make_run()
    monkeypatch.setattr(Forecast, "estimate", lambda *args: pytest.fail("nobody is shown it"))
    run.start(1, "decode")
    assert "decode" not in run.stream.read_new()
