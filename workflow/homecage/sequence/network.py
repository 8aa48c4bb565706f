"""The sequence model: stacked LSTM layers over descriptors, a softmax at each clip.

Letters: B batch, C clips, D descriptor, K behaviors.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from homecage.errors import StoreError
from homecage.sequence.lstm import StackedLSTM, drop
from homecage.storage.weights import load_weights, save_weights
from homecage.study.behaviors import BEHAVIORS


class SequenceModel(nn.Module):
    """Scores each clip of a sequence from its descriptor and those before it."""

    def __init__(
        self,
        descriptor: int,
        units: int,
        layers: int,
        dropout: float,
        precision: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.shape = {"descriptor": descriptor, "units": units, "layers": layers}
        self.dropout = dropout
        self.lstm = StackedLSTM(descriptor, units, layers, dropout)
        self.lstm.precision = precision
        self.output = nn.Linear(units, len(BEHAVIORS))

    def forward(self, fc6: Tensor) -> Tensor:
        """Return logits (B, C, K) from descriptors (B, C, D)."""
        hidden = self.lstm(fc6)  # (B, C, units)
        logits: Tensor = self.output(drop(hidden, self.dropout) if self.training else hidden)
        return logits


def save_sequence_model(path: Path, model: SequenceModel, metadata: Mapping[str, Any]) -> None:
    """Publish a model's weights with its shape and what trained it."""
    save_weights(path, model.state_dict(), {"kind": "lstm", "shape": model.shape, **metadata})


def load_sequence_model(path: Path) -> SequenceModel:
    """Rebuild a model from its file, in evaluation mode.

    Raises:
        StoreError: the file is damaged or holds something else.
    """
    tensors, metadata = load_weights(path)
    if metadata.get("kind") != "lstm":
        raise StoreError(path, f"expected an LSTM, found {metadata.get('kind')!r}")
    model = SequenceModel(**metadata["shape"], dropout=0.0)
    model.load_state_dict(tensors)
    return model.eval()
