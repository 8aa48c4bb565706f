"""Looking through a data set's video files before anything is made of them."""

import json
import logging
from pathlib import Path

from homecage.errors import ConfigError
from homecage.frames.decode import decode
from homecage.frames.options import FramesOptions
from homecage.storage.publish import publish
from homecage.study.layouts import find_dataset
from homecage.study.options import DatasetOptions

logger = logging.getLogger(__name__)


def inspect_videos(
    *,
    dataset: DatasetOptions,
    video: str = "",
    folder: str = "",
    options: FramesOptions,
    output: Path,
) -> None:
    """Decode one full video, or all clips of one folder, to nothing; write down what was found.

    The output is JSON: ``video``, ``folder`` and ``files``, each with name, file, n_frames,
    width_px, height_px, rate_fps, ``problems`` (damage that is refused) and ``warnings`` (damage
    that is not). Damage fails nothing here, so that the check of the data set can name all of it.
    """
    if bool(video) == bool(folder):
        raise ConfigError("inspect-videos: give either a video or a folder of clips")
    found = find_dataset(dataset)
    files = [found.find_video(video)] if video else found.find_clip_folder(folder).clips
    report = {
        "video": video,
        "folder": folder,
        "files": [_inspect_file(file.name, file.path, options) for file in files],
    }
    with publish(output) as temporary:
        temporary.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    logger.info("%s: %d file(s)", video or folder, len(files))


def read_n_frames(inspection: Path) -> dict[str, int]:
    """Return the number of frames of each file that was inspected, by its name."""
    report = json.loads(inspection.read_text(encoding="utf-8"))
    return {file["name"]: file["n_frames"] for file in report["files"]}


def _inspect_file(name: str, path: Path, options: FramesOptions) -> dict[str, object]:
    decoding = decode(path, options)
    refuse = options.on_decode_error == "refuse"
    for sign in decoding.damage:
        logger.warning("%s: %s", path, sign)
    return {
        "name": name,
        "file": str(path),
        "n_frames": decoding.n_frames,
        "width_px": decoding.width_px,
        "height_px": decoding.height_px,
        "rate_fps": decoding.rate_fps,
        "problems": decoding.damage if refuse else (),
        "warnings": () if refuse else decoding.damage,
    }
