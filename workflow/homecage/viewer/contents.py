"""What a page shows of a video, as one JSON value: times, rows of bouts, a method's probabilities."""

import base64
import json
from collections.abc import Sequence
from fractions import Fraction
from itertools import cycle
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from homecage.clips.bouts import find_bouts
from homecage.storage.frame_tables import Codes

VERSION = 1
"""Of the value's form; a page refuses another."""

PATTERNS = (
    "solid",
    "rising",
    "level",
    "dots",
    "falling",
    "upright",
    "crossed",
    "squares",
)
"""How behaviors are hatched, in their order: told apart also where their colors are not."""

MOST = 254
"""A probability of 1 as a byte."""
NOTHING = 255
"""The byte of a frame of which a method says nothing."""

_JITTER_S = 0.0011
"""How far from an even clock times may be that are rounded to the milliseconds of a container."""


def describe_behaviors(colors: dict[str, str]) -> list[dict[str, str]]:
    """Return name, color and pattern of each behavior."""
    return [
        {"name": name, "color": color, "pattern": pattern}
        for (name, color), pattern in zip(colors.items(), cycle(PATTERNS), strict=False)
    ]


def describe_row(row: str, title: str, kind: str, codes: Codes) -> dict[str, Any]:
    """Return what an annotator or a method says of a video.

    Its bouts are one list of numbers, three a bout: the frames since the bout before it, its own frames,
    and its behavior's place in the list.
    """
    start, stop = find_bouts(codes)
    gap = start - np.concatenate([[0], stop[:-1]])[: len(start)]
    bouts = np.stack([gap, stop - start, codes[start]], axis=1)
    return {"id": row, "title": title, "kind": kind, "bouts": bouts.ravel().tolist()}


def encode_probability(
    probability: NDArray[np.float32],  # (T, K)
) -> str:
    """Return probabilities as bytes in base64: all frames of the first behavior, of the next ..."""
    coded = np.full(probability.shape[::-1], NOTHING, np.uint8)
    for own, column in zip(coded, probability.T, strict=True):
        known = np.isfinite(column)
        own[known] = np.rint(column[known].clip(0, 1) * MOST)
    return base64.b64encode(coded.tobytes()).decode()


def encode_times(time_s: NDArray[np.float64], rate: Fraction) -> str | None:
    """Return times (T,) as float64 in base64, little-endian; none where frame n is shown at n / rate.

    A frame without a time has that of the frame before it.
    """
    known_s = np.nan_to_num(np.where(np.isnan(time_s), np.fmax.accumulate(time_s), time_s))
    even_s = np.arange(len(time_s)) / float(rate)
    if np.abs(known_s - even_s).max(initial=0) < _JITTER_S:
        return None
    return base64.b64encode(known_s.astype("<f8").tobytes()).decode()


def link_videos(keys: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    """Return (name, address) of the pages of videos, which lie side by side."""
    return [[name, f"{quote(key)}.html"] for key, name in zip(keys, names, strict=True)]


def write_script(value: dict[str, Any]) -> str:
    """Return a script that hands a value over.

    A page that is opened from disk may read neither JSON nor modules: browsers let it load scripts only.
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return f"window.homecageData={text};\n"
