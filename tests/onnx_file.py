"""Tiny ONNX files, written as what they are, protocol buffers: nothing else would need the onnx package."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

Shape = Sequence[int | str]
"""Of a tensor; a name stands for any number."""
Node = tuple[str, Sequence[str], str, Mapping[str, int | list[int]]]
"""Its operator, the names of what goes in and of what comes out, and its integer attributes."""


def write_onnx(
    path: Path,
    inputs: Mapping[str, Shape],
    nodes: Sequence[Node],
    outputs: Mapping[str, Shape],
    weights: Mapping[str, np.ndarray] = {},
    elsewhere: str = "",
) -> Path:
    """Write a model of float32 tensors (opset 13). Numbers are those of the fields in onnx.proto.

    ``elsewhere`` names a file beside it that holds its weights, of which there is one tensor then.
    """
    graph = [_field(1, _node(*node)) for node in nodes]
    graph += [_field(2, b"graph")]
    graph += [_field(5, _weights(name, array, elsewhere)) for name, array in weights.items()]
    for array in weights.values() if elsewhere else ():
        path.with_name(elsewhere).write_bytes(np.ascontiguousarray(array, np.float32).tobytes())
    graph += [_field(11, _tensor(name, shape)) for name, shape in inputs.items()]
    graph += [_field(12, _tensor(name, shape)) for name, shape in outputs.items()]
    opset = _field(8, _field(2, 13))
    path.write_bytes(_field(1, 8) + opset + _field(7, b"".join(graph)))
    return path


def _node(operator: str, inputs: Sequence[str], output: str, attributes: Mapping) -> bytes:
    parts = [_field(1, name.encode()) for name in inputs]
    parts += [_field(2, output.encode()), _field(4, operator.encode())]
    for name, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        number, kind = (8, 7) if isinstance(value, list) else (3, 2)  # ints or int
        stated = b"".join(_field(number, each) for each in values) + _field(20, kind)
        parts.append(_field(5, _field(1, name.encode()) + stated))
    return b"".join(parts)


def _weights(name: str, array: np.ndarray, elsewhere: str) -> bytes:
    stated = b"".join(_field(1, size) for size in array.shape)
    stated += _field(2, 1) + _field(8, name.encode())
    if elsewhere:
        return (
            stated
            + _field(13, _field(1, b"location") + _field(2, elsewhere.encode()))
            + _field(14, 1)
        )
    return stated + _field(9, np.ascontiguousarray(array, np.float32).tobytes())


def _tensor(name: str, shape: Shape) -> bytes:
    sizes = b"".join(
        _field(1, _field(2, size.encode()) if isinstance(size, str) else _field(1, size))
        for size in shape
    )
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, sizes)))


def _field(number: int, value: int | bytes) -> bytes:
    """A field of a message: its number and kind, then an integer, or the length of bytes and these."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the eighth bit set."""
    bits = value & (1 << 64) - 1
    parts = []
    while bits > 127:
        parts.append(bits & 127 | 128)
        bits >>= 7
    return bytes([*parts, bits])
