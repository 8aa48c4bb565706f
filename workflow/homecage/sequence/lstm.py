"""The paper's model: stacked LSTM layers over descriptors, and a softmax at each clip.

Letters: B batch, C clips, D descriptor, K behaviors.
"""

from functools import partial

from torch import Tensor, nn

from homecage.sequence.dropout import dropout
from homecage.sequence.models import Fitted, Task
from homecage.sequence.options import LstmOptions
from homecage.sequence.training import fit_network, score_network
from homecage.storage.checkpoints import Checkpoints

State = tuple[Tensor, Tensor] | None
"""A layer's hidden and cell state; None before the first clip."""


class Lstm(nn.Module):
    """Scores each clip of a sequence from its descriptor and those before it."""

    directions = 1

    def __init__(
        self, descriptor: int, behaviors: int, layers: int, units: int, dropout: float
    ) -> None:
        super().__init__()
        self.dropout = dropout
        width = self.directions * units
        # One by one: dropout between the layers of one nn.LSTM has, on a GPU, a state of its own that
        # no checkpoint can hold.
        self.layers = nn.ModuleList(
            nn.LSTM(inputs, units, batch_first=True, bidirectional=self.directions == 2)
            for inputs in [descriptor] + [width] * (layers - 1)
        )
        self.output = nn.Linear(width, behaviors)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, C, K) from descriptors (B, C, D)."""
        return self.advance(x, [None] * len(self.layers))[0]

    def advance(self, x: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """Return logits (B, C, K), and each layer's state after the last clip, to go on from."""
        after = []
        for layer, state in zip(self.layers, states, strict=True):
            hidden, reached = layer(x, state)
            x = dropout(hidden, self.dropout, self.training)
            after.append(reached)
        logits: Tensor = self.output(x)
        return logits, after


def fit_lstm(network: type[Lstm], task: Task, options: LstmOptions, saved: Checkpoints) -> Fitted:
    """Train a network of stacked layers."""
    return fit_network(network, {"layers", "units", "dropout"}, task, options, saved)


fit = partial(fit_lstm, Lstm)
score = partial(score_network, Lstm)
