"""What is written of the configuration from its options: the comments of ``config.yaml`` and its schema.

So a key's meaning, unit and source stand in one place, the docstring of its option.
"""

import json
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

from homecage.config import Experiment, check_config
from homecage.options import Options
from homecage.storage.publish import publish
from homecage.storage.strict_yaml import read_yaml

HEADER = """\
# The experiment: science only; how it runs stands in profiles/. Changing a value reruns the rules that
# use it and nothing else. This is the default experiment: simulated data and a reduced network.
# The paper's experiment, at full size, is workflow/experiments/paper.yaml.
# The values are yours to change; `make schema` writes the comments, from the options in workflow/homecage.
"""


def write_reference(*, config: Path, schema: Path) -> None:
    """Write the comments of a configuration anew, its values as they are, and the JSON schema."""
    experiment = check_config(read_yaml(config))
    described = json.dumps(Experiment.model_json_schema(), indent=2, ensure_ascii=False)
    for path, text in ((config, comment_config(experiment)), (schema, f"{described}\n")):
        with publish(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def comment_config(experiment: Experiment) -> str:
    """Return the YAML text of an experiment, every key with its description."""
    lines = [HEADER]
    for name in Experiment.model_fields:
        lines += [*_write_field(experiment, name, "", described=set()), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _write_field(options: Options, name: str, indent: str, described: set[object]) -> list[str]:
    """Write a key under its description, which stands at its first place only.

    A default is left out where the key has been described.
    """
    field, value = type(options).model_fields[name], getattr(options, name)
    key = _owner(type(options), name), name
    is_tag = name == "kind"  # Says of which model the others are.
    if key in described and not is_tag and value == field.get_default(call_default_factory=True):
        return []
    description = field.description
    if description is None and isinstance(value, Options):
        description = type(value).__doc__
    lines = []
    if description and key not in described:
        described.add(key)
        text = " ".join(description.replace("``", "").split())
        lines += [f"{indent}# {line}" for line in wrap(text, 98 - len(indent))]
    return [*lines, *_write_value(name, value, indent, described)]


def _owner(options: type[Options], name: str) -> type[Options]:
    """Return the class that first had the field: its description may hold for several that inherit it."""
    bases = [base for base in options.__mro__ if issubclass(base, Options)]
    same = options.model_fields[name].description
    return [
        base
        for base in bases
        if name in base.model_fields and base.model_fields[name].description == same
    ][-1]


def _write_value(key: str, value: Any, indent: str, described: set[object]) -> list[str]:
    deeper = indent + "  "
    lines = [f"{indent}{key}:"]
    if isinstance(value, Options):
        for name in type(value).model_fields:
            lines += _write_field(value, name, deeper, described)
    elif isinstance(value, dict):
        for name, entry in value.items():
            lines += _write_value(name, entry, deeper, described)
    elif isinstance(value, tuple) and value and isinstance(value[0], Options):
        lines += [f"{deeper}- {_write_inline(entry.model_dump(mode='json'))}" for entry in value]
    else:
        plain = list(map(list, value)) if _is_nested(value) else value
        plain = list(plain) if isinstance(plain, tuple) else plain
        return [f"{lines[0]} {_write_inline(str(plain) if isinstance(plain, Path) else plain)}"]
    return lines


def _is_nested(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], tuple)


def _write_inline(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return str(text).removesuffix("...\n").strip()
