"""Which modules a verb runs on: found by walking imports, for the workflow's reruns."""

from importlib.util import find_spec
from pathlib import Path

import grimp

from homecage.verbs import VERBS


def find_modules(verbs: list[str]) -> dict[str, list[Path]]:
    """Return, for each verb, the files of its module and of all that it imports, directly or not."""
    graph = grimp.build_graph("homecage", cache_dir=None)
    modules = {}
    for verb in verbs:
        entry = VERBS[verb].partition(":")[0]
        reached = {entry, *graph.find_upstream_modules(entry)}
        modules[verb] = sorted(_file_of(module) for module in reached)
    return modules


def _file_of(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return Path(spec.origin)
