"""Options of the simulated data set."""

from pydantic import Field

from homecage.options import Options


class SimulationOptions(Options):
    """The size of the simulated home cage; nothing here touches a real data set."""

    seed: int = Field(0, ge=0, lt=2**32)
    """Seed of the whole data set: the same seed gives the same bytes."""
    videos: int = Field(12, ge=3, le=1000)
    """Full videos, hence folds."""
    seconds: float = Field(180.0, ge=1, le=172_800)
    """Length of each full video, in seconds."""
    videos_annotated_twice: int = Field(6, ge=0, le=1000)
    """Full videos that annotator group 2 labeled too, in part: FD*."""
    clip_folders: int = Field(5, ge=1, le=50)
    """Folders of the clipped database, each cut from several simulated recording sessions."""
    clips_per_folder: int = Field(120, ge=8, le=2000)
    """Clips in each folder, the eight behaviors in realistic imbalance but none absent."""
