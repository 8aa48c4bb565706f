"""YAML files as people write them, read more strictly than YAML asks: a slip is refused where it stands."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from homecage.errors import ConfigError
from homecage.storage.text import decode_text

TEMPLATE = "__use_yte__"
"""The key by which Snakemake takes a file for a template, whose expressions it runs."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the keys of a YAML file and their values.

    Raises:
        ConfigError: names file and line: it cannot be read, is no YAML in UTF-8, has a key twice, an
            object of a program or a template, or has no keys.
    """
    try:
        text = decode_text(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from None
    try:
        values = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        said = ", ".join(filter(None, [error.context, error.problem]))
        raise ConfigError(f"{path}, line {line}: {said}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{path}, line {line}: a control character; remove it") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply; expected a few levels") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: found no keys; expected lines like 'seed: 0'")
    return values


def refuse_repeated(assignments: Iterable[str]) -> None:
    """Refuse values given on the command line, each as key=value, of which one would replace another.

    Raises:
        ConfigError: names both.
    """
    given: dict[str, str] = {}
    for assignment in assignments:
        key, _, text = assignment.partition("=")
        try:
            values = yaml.load(text, _Loader)
        except _SlipError as error:
            raise ConfigError(f"--config {assignment}: {error.problem}") from None
        except (yaml.YAMLError, RecursionError):
            values = text
        for place in _list_places(key, values):
            if place in given:
                raise ConfigError(
                    f"--config {assignment}: {place} is given by --config {given[place]} too; remove one"
                )
            given[place] = assignment


def _list_places(key: str, values: Any) -> list[str]:
    """Return the keys of all that is no section, with those of the sections that they are in."""
    if not isinstance(values, dict) or not values:
        return [key]
    return [place for own, value in values.items() for place in _list_places(f"{key}.{own}", value)]


class _SlipError(yaml.constructor.ConstructorError):
    """What YAML itself lets pass, or ends otherwise."""


class _Loader(yaml.SafeLoader):
    """Builds plain values only."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse a key that stands twice: YAML takes the last."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise _slip(key, "found a key that is no text")
            if key.value == TEMPLATE:
                raise _slip(key, f"found {TEMPLATE}, a template; expected plain values")
            if key.value in lines:
                first = lines[key.value]
                raise _slip(key, f"the key {key.value!r} stands in line {first} too; remove one")
            lines[key.value] = line
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Refuse what looks like a number or a date and is none, as 2024-13-01."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:  # As yaml's own parsers end.
            raise _slip(node, f"found no number or date as YAML has them ({error})") from None


def _slip(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return _SlipError(None, None, problem, node.start_mark)
