import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from homecage.__main__ import load_verb, main
from homecage.running.fingerprint import find_modules
from homecage.verbs import VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_plain_function_with_keywords_only(verb):
    function = load_verb(verb)
    parameters = inspect.signature(function).parameters.values()
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)
    assert function.__doc__
    assert verb == function.__name__.replace("_", "-")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([verb, "--help"])
    shown = capsys.readouterr().out
    for parameter in inspect.signature(load_verb(verb)).parameters:
        assert f"--{parameter.replace('_', '-')}" in shown


def test_an_unknown_verb_lists_the_verbs(capsys):
    assert main(["fly"]) == 2
    assert "train-convnet" in capsys.readouterr().err
    assert main(["--help"]) == 0


def test_a_users_error_is_one_message_and_no_traceback(tmp_path):
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "homecage", "predict-convnet", "--geometry", "{}"),
            *(
                "--features",
                "none.zarr",
                "--frames",
                "none.zarr",
                "--output",
                tmp_path / "x.parquet",
            ),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ran.returncode == 1
    assert ran.stderr == (
        "homecage predict-convnet: error: none.zarr: no such store; "
        "remove it and run snakemake again to have it rebuilt\n"
    )
    assert not list(tmp_path.iterdir())


def test_wrong_options_are_a_users_error(capsys):
    options = json.dumps({"length": 9})
    arguments = ["--features", "a", "--frames", "b", "--geometry", options, "--output", "c"]
    assert main(["predict-convnet", *arguments]) == 1
    assert "ClipOptions" in capsys.readouterr().err


def imported_by(verb):
    """Import a verb's module in a fresh interpreter and list the homecage modules it brought."""
    module = VERBS[verb].partition(":")[0]
    code = (
        f"import sys, {module}; print('\\n'.join(m.__file__ for n, m in sys.modules.items() "
        "if n.split('.')[0] == 'homecage' and m.__file__))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {Path(line) for line in ran.stdout.split()}


@pytest.mark.parametrize("verb", ["train-fold", "decode-video", "plot-recall", "simulate-video"])
def test_a_verbs_modules_are_found_by_walking_imports(verb):
    """What Python really imports is among the modules, but for the (empty) package files."""
    found = set(find_modules([verb])[verb])
    imported = imported_by(verb)
    assert {path for path in imported if path.name != "__init__.py"} <= found


def test_a_training_does_not_depend_on_evaluation_or_figures():
    names = {path.parent.name for path in find_modules(["train-fold"])["train-fold"]}
    assert "sequence" in names
    assert names.isdisjoint({"evaluate", "report", "frames", "simulate", "ingest"})
    names = {path.name for path in find_modules(["extract-features"])["extract-features"]}
    assert names.isdisjoint({"config.py", "verbs.py", "__main__.py", "train.py"})


def test_a_file_that_cannot_be_read_is_a_users_error(tmp_path, capsys):
    missing = str(tmp_path / "none.json")
    (tmp_path / "full_database").mkdir()
    (tmp_path / "full_database" / "a.mpg").touch()
    dataset = json.dumps({"layout": "mit", "root": str(tmp_path)})
    arguments = [
        "--dataset",
        dataset,
        "--inspections",
        missing,
        "--output",
        str(tmp_path / "x.tsv"),
    ]
    assert main(["check-dataset", *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("homecage check-dataset: error:") and missing in error
