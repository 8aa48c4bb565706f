"""Where an export says that its video lies."""

import os
from pathlib import Path


def locate_video(video: Path, folder: Path) -> Path:
    """Return the path of a video as a file in a folder is to state it.

    An absolute path stays; a relative one, to the working directory, becomes one to the folder, so that a
    study may move as a whole. The folder may be a link to another disk.
    """
    if video.is_absolute():
        return video
    return Path(os.path.relpath(Path.cwd() / video, folder.resolve()))
