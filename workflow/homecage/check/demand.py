"""What a run will take, in disk and time, by what the check counts: a rough word before it begins."""

from collections.abc import Sequence

from pydantic import Field

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.options import Options
from homecage.running.screen import describe_time

CORE_GFLOP_S = 100.0
"""What a core multiplies and adds in a second, in 10^9 operations. ASSUME: of a processor of about 2020,
whatever is computed; docs/performance.md has what was measured."""
_START_S = 3.0
"""What a job takes before it begins: Python's and PyTorch's start."""


class Demand(Options):
    """What an experiment asks of a machine, for each thing that the check counts."""

    clip_bytes: float = Field(0, ge=0)
    """Of representations, for a clip of a full video."""
    frame_bytes: float = Field(0, ge=0)
    """Of predictions, for a frame of a full video."""
    model_bytes: float = Field(0, ge=0)
    """Of the weights of all models."""
    clip_gflop: float = Field(0, ge=0)
    """To describe a clip of a full video, and to learn from what describes it, in all folds."""
    example_gflop: float = Field(0, ge=0)
    """To train all convnets on one clip of each behavior, through all epochs."""
    examples: int | None = Field(None, ge=1)
    """Clips of each behavior that a convnet learns from; null: as many as the commonest behavior gives
    without overlap."""
    video_jobs: int = Field(0, ge=0)
    """Jobs for each video."""
    jobs: int = Field(0, ge=0)
    """All other jobs."""
    left_out: tuple[str, ...] = ()
    """What takes time that is not counted."""

    def describe(self, lengths: Sequence[int], n_commonest: int, geometry: ClipGeometry) -> str:
        """Say what a run takes, roughly.

        Args:
            lengths: frames of each full video.
            n_commonest: frames of the commonest behavior, of those that a convnet learns from.
            geometry: of clips.
        """
        n_clips = sum(count_clips(n, geometry) for n in lengths if n >= geometry.length)
        n_bytes = self.clip_bytes * n_clips + self.frame_bytes * sum(lengths) + self.model_bytes
        examples = self.examples or n_commonest // geometry.length
        n_jobs = self.video_jobs * len(lengths) + self.jobs
        gflop = self.clip_gflop * n_clips + self.example_gflop * examples
        core_s = gflop / CORE_GFLOP_S + _START_S * n_jobs
        time = describe_time(core_s) if core_s < 2 * 3600 else f"{core_s / 3600:.0f} hours"
        besides = f"; not counted: {', '.join(self.left_out)}" if self.left_out else ""
        return (
            f"what follows the check takes, very roughly, {describe_bytes(n_bytes)} of disk and {time} of "
            f"one core (at {CORE_GFLOP_S:g} billion operations a second; more cores share it, a GPU needs a "
            f"small part of it){besides}"
        )


def describe_bytes(n_bytes: float) -> str:
    """Say a size on disk, 1 MB at least."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e8 else f"{max(n_bytes / 1e6, 1):.0f} MB"
