"""What only the files of a study together show: one content under two names, more than one frame rate."""

from collections.abc import Iterable, Iterator

from homecage.frames.raw import RawFile

_SAME_RATE = 0.02
"""Share by which frame rates may differ and be the same: 30 and 30000/1001 are."""


def find_same_content(files: Iterable[RawFile]) -> dict[str, str]:
    """Return the first file of the same content, by the path of each that is a copy; no empty ones."""
    first: dict[str, str] = {}
    copies = {}
    for file in files:
        if file.sha256 and file.n_frames:
            other = first.setdefault(file.sha256, file.path)
            if other != file.path:
                copies[file.path] = other
    return copies


def judge_rates(files: Iterable[RawFile]) -> Iterator[str]:
    """Return the rates of a study's videos and clips if they are not one.

    A file of T frames tells its rate to one part in T - 1: so much is one written time. One of a variable
    rate, which is warned of, has none to compare.
    """
    by_rate: dict[float, list[str]] = {}
    for file in sorted(files, key=lambda file: -file.n_frames):
        if (found := file.shown_fps or file.steady_fps) is None:
            continue
        tolerance = max(_SAME_RATE, 1 / max(1, file.n_frames - 1))
        near = [rate for rate in by_rate if abs(found / rate - 1) <= tolerance]
        by_rate.setdefault(near[0] if near else found, []).append(file.path)
    if len(by_rate) > 1:
        told = (
            f"{rate:.4g} frames/s in {paths[0]}"
            + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
            for rate, paths in by_rate.items()
        )
        yield (
            f"different frame rates: {'; '.join(told)}; a model counts frames, so all must have one "
            "rate: say at which all are learned from, resampled in time (frames.fps), or leave the others out"
        )
