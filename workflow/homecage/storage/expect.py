"""Whoever reads a file compares what it says of itself with what the reader was told."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homecage.errors import StoreError


def expect(path: Path, found: Mapping[str, Any], **told: Any) -> None:
    """Refuse a file that was made from something else than the reader was told.

    Args:
        path: the file.
        found: what it says: a store's attributes, the metadata of weights or of a table.
        told: the values that it must have, compared as JSON (a tuple is a list).

    Raises:
        StoreError: a value is another one or is not there.
    """
    for key, value in told.items():
        expected = json.dumps(value, sort_keys=True)
        if key not in found:
            raise StoreError(path, f"says nothing of its {key}, expected {expected}")
        if (other := json.dumps(found[key], sort_keys=True)) != expected:
            raise StoreError(path, f"its {key} is {other}, expected {expected}")
