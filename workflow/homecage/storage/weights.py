"""Weights and what they came from, in one safetensors file: loading one runs no code."""

import hashlib
import json
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from homecage.errors import StoreError
from homecage.storage.publish import publish

# What a file that is none of ours, or was made to harm, can bring up.
_UNREADABLE = (
    OSError,
    SafetensorError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)


def save_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Publish named tensors with JSON-able metadata in the file's own header.

    The header has a checksum over both, too.
    """
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(metadata, sort_keys=True)
    # One key: safetensors keeps no order between several, and reruns must give the same bytes.
    header = json.dumps({"metadata": text, "sha256": _hash(contiguous, text)})
    with publish(path) as temporary:
        try:
            save_file(contiguous, temporary, metadata={"homecage": header})
        except SafetensorError as error:
            raise OSError(f"{path}: cannot be written ({error})") from None


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
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        text, sha256 = itemgetter("metadata", "sha256")(json.loads(header))
        if _hash(tensors, text) != sha256:
            raise StoreError(path, "is damaged: its checksum is not that of what it holds")
        return tensors, json.loads(text)
    except _UNREADABLE as error:
        raise StoreError(path, f"cannot be read as weights ({error})") from None


def _hash(tensors: Mapping[str, Tensor], text: str) -> str:
    hashed = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        hashed.update(f"{name} {tensor.dtype} {list(tensor.shape)} ".encode())
        hashed.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return hashed.hexdigest()
