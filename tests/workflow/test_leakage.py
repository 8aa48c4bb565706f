"""A recording on both sides: found, said under the table, and left out when asked for."""

import subprocess

import pandas as pd

from homecage.frames.decode import find_ffmpeg
from homecage.frames.options import FramesOptions
from tests.workflow.plans import MIT, copy_run

CONVNET_ALONE = ("methods={lstm-3dcnn: null}", "comparisons=[]")
TABLE = "results/figures/accuracy.md"
PLAN = "results/convnet/plan.tsv"
ASKED = "balance={leave_out_shared: true}"


def test_a_clip_of_a_held_out_video_is_found_said_and_left_out(on_disk, tmp_path):
    project = copy_run(on_disk, tmp_path / "project")
    data = project.path / "data"
    folder = min((data / "clipped_database").iterdir())
    planted = folder / f"{folder.name}_groom_999.mpg"
    video = data / "full_database" / "sim01day.mpg"
    ffmpeg, _ = find_ffmpeg(FramesOptions())
    cut = (ffmpeg, "-v", "error", "-ss", "4", "-i", video, "-t", "3", "-b:v", "400k")
    subprocess.run([*cut, planted], check=True)

    project.make(TABLE, *MIT, *CONVNET_ALONE)
    found = pd.read_csv(project.results / "evaluation" / "leakage.tsv", sep="\t")
    (clip,) = found[found["kind"] == "content"].to_dict("records")
    assert (clip["clip"].rpartition("/")[2], clip["video"]) == (planted.name, "sim01day")
    assert ASKED in (project.path / TABLE).read_text()
    assert planted.name in (project.path / PLAN).read_text()

    project.make(TABLE, *MIT, *CONVNET_ALONE, ASKED)
    assert "has not learned from such clips" in (project.path / TABLE).read_text()
    assert planted.name not in (project.path / PLAN).read_text()
    assert "Nothing to be done" in project.make(TABLE, *MIT, *CONVNET_ALONE, ASKED).stdout
