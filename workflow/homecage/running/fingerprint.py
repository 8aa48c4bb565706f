"""What a verb computes with, as one short text: a rule whose text has changed runs again.

The text is a hash of the syntax trees of the modules that a verb imports, directly or not. Comments,
formatting, docstrings, log lines and the words of errors are no part of it, so that editing them
trains nothing again. What lies beside a module under its name and is part of a page is part of the module.
"""

import ast
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grimp

LEFT_OUT = (
    "homecage.__main__",
    "homecage.verbs",
    "homecage.errors",
    "homecage.deliver.progress",
    "homecage.storage.publish",
    "homecage.running.fingerprint",
    "homecage.running.memory",
    "homecage.running.prefetch",
    "homecage.running.screen",
    "homecage.running.watchdog",
)
"""Modules that cannot change a number: neither they nor what only they import is in a fingerprint."""
PARTS = (".css", ".html", ".js")
"""Endings of what a module makes pages of: ``page.html``, ``page.css`` beside ``page.py``."""


@cache
def fingerprint(*modules: str) -> str:
    """Return the fingerprint of what these modules of one package compute with.

    Args:
        modules: the module of a verb, and any that it imports by a name that it is told, as the module
            of a model. What these import is found.

    Raises:
        ModuleNotFoundError: the package has no such module.
    """
    graph = _read_imports(modules[0].partition(".")[0])
    reached = set(modules)
    for module in modules:
        if module not in graph.modules:
            raise ModuleNotFoundError(f"no module {module!r}, or one in LEFT_OUT", name=module)
        reached |= graph.find_upstream_modules(module)
    listed = "".join(f"{module} {_hash_module(module)}\n" for module in sorted(reached))
    return sha256(listed.encode()).hexdigest()[:16]


def hash_code(source: str | bytes) -> str:
    """Return the hash of all in a module's source that can change what it computes."""
    parts: list[str] = []
    _dump(ast.parse(source), parts.append)
    return sha256(" ".join(parts).encode()).hexdigest()


@cache
def _read_imports(package: str) -> grimp.ImportGraph:
    graph = grimp.build_graph(package, cache_dir=None)
    for module in LEFT_OUT:
        graph.remove_module(module)
    return graph


@cache
def _hash_module(module: str) -> str:
    spec = find_spec(module)
    assert spec and spec.origin, module  # It is in the graph of imports, which has files alone.
    path = Path(spec.origin)
    beside = sorted(path.parent.glob(f"{path.stem}.*"))
    parts = [part for part in beside if part.suffix in PARTS]
    hashes = [f"{part.name} {sha256(part.read_bytes()).hexdigest()}" for part in parts]
    return " ".join([hash_code(path.read_bytes()), *hashes])


def _dump(item: Any, write: Callable[[str], None], wordless: bool = False) -> None:
    """Write a tree out, the same in every version of Python: ``ast.dump`` has a form in each.

    Args:
        item: a node, a list of them, or a plain value in one.
        write: is called with each part of the text.
        wordless: whether texts are the words of an error, and only that there is one counts.
    """
    if isinstance(item, list):
        write("[")
        for child in item:
            if not _says_only(child):
                _dump(child, write, wordless)
        write("]")
    elif not isinstance(item, ast.AST):
        write(ascii(item))  # repr() would depend on the version's edition of Unicode.
    elif wordless and _is_text(item):
        write("words")
    else:
        wordless = wordless or isinstance(item, ast.Raise) or _makes_error(item)
        if isinstance(item, ast.JoinedStr):
            item.values = [value for value in item.values if not _is_empty(value)]
        write(f"({type(item).__name__}")
        for name, value in ast.iter_fields(item):
            # Newer versions have more fields, which are empty where older code is read.
            if value is not None and value != [] and name not in ("ctx", "kind"):
                write(name)
                _dump(value, write, wordless)
        write(")")


def _says_only(item: Any) -> bool:
    """Whether it is a docstring, a log line or what log lines need."""
    match item:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="logger" | "logging")))):
            return True
        case (
            ast.Import(names=[ast.alias(name="logging")])
            | ast.Assign(targets=[ast.Name(id="logger")])
        ):
            return True
    return False


def _is_text(item: ast.AST) -> bool:
    return isinstance(item, ast.JoinedStr) or (
        isinstance(item, ast.Constant) and isinstance(item.value, str)
    )


def _is_empty(item: ast.AST) -> bool:
    """Whether it is a text of no letters, with which Python 3.12 ends some f-strings."""
    return isinstance(item, ast.Constant) and item.value == ""


def _makes_error(item: ast.AST) -> bool:
    match item:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name.endswith("Error")
    return False
