import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from homecage import verbs
from homecage.__main__ import load_verb, main
from homecage.simulate.options import SimulationOptions
from homecage.verbs import COMMANDS, FOR_PEOPLE, VERBS, module_of

RULES = Path(__file__).parents[2] / "workflow" / "rules"


NAMED_FIRST = {"annotate": ["videos"], "describe-bundle": ["bundle"]}
"""Verbs that people call, and what they name without a keyword."""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_plain_function_with_keywords(verb):
    function = load_verb(verb)
    parameters = inspect.signature(function).parameters.values()
    others = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    assert others == NAMED_FIRST.get(verb, [])
    assert function.__doc__
    assert verb == function.__name__.replace("_", "-")


@pytest.mark.parametrize("verb", [*COMMANDS, *VERBS])
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    shown = capsys.readouterr().out
    for name, parameter in inspect.signature(load_verb(verb)).parameters.items():
        option = "--" if parameter.kind is parameter.KEYWORD_ONLY else ""
        assert f"{option}{name.replace('_', '-')}" in shown


def test_an_unknown_verb_lists_the_verbs(capsys):
    assert main(["fly"]) == 2
    assert "train-convnet" in capsys.readouterr().err


def test_help_says_what_people_use_first_and_what_each_is_for(capsys):
    assert main(["--help"]) == 0
    people, _, rules = capsys.readouterr().out.partition("for the workflow's rules")
    told = {
        line.split()[0]: line.split(maxsplit=1)[1]
        for line in people.splitlines()
        if line[:1] == " "
    }
    assert list(told) == list(FOR_PEOPLE)
    assert {"new", "check", "annotate", "describe-bundle"} <= told.keys()
    for verb, said in told.items():
        assert said == load_verb(verb).__doc__.partition("\n")[0] and said.endswith(".")
    assert set(rules.split()) >= VERBS.keys() - told.keys()
    assert not told.keys() & set(rules.split())


def test_help_imports_nothing_that_is_slow():
    code = "import sys\nfrom homecage.__main__ import main\nmain(['--help'])\nprint('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("False\n")


UNRULED = {"simulate", "summarize-seeds", "compare-runs", "write-reference", "check-configuration"}
"""Verbs for people: of several runs, of all the simulation at once, of the reference and a configuration."""


def read_rules():
    """Return the text of each rule that runs a verb, to the end of its command, by the verb."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.smk")))
    found = {}
    command = r'shell:\n(?:\s*"[^\n]*"\n)+'
    for rule in re.findall(rf"^ *(?:rule|checkpoint)\b.*?{command}", text, re.M | re.S):
        for verb in re.findall(r"python -m homecage ([\w-]+)", rule):
            found[verb] = rule
    return found


def test_every_verb_of_an_experiment_has_a_rule_that_tells_it_all_it_asks_for():
    """A figure's verb is a parameter of its rule."""
    rules = read_rules()
    plotted = {verb for verb in VERBS if verb.startswith("plot-")}
    assert set(rules) == set(VERBS) - plotted - UNRULED
    for verb, rule in rules.items():
        parameters = inspect.signature(load_verb(verb)).parameters
        names = {name: f"--{name.replace('_', '-')}" for name in parameters}
        told = set(re.findall(r"--[a-z0-9-]+\b", rule.partition("shell:")[2]))
        # Those with a default stand in a parameter, where they are told: a convnet, what clips are cut from.
        needed = {name for name, p in parameters.items() if p.default is p.empty}
        asked = {names[name] for name in needed.difference(NAMED_FIRST.get(verb, []))}
        assert asked <= told <= set(names.values()), verb


def test_every_rule_with_a_verb_has_its_fingerprint():
    for verb, rule in read_rules().items():
        assert re.search(rf'code\(\s*"{verb}"', rule), verb


@pytest.fixture
def prediction(tmp_path):
    """What predicting from a representation is told, with files that are not there."""
    return [
        "predict-representation",
        *("--features", "none.zarr", "--representation", "fc8", "--times", "none.parquet"),
        "--learned",
        *("--behaviors", "rest", "walk", "--geometry", "{}", "--method", "3dcnn"),
        *("--video", "one", "--output", str(tmp_path / "x.parquet")),
    ]


