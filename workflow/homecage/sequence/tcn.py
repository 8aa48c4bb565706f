"""Dilated convolutions over time: each clip is scored from those around it, near and far.

Letters: B batch, C clips, D descriptor, H channels, K behaviors.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from homecage.sequence.dropout import dropout
from homecage.sequence.models import Fitted, Task
from homecage.sequence.normalize import Normalize
from homecage.sequence.options import TcnOptions
from homecage.sequence.training import fit_network, score_network
from homecage.storage.checkpoints import Checkpoints


class Tcn(nn.Module):
    """One stage of MS-TCN (Abu Farha and Gall 2019): residual layers, each looking twice as far."""

    def __init__(
        self,
        descriptor: int,
        behaviors: int,
        layers: int,
        units: int,
        dropout: float,
        input_dropout: float,
    ) -> None:
        super().__init__()
        self.dropout, self.input_dropout = dropout, input_dropout
        self.normalize = Normalize(descriptor)
        self.input = nn.Linear(descriptor, units)
        # Convolutions of three clips, as one matrix product each: nn.Conv1d takes four times as long.
        self.dilated = nn.ModuleList(nn.Linear(3 * units, units) for _ in range(layers))
        self.mixed = nn.ModuleList(nn.Linear(units, units) for _ in range(layers))
        self.output = nn.Linear(units, behaviors)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits (B, C, K) from descriptors (B, C, D)."""
        x = dropout(self.normalize(x), self.input_dropout, self.training)
        h = self.input(x)  # (B, C, H)
        for n, (dilated, mixed) in enumerate(zip(self.dilated, self.mixed, strict=True)):
            seen = F.relu(dilated(look_around(h, 2**n)))
            h = h + dropout(mixed(seen), self.dropout, self.training)
        logits: Tensor = self.output(h)
        return logits


def look_around(h: Tensor, distance: int) -> Tensor:
    """Return each clip between those so far before and after it, 0 beyond the ends: (B, C, 3H)."""
    padded = F.pad(h, (0, 0, distance, distance))
    return torch.cat([padded[:, : -2 * distance], h, padded[:, 2 * distance :]], dim=2)


def fit(task: Task, options: TcnOptions, saved: Checkpoints) -> Fitted:
    """Train the network."""
    return fit_network(Tcn, {"layers", "units", "dropout", "input_dropout"}, task, options, saved)


score = partial(score_network, Tcn)
