"""Randomness that depends on the data set's seed and a piece's own name, and on nothing else."""

import zlib

import numpy as np

from homecage.simulate.options import SimulationOptions


def named_generator(options: SimulationOptions, *names: str) -> np.random.Generator:
    """Return the random generator of one named piece of the data set.

    Pieces can therefore be made in any order, in parallel, or alone.
    """
    keys = [zlib.crc32(name.encode()) for name in names]
    return np.random.default_rng(np.random.SeedSequence([options.seed, *keys]))
