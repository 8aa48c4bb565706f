"""Options of the check."""

from typing import Literal

from homecage.options import Options


class CheckOptions(Options):
    """What becomes of files that fail the check."""

    on_bad_file: Literal["stop", "set_aside"] = "stop"
    """stop: nothing is learned until every file is mended or taken away. set_aside: what cannot be used
    leaves the study, a video with its annotations: the check ends the run, the same command goes on
    without them, and the accuracy table lists them. It is judged anew once anything that the verdict hung
    on is mended: the file, its annotations, its line of a sheet, or the configuration."""
