"""A bad data set ends in one message that names every problem, before anything is trained."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.project import ROOT, Project, copy_project


@pytest.fixture
def broken(simulated: Project, tmp_path: Path) -> tuple[Project, Path]:
    """A fresh project, and a copy of the simulated data set to break."""
    shutil.copytree(simulated.results / "dataset", tmp_path / "data")
    return copy_project(tmp_path / "project"), tmp_path / "data"


def run(project: Project, data: Path) -> str:
    ran = project.make("--config", f"dataset={{layout: mit, root: {data}}}", check=False)
    assert ran.returncode
    assert "Traceback" not in ran.stdout
    assert "completed successfully" not in ran.stdout
    for untouched in ("frames", "clips", "convnet", "features", "sequence", "evaluation"):
        assert not list(project.results.glob(f"{untouched}/*")), untouched
    return ran.stdout


def test_all_problems_are_named_at_once(broken):
    project, data = broken
    full = data / "full_database"
    first = full / "Annotator_group_1"
    one, two, three, four = sorted(path.stem for path in full.glob("*.mpg"))
    (first / f"{one}.txt").rename(first / "stray.txt")
    text = (first / f"{two}.txt").read_text().splitlines()
    last = text[-1].split()
    stop = int(last[1].split("-")[1])
    text[0] = text[0].rsplit(" ", 1)[0] + " sleepwalk"
    (first / f"{two}.txt").write_text("\n".join([*text, f"frame: {stop + 1}-{stop + 400} rest"]))
    lines = (first / f"{three}.txt").read_text().splitlines()
    (first / f"{three}.txt").write_text("\n".join([*lines[1:], lines[0]]))
    video = full / f"{four}.mpg"
    content = video.read_bytes()
    video.write_bytes(content[: len(content) * 2 // 3])
    folder = sorted((data / "clipped_database").iterdir())[0]
    clip = sorted(folder.glob("*.mpg"))[0]
    clip.rename(clip.with_name(f"{clip.stem.split('_')[0]}_juggle_1.mpg"))
    shown = run(project, data)
    assert shown.count("homecage check-dataset: error: the data set has") == 1
    for problem in (
        f"{one}.mpg: no annotation by annotator_1, whose labels train and score; expected {first}/{one}",
        "stray.txt: the annotation of no video",
        f"{two}.txt, line 1: unknown behavior 'sleepwalk'",
        f"{two}.txt, line {len(text) + 1}",
        f"{three}.txt, line {len(lines)}",
        f"{four}.mpg",
        "juggle",
    ):
        assert problem in shown, problem


def test_a_video_of_seven_frames_is_refused(broken):
    project, data = broken
    full = data / "full_database"
    video = sorted(full.glob("*.mpg"))[0]
    short = video.with_name("short.mpg")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", video]
    subprocess.run([*ffmpeg, "-frames:v", "7", "-c:v", "mpeg1video", short], check=True)
    short.replace(video)
    # Nothing is wrong with the annotations: they are of seven frames, too.
    for text in full.glob(f"Annotator_group_*/{video.stem}.txt"):
        text.write_text("frame: 1-7 rest\n")
    shown = run(project, data)
    assert f"{video}: 7 frames; expected 8 or more" in shown
    assert "the study has 1 problem;" in shown


def test_an_empty_folder_is_refused(tmp_path):
    project = copy_project(tmp_path / "project")
    data = tmp_path / "data"
    data.mkdir()
    assert "full_database" in run(project, data)
    (data / "full_database").mkdir()
    assert "no videos" in run(project, data)


def test_a_failed_check_leaves_earlier_results_untouched(edited):
    root = edited.results / "dataset"
    annotation = sorted((root / "full_database" / "Annotator_group_1").glob("*.txt"))[0]
    before = {path: path.read_bytes() for path in edited.results.glob("sequence/*/*")}
    text = annotation.read_bytes()
    annotation.write_text("frame: 1-2 fly\n")
    ran = edited.make(check=False)
    assert ran.returncode and "unknown behavior 'fly'" in ran.stdout
    assert {path: path.read_bytes() for path in edited.results.glob("sequence/*/*")} == before
    annotation.write_bytes(text + b"frame: 9000-9001 walk\n")
    ran = edited.make(check=False)
    assert ran.returncode and "reaches beyond the video" in ran.stdout
    # Mended, it is what it was: nothing is to be done.
    annotation.write_bytes(text)
    assert edited.plan() == {}
    assert {path: path.read_bytes() for path in edited.results.glob("sequence/*/*")} == before


def test_another_data_set_in_the_same_folder_waits_for_its_own_check(edited, tmp_path):
    shutil.copytree(edited.results / "dataset", tmp_path / "other")
    shown = edited.run(
        "--dry-run", "--config", f"dataset={{layout: mit, root: {tmp_path / 'other'}}}"
    ).stdout
    train = shown.split("rule train_convnet:")[1].partition("output:")[0]
    assert "results/ingest/videos.tsv" in train or "<TBD>" in train


@pytest.mark.parametrize(
    "tag", ["object/apply:os.system", "object/new:os.system", "name:os.system"]
)
def test_a_configuration_constructs_no_object(tmp_path, tag):
    project = copy_project(tmp_path)
    stranger = tmp_path / "stranger.yaml"
    stranger.write_text(f"seed: !!python/{tag} ['touch {tmp_path}/ran']\n")
    for option in ("--configfile", "--config"):
        given = stranger if option == "--configfile" else stranger.read_text().replace(": ", "=", 1)
        ran = project.run("--dry-run", option, str(given), check=False)
        assert ran.returncode
        assert not (tmp_path / "ran").exists()


def test_names_that_leave_the_folder_are_refused(tmp_path, simulated):
    """A video's or a clip folder's name becomes a path in results."""
    project = copy_project(tmp_path / "project")
    data = tmp_path / "data"
    data.mkdir()
    full = simulated.results / "dataset" / "full_database"
    clips = sorted(simulated.results.glob("dataset/clipped_database/*/*.mpg"))
    for wrong in ("../../outside", "/outside", "..", "a/b"):
        for videos, folders in (([wrong], ["clips"]), (["sim"], [wrong])):
            rows = [f"{name}\t{full / 'sim01day.mpg'}" for name in videos]
            (data / "videos.tsv").write_text("\n".join(["video\tpath", *rows]))
            rows = [f"{clips[0]}\tgroom\t{folder}" for folder in folders]
            (data / "clips.tsv").write_text("\n".join(["path\tbehavior\tfolder", *rows]))
            ran = project.run(
                "--dry-run", "--config", f"dataset={{layout: sheets, root: {data}}}", check=False
            )
            assert ran.returncode and "Traceback" not in ran.stdout
            assert f"the name {wrong!r} cannot name results" in ran.stdout


def test_verbs_of_each_kind_survive_faults(simulated):
    """Some faults and one verb for each kind of file; ``make fault-test`` injects all into all."""
    verbs = (
        "decode-video",
        "import-annotation",
        "train-fold",
        "evaluate-predictions",
        "plot-recall",
    )
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--quick", "--project", simulated.path, *verbs],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-5000:]
    injected, survived, identical = map(int, re.findall(r": (\d+)", ran.stdout.splitlines()[-1]))
    assert injected == survived == identical > 60