def test_a_users_error_is_one_message_and_no_traceback(prediction, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "homecage", *prediction],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 1
    assert ran.stderr == (
        "homecage predict-representation: error: none.zarr: no such store; "
        "remove it and run snakemake again to have it rebuilt\n"
    )
    assert not list(tmp_path.iterdir())


def test_wrong_options_are_a_users_error(prediction, capsys):
    assert main([json.dumps({"length": 9}) if word == "{}" else word for word in prediction]) == 1
    error = capsys.readouterr().err
    assert "ClipGeometry" in error and "length" in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 1\nvideos: [", "SimulationOptions"),
        ("seed: one\n", "SimulationOptions"),
        ("!!python/object/apply:os.system ['touch ran']", "SimulationOptions"),
    ],
)
def test_a_file_of_options_that_is_wrong_is_a_users_error(
    tmp_path, capsys, monkeypatch, text, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(text)
    assert main(["write-notice", "--options", "mine.yaml", "--output", "notice.txt"]) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_options_are_json_or_a_yaml_file(tmp_path, monkeypatch):
    """JSON is for rules; a person writes a section as it stands in the configuration."""
    told = []

    def look(*, options: SimulationOptions) -> None:
        """Keep what it is told.

        Args:
            options: of the simulation.
        """
        told.append(options)

    monkeypatch.setattr("homecage.__main__.load_verb", lambda verb: look)
    path = tmp_path / "simulation.yaml"
    path.write_text("seed: 3\nvideos: 5  # a comment\n")
    for text in ('{"seed": 3, "videos": 5}', str(path)):
        assert main(["write-notice", "--options", text]) == 0
    assert told == [SimulationOptions(seed=3, videos=5)] * 2


def test_a_file_that_cannot_be_read_is_a_users_error(tmp_path, capsys):
    missing = str(tmp_path / "none.tsv")
    vocabulary = json.dumps({"behaviors": [{"name": "rest"}, {"name": "walk"}]})
    arguments = [
        *("--videos", missing, "--clips", missing, "--folds", missing, "--reports", missing),
        *("--times", missing, "--annotations", "{}"),
        *("--vocabulary", vocabulary, "--geometry", "{}", "--clips-needed", "no"),
        *("--on-decode-error", "refuse", "--stray", "--output", str(tmp_path / "x.tsv")),
        *("--demand", '{"jobs": 1}'),
    ]
    assert main(["check-study", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("homecage check-study: error:") and missing in error
    assert not list(tmp_path.iterdir())


def imported_by(verb):
    """Import a verb's module in a fresh interpreter; name the modules of homecage it brought."""
    code = f"import sys, {module_of(verb)}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name for name in ran.stdout.split() if name.startswith("homecage.")}


ROOMS_OF_LATER_STEPS = {
    "decode-video": {"check", "clips", "convnet", "features", "sequence", "evaluate", "report"},
    "check-study": {"convnet", "features", "sequence", "evaluate", "report"},
    "train-convnet": {"frames", "check", "features", "sequence", "evaluate", "report", "simulate"},
    "extract-fc6": {"frames", "check", "sequence", "evaluate", "report", "simulate"},
    "train-model": {"frames", "check", "convnet", "evaluate", "report", "simulate", "study"},
    "evaluate-predictions": {"frames", "check", "convnet", "features", "sequence", "report"},
    "plot-recall": {"study", "frames", "clips", "convnet", "features", "sequence"},
}


@pytest.mark.parametrize("verb", ROOMS_OF_LATER_STEPS)
def test_a_verb_imports_nothing_of_what_it_has_no_part_in(verb):
    """What it imports is its fingerprint: a changed figure must not train anything again."""
    imported = imported_by(verb)
    assert module_of(verb) in imported
    assert not {name.split(".")[1] for name in imported} & ROOMS_OF_LATER_STEPS[verb]
    assert not {"homecage.config", "homecage.verbs", "homecage.__main__"} & imported


def test_naming_the_verbs_imports_none_of_them():
    code = "import sys, homecage.verbs; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = {name for name in ran.stdout.split() if name.startswith("homecage.")}
    assert own == {verbs.__name__}
