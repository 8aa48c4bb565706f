"""What is exported of a video: a method's behavior of each frame, and the bouts that these make."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from homecage.deliver.options import ExportOptions
from homecage.deliver.short_bouts import join_short_bouts
from homecage.evaluate.bouts import find_edges_s, tabulate_bouts
from homecage.storage.frame_tables import UNLABELED, Codes, read_predictions


@dataclass(frozen=True)
class Scoring:
    """What a method says of a video; every export of the video is made of this."""

    behaviors: tuple[str, ...]
    codes: Codes  # (T,)
    probability: NDArray[np.float32]  # (T, K), NaN where it says nothing
    time_s: NDArray[np.float64]  # (T,)

    @cached_property
    def edges_s(self) -> NDArray[np.float64]:
        """When each frame begins, and when the last one ends (T + 1,).

        Time that runs backward, as in some damaged files, stands still.
        """
        return find_edges_s(np.maximum.accumulate(self.time_s))

    @cached_property
    def bouts(self) -> pd.DataFrame:
        """The bouts in order: behavior, start, stop, start_s, stop_s, probability.

        ``probability`` is the mean, over the frames of the bout, of its behavior's.
        """
        table = tabulate_bouts("", "", self.codes, self.edges_s[:-1], self.behaviors)
        frames = np.flatnonzero(self.codes != UNLABELED)  # Those of the first bout, the second ...
        n_frames = (table["stop"] - table["start"]).to_numpy()
        bout = np.repeat(np.arange(len(table)), n_frames)
        own = self.probability[frames, self.codes[frames]].astype(np.float64)
        mean = np.bincount(bout, weights=own, minlength=len(table)) / n_frames
        return table.drop(columns=["scorer", "video"]).assign(probability=mean)


def read_scoring(
    path: Path, behaviors: Sequence[str], *, method: str, video: str, options: ExportOptions
) -> Scoring:
    """Read a video's predictions, short bouts joined to neighbors if the options say so.

    Raises:
        StoreError: not such a table, of another method, video or list of behaviors, or its frames are
            not 0 to T - 1.
    """
    said = read_predictions(path, behaviors, method=method, video=video)
    scoring = Scoring(tuple(behaviors), said.codes, said.probability, said.time_s)
    if options.min_bout_s is None:
        return scoring
    codes = join_short_bouts(said.codes, said.probability, scoring.edges_s, options.min_bout_s)
    return Scoring(scoring.behaviors, codes, said.probability, said.time_s)


def read_scorings(
    paths: Iterable[Path], behaviors: Sequence[str], *, method: str, options: ExportOptions
) -> Iterator[tuple[str, Scoring]]:
    """Read the predictions of several videos, ``{video}.parquet``, one after the other, by video."""
    for path in paths:
        video = path.stem
        yield (
            video,
            read_scoring(path, behaviors, method=method, video=video, options=options),
        )
