"""What the times and the number of a video's frames say: is it whole, is it of one rate."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from homecage.frames.containers import Statement

_JITTER = 0.1
"""Share of an interval by which another may differ and be as regular ..."""
_ROUNDING_S = 0.0015
"""... and by how much it may for times that are written in milliseconds."""
_GAP = 1.5
"""Intervals from which a frame is missing between two."""
_SHARE = 0.05
"""Share of intervals up to which others are gaps, or repeated times, in a video of one rate."""
_LOG_ROUNDING_S = 0.01
"""Of a duration in ffmpeg's log."""
_BESIDE_S = 1.0
"""By how much what lies beside the video, as its sound, may be longer."""


@dataclass
class Judgment:
    """What is wrong with a video, and what is only unusual."""

    damage: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge_times(time_s: NDArray[np.float64]) -> Judgment:
    """Judge when frames (T,) are shown: their times must be known, and are expected to be regular."""
    untimed = np.flatnonzero(np.isnan(time_s))
    if not len(time_s):
        return Judgment(["no frame could be decoded"])
    if len(untimed):
        found = f"{len(untimed)} frames have no presentation time, first frame {untimed[0]}"
        return Judgment([found])
    interval_s = np.diff(time_s)
    if len(back := np.flatnonzero(interval_s <= 0)):
        return Judgment(warnings=[f"time does not increase after frame {back[0]}{_and_more(back)}"])
    if len(interval_s) < 2:
        return Judgment()
    usual_s = float(np.median(interval_s))
    irregular = np.flatnonzero(
        np.abs(interval_s - usual_s) > np.maximum(_JITTER * usual_s, _ROUNDING_S)
    )
    gaps = np.flatnonzero(interval_s > _GAP * usual_s + _ROUNDING_S)
    if len(gaps) and len(gaps) == len(irregular) <= max(1, _SHARE * len(interval_s)):
        longest = gaps[interval_s[gaps].argmax()]
        return Judgment(
            warnings=[
                f"a gap of {interval_s[gaps[0]]:.3f} s in time after frame {gaps[0]}"
                f"{_and_more(gaps)}"
                + (
                    f", the longest of {interval_s[longest]:.3f} s after frame {longest}"
                    * (len(gaps) > 1)
                )
                + f"; frames lie {usual_s:.4g} s apart elsewhere"
            ]
        )
    drift_s = time_s - np.linspace(time_s[0], time_s[-1], len(time_s))
    if len(irregular) or np.abs(drift_s).max() > usual_s / 2 + _ROUNDING_S:
        return Judgment(
            warnings=[
                f"a variable frame rate: {len(time_s)} frames lie {interval_s.min():.4g} to "
                f"{interval_s.max():.4g} s apart; each keeps its own time"
            ]
        )
    return Judgment()


def measure_steady_rate(time_s: NDArray[np.float64]) -> float | None:
    """Return the frames a second of a video (T,) of one rate, gaps and repeated times aside; else None."""
    interval_s = np.diff(time_s)
    if not len(interval_s) or np.isnan(time_s).any() or not (interval_s > 0).any():
        return None
    usual_s = float(np.median(interval_s[interval_s > 0]))
    steady_s = interval_s[np.abs(interval_s - usual_s) <= max(_JITTER * usual_s, _ROUNDING_S)]
    if len(interval_s) - len(steady_s) > max(2, _SHARE * len(interval_s)):
        return None
    return float(1 / steady_s.mean())


def judge_length(stated: Statement, time_s: NDArray[np.float64], n_bytes: int) -> Judgment:
    """Hold the decoded frames, at their times (T,), against what the container states.

    Fewer frames than it lists, up to an earlier end than it states, are damage; another number alone is
    unusual: an edit list hides frames, a header may be wrong.
    """
    n_frames = len(time_s)
    if n_frames == 0 or np.isnan(time_s).any() or n_frames == stated.n_frames:
        return Judgment(warnings=_judge_header(stated, n_frames))
    found = Judgment()
    if stated.n_bytes is not None and stated.n_bytes > n_bytes:
        found.damage.append(
            f"cut off: the file has {n_bytes} bytes of the {stated.n_bytes} that it states"
        )
    last_s = float(time_s[-1] - time_s[0])
    longest_s = float(np.diff(time_s).max(initial=0))
    usual_s = last_s / max(n_frames - 1, 1)
    counted = f"{n_frames} frames could be decoded"
    listed = stated.n_frames or stated.n_frames_header
    of_listed = f" of {listed}" if listed is not None and stated.last_s is not None else ""
    if stated.last_s is not None and last_s < stated.last_s - usual_s / 2 - _ROUNDING_S:
        found.damage.append(
            f"{counted}{of_listed}; the last begins at {last_s:.3f} s, by its {stated.by} at "
            f"{stated.last_s:.3f} s"
        )
    elif stated.n_frames is not None:
        found.warnings.append(
            f"{counted}, its {stated.by} has {stated.n_frames}; both end together"
        )
    if stated.end_s is not None:
        short_s = stated.end_s - (last_s + longest_s) - _LOG_ROUNDING_S
        message = (
            f"{counted}; the last ends at {last_s + usual_s:.3f} s, by its {stated.by} at "
            f"{stated.end_s:.3f} s"
        )
        if stated.certain and short_s > usual_s / 2:
            found.damage.append(message)
        elif not stated.certain and short_s > _BESIDE_S:
            found.warnings.append(message)
    if not found.damage:
        found.warnings += _judge_header(stated, n_frames)
    return found


def _judge_header(stated: Statement, n_frames: int) -> list[str]:
    if stated.n_frames_header in (None, n_frames):
        return []
    return [f"{n_frames} frames could be decoded, its header counts {stated.n_frames_header}"]


def _and_more(places: NDArray[np.intp]) -> str:
    return f" and at {len(places) - 1} more" if len(places) > 1 else ""
