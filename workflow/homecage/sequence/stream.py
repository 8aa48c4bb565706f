"""Scoring a video whose clips come a few at a time: the same numbers, in memory that does not grow with it.

An LSTM goes on from its state; a network that looks no further than so far to both sides is shown that much
around each block; what looks at single clips needs nothing. A bidirectional LSTM looks at the whole video,
which is therefore held.

Letters: C clips, D descriptor, K behaviors.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from homecage.errors import ConfigError
from homecage.running.device import choose_device
from homecage.sequence import own, prior
from homecage.sequence.bilstm import Bilstm
from homecage.sequence.lstm import Lstm, State
from homecage.sequence.mlp import Mlp
from homecage.sequence.tcn import Tcn
from homecage.sequence.training import score_whole

_AT_ONCE = 4096
"""Clips that a network is shown at a time, or a few more."""

_NETWORKS: dict[str, type[nn.Module]] = {
    "lstm": Lstm,
    "bilstm": Bilstm,
    "tcn": Tcn,
    "mlp": Mlp,
}
_OTHERS = {"own": own, "prior": prior}

KINDS = (*_NETWORKS, *_OTHERS)
"""The kinds of models that can be scored so."""


class Scorer:
    """A model of one of ``KINDS``, ready to score videos."""

    def __init__(self, kind: str, tensors: dict[str, Tensor], shape: dict[str, Any]) -> None:
        """Put what was learned in its place.

        Raises:
            ConfigError: the tensors are not those of such a model, or no such kind can be scored so.
        """
        if kind not in KINDS:
            raise ConfigError(
                f"found a model of kind {kind!r}; expected one of: {', '.join(KINDS)}"
            )
        self._kind, self._tensors, self._shape = kind, tensors, shape
        self._network: nn.Module | None = None
        if kind in _NETWORKS:
            self._network = fill(_NETWORKS[kind], shape, tensors).to(choose_device()).eval()

    def score(self, blocks: Iterable[Tensor]) -> Iterator[NDArray[np.float32]]:
        """Yield probabilities (c, K) of consecutive clips from blocks (c', D) of any size, in order."""
        if self._network is None:
            for x in gather(blocks, _AT_ONCE):
                yield _OTHERS[self._kind].score(self._tensors, self._shape, x)
            return
        for logits in self._score_network(self._network, blocks):
            yield F.softmax(logits, dim=1).cpu().numpy()

    def _score_network(self, network: nn.Module, blocks: Iterable[Tensor]) -> Iterator[Tensor]:
        device = choose_device()
        if self._kind == "bilstm":
            yield score_whole(network, torch.cat(list(blocks)).to(device))
        elif isinstance(network, Lstm):
            states: list[State] = [None] * len(network.layers)
            for x in gather(blocks, _AT_ONCE):
                with torch.inference_mode():
                    logits, states = network.advance(x[None].to(device).float(), states)
                yield logits[0]
        else:
            reach = 2 ** self._shape["layers"] - 1 if isinstance(network, Tcn) else 0
            for x, start, stop in surround(gather(blocks, _AT_ONCE), reach):
                yield score_whole(network, x.to(device))[start:stop]


def fill(network: type[nn.Module], shape: dict[str, Any], tensors: dict[str, Tensor]) -> nn.Module:
    """Make a network of tensors, without room for any other that its shape may speak of.

    Raises:
        ConfigError: they are not of that shape.
    """
    if (layers := shape.get("layers", 1)) not in range(len(tensors) + 1):
        raise ConfigError(f"found {layers!r} layers, expected at most one for each of its tensors")
    try:
        with torch.device("meta"):
            empty = network(**shape)
        empty.load_state_dict(tensors, assign=True)
    except (RuntimeError, TypeError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"its tensors are not those of its shape {shape} ({reason})") from None
    return empty


def gather(blocks: Iterable[Tensor], at_once: int) -> Iterator[Tensor]:
    """Put blocks (c, D) together until they have so many clips; the last ones may have fewer."""
    held: list[Tensor] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= at_once:
            yield torch.cat(held)
            held = []
    if held:
        yield torch.cat(held)


def surround(blocks: Iterable[Tensor], reach: int) -> Iterator[tuple[Tensor, int, int]]:
    """Yield blocks with up to ``reach`` clips on either side: (x, start, stop), ``x[start:stop]`` is new.

    Fewer are there at the video's ends only.
    """
    held, start = None, 0
    for block in blocks:
        held = block if held is None else torch.cat([held, block])
        if (stop := len(held) - reach) > start:
            yield held, start, stop
            first = max(stop - reach, 0)
            held, start = held[first:], stop - first
    if held is not None and len(held) > start:
        yield held, start, len(held)
