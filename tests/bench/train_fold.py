"""The speed of training a fold, against a plain float32 ``nn.LSTM`` loop with the same batches."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from homecage.running.device import make_deterministic
from homecage.running.precision import choose_precision
from homecage.sequence.network import SequenceModel
from homecage.sequence.options import SequenceOptions
from homecage.sequence.train import Examples, Training
from homecage.study.behaviors import BEHAVIORS
from tests.bench.compare import Comparison, compare

DESCRIPTOR = 2048
PAPER = SequenceOptions()
N_VIDEOS, N_CLIPS = 12, 565_000  # of the full database


def measure_train_fold_cpu(rounds: int = 5, threads: int = 1, batches: int = 2) -> Comparison:
    """Compare on a CPU, at the paper's size and with the threads that a fold gets."""
    make_deterministic(threads)
    n_windows = batches * PAPER.batch_size
    n_clips = n_windows * PAPER.window_clips
    return _compare("train_fold_cpu", torch.device("cpu"), n_clips, n_windows, rounds)


def measure_train_fold_gpu(rounds: int = 5) -> Comparison:
    """Compare on a GPU, with as many clips as the full database.

    There the layers are cuDNN's for both; ours keeps the descriptors on the GPU.
    """
    make_deterministic(1)
    n_windows = (N_VIDEOS - 1 - PAPER.validation_videos) * (N_CLIPS // N_VIDEOS)
    n_windows //= PAPER.window_clips
    return _compare("train_fold_gpu", torch.device("cuda"), N_CLIPS, n_windows, rounds)


def _compare(
    name: str, device: torch.device, n_clips: int, n_windows: int, rounds: int
) -> Comparison:
    torch.manual_seed(0)
    fc6 = torch.rand((n_clips, DESCRIPTOR), dtype=torch.float16)
    fc6 /= fc6.norm(dim=1, keepdim=True)
    codes = torch.randint(len(BEHAVIORS), (n_clips,))
    windows = torch.arange(n_windows * PAPER.window_clips).view(n_windows, -1)
    return compare(
        name,
        _ours(*(part.to(device) for part in (fc6, codes, windows))),
        _plain(fc6, codes, windows, device),
        work=n_windows,
        unit="windows/s",
        rounds=rounds,
    )


def _ours(fc6: Tensor, codes: Tensor, windows: Tensor) -> Callable[[], object]:
    precision = choose_precision("auto", fc6.device)
    network = SequenceModel(DESCRIPTOR, PAPER.units, PAPER.layers, PAPER.dropout, precision)
    weights = torch.ones(len(BEHAVIORS), device=fc6.device)
    training = Training(network.to(fc6.device).train(), weights, PAPER)
    examples = Examples(fc6, codes, windows)
    batches = torch.arange(len(windows)).split(PAPER.batch_size)

    def train() -> None:
        for batch in batches:
            training.step(examples, batch)
        if fc6.is_cuda:
            torch.cuda.synchronize()

    return train


def _plain(
    fc6: Tensor, codes: Tensor, windows: Tensor, device: torch.device
) -> Callable[[], object]:
    """Return what one would write: ``nn.LSTM``, batches taken on the CPU and sent as they come."""
    lstm = nn.LSTM(DESCRIPTOR, PAPER.units, PAPER.layers, batch_first=True, dropout=PAPER.dropout)
    output = nn.Linear(PAPER.units, len(BEHAVIORS))
    network = nn.ModuleList([lstm, output]).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=PAPER.learning_rate)

    def train() -> float:
        network.train()
        total = 0.0
        for batch in windows.split(PAPER.batch_size):
            hidden, _ = lstm(fc6[batch].to(device).float())
            logits = output(F.dropout(hidden, PAPER.dropout))
            loss = F.cross_entropy(logits.flatten(0, 1), codes[batch].flatten().to(device))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), PAPER.gradient_norm)
            optimizer.step()
            total += loss.item()
        return total

    return train
