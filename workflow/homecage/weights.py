"""Weights and what they came from, in one safetensors file: loading one runs no code."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from homecage.errors import StoreError
from homecage.publish import publish


def save_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Publish named tensors with JSON-able metadata in the file's own header."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # One key: safetensors keeps no order between several, and reruns must give the same bytes.
    header = {"homecage": json.dumps(metadata, sort_keys=True)}
    with publish(path) as temporary:
        save_file(contiguous, temporary, metadata=header)


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors and the metadata.

    Raises:
        StoreError: the file is missing, damaged or not one of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = (file.metadata() or {}).get("homecage")
            if header is None:
                raise StoreError(path, "holds no homecage metadata")
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(header)  # noqa: SIM118
    except (OSError, SafetensorError, json.JSONDecodeError) as error:
        raise StoreError(path, f"cannot be read as weights ({error})") from None


def hash_file(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
