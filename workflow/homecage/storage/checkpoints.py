"""Checkpoints: a training that was stopped goes on where it was, and ends in the same bits.

They lie outside the workflow's outputs, in a folder for each job, and are worth something for the
training that wrote them alone: a key, the hash of all that goes into it, tells it from others.
"""

import hashlib
import io
import json
import logging
import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import torch
from torch import Tensor

from homecage.errors import InterruptedTrainingError
from homecage.storage.publish import publish

logger = logging.getLogger(__name__)

EVERY_S = "HOMECAGE_CHECKPOINT_EVERY_S"
"""The environment variable with the seconds from one checkpoint to the next; 60 without it."""

_KEPT = 2
_DIGEST_BYTES = hashlib.sha256().digest_size
_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)  # the end, and Slurm's warning of it


class Checkpoints:
    """The checkpoints of one training; ``with`` it, a signal to stop saves one more.

    When the block ends without an error the training is done, and they are removed.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Name the job's folder and what identifies the training."""
        self._folder = folder
        self._own = folder / key[:16]
        self._every_s = float(os.environ.get(EVERY_S, "60"))
        self._saved_s = time.monotonic()
        self._signal: int | None = None

    def __enter__(self) -> Self:
        """Listen for signals in place of who did before."""
        self._handlers = {number: signal.signal(number, self._note) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back; remove what is of no more use."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if error is None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def load(self) -> Any | None:
        """Return the newest state that is whole; None where there is none of this training.

        Its tensors are on the CPU.
        """
        for path in reversed(self._list()):
            content = path.read_bytes()
            digest, saved = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            if hashlib.sha256(saved).digest() == digest:
                logger.info("going on from checkpoint %s", path)
                return torch.load(io.BytesIO(saved), map_location="cpu", weights_only=True)
            logger.warning("%s is damaged: the checkpoint before it is used", path)
        return None

    def offer(self, capture: Callable[[], Any]) -> None:
        """Save the training's state where it is time to.

        Args:
            capture: returns the state: dictionaries, lists, Python's numbers, strings and tensors.
                (A NumPy scalar would be saved, and refused when it is loaded.)

        Raises:
            InterruptedTrainingError: a signal asked to stop; the state is saved.
        """
        stop = self._signal
        if stop is not None or time.monotonic() - self._saved_s >= self._every_s:
            self._save(capture())
            self._saved_s = time.monotonic()
        if stop is not None:
            raise InterruptedTrainingError(signal.Signals(stop).name, self._own)

    def _save(self, state: Any) -> None:
        existing = self._list()
        number = int(existing[-1].stem) + 1 if existing else 0
        buffer = io.BytesIO()
        torch.save(state, buffer)
        # PyTorch does not notice a flipped bit when it loads: the file begins with its own hash.
        saved = buffer.getbuffer()
        with publish(self._own / f"{number:08d}.pt") as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(saved).digest())
            file.write(saved)
        for path in existing[: len(existing) + 1 - _KEPT]:
            path.unlink()
        for folder in self._folder.iterdir():
            if folder != self._own:  # of another training: its inputs have changed since
                shutil.rmtree(folder, ignore_errors=True)

    def _list(self) -> list[Path]:
        if not self._own.is_dir():
            return []
        return sorted(path for path in self._own.iterdir() if re.fullmatch(r"\d+\.pt", path.name))

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signal = number


def make_key(*, code: str, **parts: Any) -> str:
    """Hash all that goes into a training: JSON-able parts, the code's fingerprint, and PyTorch."""
    whole = {"code": code, "torch": torch.__version__, **parts}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def capture_random(device: torch.device) -> list[Tensor]:
    """Return the state of the random numbers that dropout uses."""
    on_gpu = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return [torch.get_rng_state(), *on_gpu]


def restore_random(states: list[Tensor], device: torch.device) -> None:
    """Go on from a captured state."""
    torch.set_rng_state(states[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(states[1], device)
