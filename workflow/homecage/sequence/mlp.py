"""A hidden layer between a clip and its behavior: what can be said without looking around.

Letters: B batch, C clips, D descriptor, K behaviors.
"""

from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from homecage.sequence.dropout import dropout
from homecage.sequence.models import Fitted, Task
from homecage.sequence.normalize import Normalize
from homecage.sequence.options import MlpOptions
from homecage.sequence.training import fit_network, score_network
from homecage.storage.checkpoints import Checkpoints


class Mlp(nn.Module):
    """Scores each clip from its descriptor alone."""

    def __init__(
        self, descriptor: int, behaviors: int, units: int, dropout: float, input_dropout: float
    ) -> None:
        super().__init__()
        self.dropout, self.input_dropout = dropout, input_dropout
        self.normalize = Normalize(descriptor)
        self.hidden = nn.Linear(descriptor, units)
        self.output = nn.Linear(units, behaviors)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, C, K) from descriptors (B, C, D)."""
        x = dropout(self.normalize(x), self.input_dropout, self.training)
        h = dropout(F.relu(self.hidden(x)), self.dropout, self.training)
        logits: Tensor = self.output(h)
        return logits


def fit(task: Task, options: MlpOptions, saved: Checkpoints) -> Fitted:
    """Train the network."""
    return fit_network(Mlp, {"units", "dropout", "input_dropout"}, task, options, saved)


score = partial(score_network, Mlp)
