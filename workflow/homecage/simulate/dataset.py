"""The whole simulated data set, in the MIT data set's layout."""

import logging
from pathlib import Path

from homecage.errors import ConfigError
from homecage.simulate.annotation import simulate_annotation
from homecage.simulate.clips import simulate_clips
from homecage.simulate.names import (
    ANNOTATOR_FOLDERS,
    CLIPPED,
    FULL,
    MARKER,
    clip_folder_names,
    names_annotated_twice,
    video_names,
)
from homecage.simulate.options import SimulationOptions
from homecage.simulate.videos import simulate_video
from homecage.storage.publish import publish

logger = logging.getLogger(__name__)

NOTICE = """\
This data set is simulated. Its layout is that of the MIT mouse home-cage data set (Jhuang et al.
2010), but no animal was filmed and nobody annotated it: program and annotators are random processes.
Results on it say whether a method works, and nothing about how well it works on real animals.

"""

DEFAULTS = SimulationOptions()


def simulate(*, options: SimulationOptions = DEFAULTS, output: Path) -> None:
    """Write the whole data set: full and clipped database, both annotators, and a notice.

    Piece by piece the same bytes as :func:`simulate_video`, :func:`simulate_annotation` and
    :func:`simulate_clips` write.

    Raises:
        ConfigError: there is something at ``output`` already; nothing is replaced.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ConfigError(f"--output: {output} exists; name a new folder for the data set")
    with publish(output) as temporary:
        full = temporary / FULL
        for video in video_names(options):
            logger.info("simulating video %s", video)
            simulate_video(video=video, options=options, output=full / f"{video}.mpg")
        labeled_by = {1: video_names(options), 2: names_annotated_twice(options)}
        for annotator, videos in labeled_by.items():
            for video in videos:
                simulate_annotation(
                    video=video,
                    annotator=annotator,
                    options=options,
                    output=full / ANNOTATOR_FOLDERS[f"annotator_{annotator}"] / f"{video}.txt",
                )
        for folder in clip_folder_names(options):
            logger.info("simulating clips %s", folder)
            simulate_clips(folder=folder, options=options, output=temporary / CLIPPED / folder)
        write_notice(options=options, output=temporary / MARKER)


def write_notice(*, options: SimulationOptions, output: Path) -> None:
    """Write what the data set is, and the options that it was made with."""
    with publish(output) as temporary:
        temporary.write_text(NOTICE + options.model_dump_json(indent=2) + "\n", encoding="utf-8")
