"""The command runs the workflow up to the gate and prints a verdict on every file, the worst last."""

import re
import subprocess

import pandas as pd
import pytest

from homecage.check import command
from homecage.check.command import check
from homecage.check.verdicts import Verdict, write_verdicts
from homecage.errors import ConfigError, HomecageError
from homecage.running.screen import VERDICTS_FOLLOW

VERDICTS = [
    Verdict("study", "", warnings=["no clip shows rear"]),
    Verdict("video", "a.mpg", ["a.mpg: cut off"]),
    Verdict("video", "b.mpg", [], ["interlaced"]),
    Verdict("annotation", "b.txt"),
    Verdict("clip", "c.mpg"),
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command with another program in place of Snakemake; return its arguments."""

    def run(verdicts=None, status=0, **options):
        called = []

        def snakemake(words, env):
            assert env[VERDICTS_FOLLOW]
            called.extend(words)
            if verdicts is not None:
                write_verdicts(tmp_path / "results" / "check" / "verdicts.tsv", verdicts)
            return subprocess.CompletedProcess(words, status)

        monkeypatch.setattr(command.subprocess, "run", snakemake)
        check(study=tmp_path, **options)
        return called

    return run


def test_a_sound_study(run, tmp_path, capsys):
    called = run(VERDICTS[2:], cores="2", profile="slurm")
    assert called[1].endswith("--snakefile") and called[2].endswith("/Snakefile")
    assert called[3:] == [
        *("--directory", str(tmp_path), "--cores", "2", "--profile", "slurm"),
        *("--forcerun", "check_study", "--", "results/check/verdict.txt"),
    ]
    *lines, counted, where = capsys.readouterr().out.splitlines()
    assert lines == ["ok        b.txt", "warning   b.mpg: interlaced"]
    assert counted == "3 files: 1 with warnings, 2 sound"
    assert where.endswith("results/check/index.html")


def test_what_else_snakemake_is_told(run, tmp_path):
    path = tmp_path / "more.yaml"
    path.write_text("seed: 1\n")
    called = run(VERDICTS[2:], configfile=[path], config=["seed=2", "report={dpi: 60}"])
    assert called[7:12] == ["--configfile", str(path), "--config", "seed=2", "report={dpi: 60}"]
    assert called[12] == "--forcerun"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "more.yaml: cannot be read (No such file or directory)"),
        (b"seed: 1\n b: [\n", "more.yaml, line 2: mapping values are not allowed here"),
        (b"\xb0\xff", "more.yaml: not UTF-8 text (byte 0)"),
    ],
)
def test_a_configuration_that_snakemake_could_not_name_is_named(run, tmp_path, content, said):
    if content is not None:
        (tmp_path / "more.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(said)):
        run(VERDICTS, configfile=[tmp_path / "more.yaml"])


def test_what_a_run_takes_is_shown_with_the_verdicts(run, capsys):
    run([*VERDICTS[2:], Verdict("run", "", notes=["takes 2 min"])])
    *_, counted, takes, _ = capsys.readouterr().out.splitlines()
    assert counted == "3 files: 1 with warnings, 2 sound" and takes == "Takes 2 min."


def test_files_that_were_set_aside_are_told_and_counted(run, capsys):
    run([*VERDICTS[2:], Verdict("video", "d.mpg", notes=["cut off"], aside=True)])
    *_, aside, counted, _ = capsys.readouterr().out.splitlines()
    assert aside == "set aside d.mpg: cut off"
    assert counted == "4 files: 1 set aside, 1 with warnings, 2 sound"


def test_a_file_that_cannot_be_used(run, capsys):
    with pytest.raises(HomecageError, match="1 of these cannot be used as they are"):
        run(VERDICTS, status=1)
    told = "error     a.mpg: cut off\n4 files: 1 refused, 1 with warnings, 2 sound\n"
    assert told in capsys.readouterr().out


def test_what_comes_between_leaves_no_verdict_of_before(run, capsys):
    run(VERDICTS[2:])
    capsys.readouterr()
    with pytest.raises(HomecageError, match="no verdict: what came between stands above"):
        run(None, status=1)
    assert capsys.readouterr().out == ""


def test_the_table_of_verdicts(tmp_path):
    write_verdicts(tmp_path / "v.tsv", VERDICTS)
    table = pd.read_csv(tmp_path / "v.tsv", sep="\t")
    assert table["verdict"].tolist() == ["error", "warning", "warning", "ok", "ok"]
    assert table.loc[0, ["path", "what"]].tolist() == ["a.mpg", "cut off"]
