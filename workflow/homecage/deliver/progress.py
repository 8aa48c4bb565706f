"""How far annotating has come: frames, frames per second, and the time that is left."""

import logging
import time
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from homecage.running.screen import describe_time

_EVERY_S = 10

logger = logging.getLogger(__name__)


class Progress:
    """Counts the frames of all videos of a run, and says every ten seconds how it goes."""

    def __init__(self, expected: Iterable[int | None]) -> None:
        """Begin.

        Args:
            expected: the frames of each video that is still to be annotated, None where none can tell.
        """
        known = list(expected)
        self._left = sum(n_frames or 0 for n_frames in known)
        self._all_known = None not in known
        self._done = 0
        self._started = self._said = time.monotonic()

    def follow(
        self, name: str, blocks: Iterable[NDArray[np.uint8]], expected: int | None
    ) -> Iterator[NDArray[np.uint8]]:
        """Pass the frames of a video on, and count them."""
        own = 0
        for block in blocks:
            yield block
            own += len(block)
            self._done += len(block)
            if time.monotonic() - self._said >= _EVERY_S:
                self._say(name, own, expected)
        self._left -= expected or 0

    def _say(self, name: str, own: int, expected: int | None) -> None:
        self._said = time.monotonic()
        is_right = expected is not None and own <= expected  # Not every header is.
        rate_fps = self._done / (self._said - self._started)
        left = max(self._left - own, 0)
        logger.info(
            "%s: %d%s frames, %.0f frames/s%s",
            name,
            own,
            f" of about {expected}" if is_right else "",
            rate_fps,
            f", about {describe_time(left / rate_fps)} left"
            if self._all_known and is_right
            else "",
        )
