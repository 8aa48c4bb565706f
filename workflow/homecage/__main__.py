"""The command line: ``python -m homecage <verb> --name value ...``; one verb for each rule."""

import ast
import json
import logging
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path
from types import FrameType
from typing import Any, get_type_hints

import defopt
import yaml
from pydantic import BaseModel, ValidationError

from homecage.errors import ConfigError, HomecageError
from homecage.running.watchdog import end_with_run
from homecage.verbs import COMMANDS, FOR_PEOPLE, VERBS, module_of


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; return the process's exit status.

    Errors a user can cause are printed as one message; any other exception keeps its traceback,
    because it is a bug.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] not in COMMANDS | VERBS:
        wanted = bool(arguments) and arguments[0] in ("-h", "--help")
        print(_list_verbs(), file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    verb, *rest = arguments
    logging.basicConfig(format=f"[{verb}] %(levelname)s%(message)s", stream=sys.stderr)
    logging.addLevelName(logging.INFO, "")
    logging.addLevelName(logging.WARNING, "warning: ")  # as running/screen.py finds it
    logging.getLogger("homecage").setLevel(logging.INFO)  # and other libraries stay quiet
    signal.signal(signal.SIGTERM, _exit_on_signal)
    end_with_run()
    try:
        function = load_verb(verb)
        defopt.run(
            function,
            argv=rest,
            parsers=_options_parsers(function),
            cli_options="kwonly",  # What a person names first, as videos, is no keyword.
            short={},
            argparse_kwargs={"prog": f"homecage {verb}"},
            no_negated_flags=True,
        )
    except HomecageError as error:
        print(f"homecage {verb}: error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        # Missing files, full disks, forbidden folders: the system's message names what and where.
        print(f"homecage {verb}: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"homecage {verb}: stopped; the same command goes on", file=sys.stderr)
        return 128 + signal.SIGINT
    return 0


def _list_verbs() -> str:
    """Return all verbs, those that people use first, each with what it does."""
    width = max(map(len, FOR_PEOPLE))
    commands = "\n".join(f"  {verb:{width}}  {summarize_verb(verb)}" for verb in FOR_PEOPLE)
    others = "\n".join(f"  {verb}" for verb in VERBS if verb not in FOR_PEOPLE)
    return (
        f"usage: homecage <command> ...\n\nfor you (homecage <command> --help says more):\n{commands}\n\n"
        f"for the workflow's rules, which you need not know:\n{others}"
    )


def summarize_verb(verb: str) -> str:
    """Return the first line of a verb's docstring; its module, which may be slow to import, is only read."""
    found = find_spec(module_of(verb))
    assert found is not None and found.origin is not None
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    name = (COMMANDS | VERBS)[verb].partition(":")[2]
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    (function,) = (node for node in functions if node.name == name)
    return (ast.get_docstring(function) or "").partition("\n")[0]


def load_verb(verb: str) -> Callable[..., None]:
    """Import the function behind a verb, and only what it needs."""
    module, function = (COMMANDS | VERBS)[verb].split(":")
    loaded: Callable[..., None] = getattr(import_module(module), function)
    # defopt looks up the names under "Raises", which a module need not import to let them pass.
    loaded.__doc__ = cleandoc(loaded.__doc__ or "").partition("\n\nRaises:")[0]
    return loaded


def _options_parsers(function: Callable[..., None]) -> dict[type, Callable[[str], Any]]:
    """Parse each model in the function's signature from JSON, or from the YAML file of that name."""

    def parser_of(model: type[BaseModel]) -> Callable[[str], BaseModel]:
        def parse(text: str) -> BaseModel:
            try:
                values = json.loads(text) if text.lstrip()[:1] in "[{" else _read_yaml(Path(text))
                return model.model_validate(values)
            except (ValidationError, json.JSONDecodeError, yaml.YAMLError) as error:
                raise ConfigError(f"{model.__name__}: {error}") from None

        return parse

    hints = get_type_hints(function).values()
    models = {hint for hint in hints if isinstance(hint, type) and issubclass(hint, BaseModel)}
    return {model: parser_of(model) for model in models}


def _read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """Leave through exceptions, so that temporaries are removed on the way out."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
