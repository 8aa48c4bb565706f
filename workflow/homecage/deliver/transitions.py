"""What follows what: the transitions between the behaviors of a video."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def tabulate_transitions(bouts: pd.DataFrame, behaviors: Sequence[str]) -> pd.DataFrame:
    """Tabulate how often a bout of one behavior is directly followed by one of another.

    Columns: before, after (all K x K pairs), n, and share: n as a share of all transitions from
    ``before``, NaN where there is none. Over an unlabeled frame there is no transition.
    """
    n_behaviors = len(behaviors)
    code = pd.Index(behaviors).get_indexer(pd.Index(bouts["behavior"]))
    follows = bouts["start"].to_numpy()[1:] == bouts["stop"].to_numpy()[:-1]
    pair = code[:-1][follows] * n_behaviors + code[1:][follows]
    n = np.bincount(pair, minlength=n_behaviors**2)
    n_from = np.repeat(n.reshape(n_behaviors, n_behaviors).sum(axis=1), n_behaviors)
    names = np.array(behaviors, dtype=object)
    return pd.DataFrame(
        {
            "before": np.repeat(names, n_behaviors),
            "after": np.tile(names, n_behaviors),
            "n": n,
            "share": np.divide(n, n_from, out=np.full(len(n), np.nan), where=n_from > 0),
        }
    )
