"""Training steps of the paper's LSTM on a GPU: float16, which ``auto`` takes there, against float32."""

from collections.abc import Callable

import torch

from homecage.running.device import make_deterministic
from homecage.sequence.lstm import Lstm
from homecage.sequence.options import LstmOptions
from homecage.sequence.training import Training
from tests.bench.compare import Comparison, compare

DESCRIPTOR, BEHAVIORS, STEPS = 2048, 8, 20
PAPER = LstmOptions()


def measure_train_model_gpu(rounds: int = 5) -> Comparison:
    """Compare on the same windows, which are on the GPU already."""
    make_deterministic(1)
    return compare(
        "train_model_gpu",
        _make(torch.float16),
        _make(torch.float32),
        work=STEPS * PAPER.batch_size,
        unit="windows/s",
        rounds=rounds,
    )


def _make(precision: torch.dtype) -> Callable[[], object]:
    torch.manual_seed(0)
    gpu = torch.device("cuda")
    network = Lstm(DESCRIPTOR, BEHAVIORS, PAPER.layers, PAPER.units, PAPER.dropout).to(gpu)
    run = Training(network, torch.ones(BEHAVIORS, device=gpu), PAPER, precision)
    size = (PAPER.batch_size, PAPER.window_clips)
    x, codes = torch.rand(*size, DESCRIPTOR), torch.randint(BEHAVIORS, size)
    batch = (x / x.norm(dim=2, keepdim=True)).to(gpu), codes.to(gpu)

    def train() -> None:
        for _ in range(STEPS):
            run.step(*batch)
        torch.cuda.synchronize()

    return train
