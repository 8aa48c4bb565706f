"""Results in the form that other programs take: what is asked for is made, by the commands of the rules."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from homecage.__main__ import main
from tests.project import Project

METHOD = "lstm-3dcnn"
FORMS = ["tables", "frames", "boris", "one_hot", "nwb", "overlay"]
ENDINGS = [".bouts.tsv", ".frames.csv", ".boris", "_labels.csv", ".nwb", ".overlay.mp4"]


def ask(*forms: str, **options: object) -> tuple[str, str]:
    return "--config", f"exports={json.dumps({'forms': forms, **options})}"


def test_forms_are_made_of_every_method_or_of_those_that_are_named(finished):
    of_one = {
        "export_video_tables": 1,
        "export_frames": 1,
        "export_boris": 1,
        "export_one_hot": 1,
        "export_nwb": 1,
        "export_overlay": 4,
        "all": 1,
    }
    assert finished.plan(*ask(*FORMS, methods=[METHOD])) == of_one
    assert finished.plan(*ask("boris")) == {"export_boris": 2, "all": 1}


def test_files_are_made_by_their_names(finished):
    targets = [f"results/exports/{METHOD}/sim01day{ending}" for ending in ENDINGS]
    rules = [f"export_{form}" for form in ("video_tables", *FORMS[1:])]
    assert finished.plan("--cores", "1", *targets) == dict.fromkeys(rules, 1)


@pytest.fixture
def commands(finished: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """The commands of the rules, by verb; what they make is taken away again."""
    shown = finished.run(
        "--dry-run", "--printshellcmds", *ask(*FORMS, methods=[METHOD], min_bout_s=0.2)
    ).stdout
    found = re.findall(r"python -m homecage (export-\S+ .*) > ", shown)
    monkeypatch.chdir(finished.path)
    yield {command.split()[0]: shlex.split(command) for command in found}
    shutil.rmtree(finished.results / "exports" / METHOD)


def test_the_rules_commands_make_what_they_promise(finished, commands, capsys):
    assert len(commands) == 7
    for verb, command in commands.items():
        if verb == "export-nwb":
            made = main(command)
            assert made == 0 or "python -m pip install 'homecage[nwb]'" in capsys.readouterr().err
        elif verb != "export-tables":  # It would change what the run made.
            assert main(command) == 0
    out = finished.results / "exports" / METHOD
    videos = [path.stem for path in (out.parents[1] / "predictions" / METHOD).iterdir()]
    for video in videos:
        bouts = pd.read_csv(out / f"{video}.bouts.tsv", sep="\t")
        frames = pd.read_csv(out / f"{video}.frames.csv")
        one_hot = pd.read_csv(out / f"{video}_labels.csv", index_col=0)
        project = json.loads((out / f"{video}.boris").read_text())
        ((media, *_),) = [one["file"]["1"] for one in project["observations"].values()]
        (events,) = [one["events"] for one in project["observations"].values()]
        assert (one_hot.idxmax(axis=1) == frames["behavior"]).all()
        assert [event[5] for event in events[::2]] == bouts["start"].tolist()
        assert [frames["behavior"][event[5]] for event in events[::2]] == bouts["behavior"].tolist()
        assert (out / media).exists()
    assert len(list(out.glob("*.overlay.mp4"))) == 1
    assert not [path for path in Path(out).iterdir() if path.name.startswith(".")]
