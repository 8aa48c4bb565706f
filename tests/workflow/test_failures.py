"""A bad data set ends in one message that names every problem, before anything is learned."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.project import ROOT, TINY, Project, copy_project
from tests.workflow.plans import MIT, SHEETS, restored


def run(project: Project) -> str:
    ran = project.make(*MIT, check=False)
    assert ran.returncode
    assert "Traceback" not in ran.stdout
    assert "completed successfully" not in ran.stdout
    learned = ("check", "annotations", "features", "models", "predictions", "evaluation")
    for untouched in (*(f"{room}/*" for room in learned), "convnet/model*"):
        made = {path.name for path in project.results.glob(untouched)}
        assert made <= {"verdicts.tsv", "index.html"}, untouched
    return ran.stdout


def test_all_problems_are_named_at_once(simulated, tmp_path):
    project = copy_project(tmp_path, TINY | {"folds": {"validation": 1}})
    shutil.copytree(simulated.results / "dataset", project.path / "data")
    full = Path("data/full_database")
    first = full / "Annotator_group_1"
    one, two, three, four = sorted(path.stem for path in (project.path / full).glob("*.mpg"))
    there = project.path / first
    (there / f"{one}.txt").rename(there / "stray.txt")
    text = (there / f"{two}.txt").read_text().splitlines()
    stop = int(text[-1].split()[1].split("-")[1])
    text[0] = text[0].rsplit(" ", 1)[0] + " sleepwalk"
    (there / f"{two}.txt").write_text("\n".join([*text, f"frame: {stop + 1}-{stop + 400} rest"]))
    lines = (there / f"{three}.txt").read_text().splitlines()
    (there / f"{three}.txt").write_text("\n".join([*lines[1:], lines[0]]))
    video = project.path / full / f"{four}.mpg"
    content = video.read_bytes()
    keep_seven_frames(video, video.with_stem("seven"))
    (there / "seven.txt").write_text("frame: 1-7 rest\n")
    video.write_bytes(content[: len(content) * 2 // 3])
    clips = sorted((project.path / "data").glob("clipped_database/*/*.mpg"))
    shutil.rmtree(clips[-1].parent)
    juggled = clips[0].rename(clips[0].with_name("sim05day_juggle_1.mpg"))
    shown = run(project)
    assert shown.count("homecage check-study: error: the study has") == 1
    for problem in (
        f"{full / one}.mpg: no annotation by annotator_1, whose labels train and score",
        f"{first}/stray.txt: the annotation of no video",
        f"{two}.txt, line 1: unknown behavior 'sleepwalk'",
        f"{two}.txt, line {len(text) + 1}: ",
        f"{full / four}.mpg: cannot be used",
        f"{full}/seven.mpg: 7 frames; expected 8 or more",
        f"{juggled.relative_to(project.path)}: unknown behavior 'juggle'",
        "Mend what is named and run the same command again",
    ):
        assert problem in shown, problem
    *_, mend, last = shown.splitlines()
    assert mend.startswith("Mend what is named") and last.startswith(
        "Not finished: what went wrong"
    )
    (counted,) = re.findall(r"the study has (\d+) problems", shown)
    assert int(counted) == shown.count("\n  - ") == 7
    verdicts = (project.results / "check" / "verdicts.tsv").read_text()
    assert "bouts are not in the order of time" in verdicts and verdicts.count("\nerror\t") == 6


def keep_seven_frames(video: Path, copy: Path) -> None:
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    subprocess.run([*ffmpeg, "-i", video, "-frames:v", "7", "-c:v", "mpeg2video", copy], check=True)


def test_an_empty_folder_is_refused(tmp_path):
    project = copy_project(tmp_path)
    (project.path / "data").mkdir()
    assert "full_database" in run(project)
    (project.path / "data" / "full_database").mkdir()
    assert "no videos" in run(project)


@pytest.mark.parametrize(
    ("slip", "message"),
    [
        ("frame: 1-2 fly\n", "line 1: unknown behavior 'fly'"),
        ("frame: 9000-9001 walk\n", "reaches beyond the video"),
    ],
)
def test_a_slip_in_a_correction_takes_no_result_away(on_disk, slip, message):
    annotation = min(on_disk.path.glob("data/full_database/Annotator_group_1/*.txt"))
    before = stamps(on_disk.results)
    with restored(annotation):
        annotation.write_text(slip if "fly" in slip else annotation.read_text() + slip)
        ran = on_disk.make(*MIT, check=False)
    assert ran.returncode and message in ran.stdout
    assert "earlier results stand as they are" in ran.stdout
    assert stamps(on_disk.results) == before
    assert on_disk.plan(*MIT) == {}


def test_a_slip_in_the_label_of_a_clip_takes_no_result_away(in_sheets):
    sheet = in_sheets.path / "data" / "clips.tsv"
    before = stamps(in_sheets.results)
    with restored(sheet):
        sheet.write_text(sheet.read_text().replace("\tgroom\t", "\tjuggle\t", 1))
        ran = in_sheets.make(*SHEETS, check=False)
    assert ran.returncode and "unknown behavior 'juggle'" in ran.stdout
    assert stamps(in_sheets.results) == before
    assert in_sheets.plan(*SHEETS) == {}


def stamps(results: Path) -> dict[Path, int]:
    """Tell when each file of results was written."""
    return {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()}


def test_another_data_set_in_the_same_folder_waits_for_its_own_check(edited, tmp_path):
    shutil.copytree(edited.results / "dataset", tmp_path / "other")
    shown = edited.run(
        "--dry-run", "--config", f"dataset={{layout: mit, root: {tmp_path / 'other'}}}"
    ).stdout
    train = shown.split("rule train_convnet:")[1].partition("output:")[0]
    assert "<TBD>" in train  # As Snakemake shows that a job waits for a checkpoint.
    assert "checkpoint check_study:" in shown.partition("rule train_convnet:")[0]


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


def test_no_name_leaves_the_folder_of_results(tmp_path, simulated):
    """A video's or a clip folder's name becomes a path in results."""
    project = copy_project(tmp_path / "project", TINY | {"folds": {"validation": 1}})
    data = tmp_path / "data"
    data.mkdir()
    wrong = ["../../outside", "/outside", "..", "a/b"]
    safe = ["_._.._outside", "_outside", "_.", "a_b"]
    full = simulated.results / "dataset" / "full_database"
    videos = sorted(full.glob("*.mpg"))
    rows = [f"{name}\t{video}\n" for name, video in zip(wrong, videos, strict=True)]
    (data / "videos.tsv").write_text("video\tpath\n" + "".join(rows))
    clips = sorted(simulated.results.glob("dataset/clipped_database/*/*.mpg"))
    rows = [f"{clip}\tgroom\t{name}\n" for name, clip in zip(wrong, clips, strict=False)]
    (data / "clips.tsv").write_text("path\tbehavior\tfolder\n" + "".join(rows))
    use = ("--config", f"dataset={{layout: sheets, root: {data}}}")
    shown = project.run("--dry-run", *use).stdout
    outputs = re.findall(r"\n    output: (.*)", shown)
    paths = [path.removesuffix(" (update)") for line in outputs for path in line.split(", ")]
    assert all(path.startswith("results/") and ".." not in Path(path).parts for path in paths)
    assert {Path(path).stem for path in paths if path.startswith("results/frames/")} == set(safe)
    assert {Path(path).stem for path in paths if path.startswith("results/clips/")} == set(safe)


def test_verbs_of_each_kind_survive_faults(simulated):
    """Some faults and one verb for each kind of file; ``make fault-test`` injects all into all."""
    verbs = (
        "decode-video",
        "import-annotation",
        "train-model",
        "evaluate-predictions",
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


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A project whose study is a sheet of files that nobody opens while planning."""
    own = {
        "dataset": {"layout": "sheets", "root": "a {lab}"},
        "convnet": {"trained_on": "fold"},
        "ignored_labels": ["{x}"],
        "methods": {"3dcnn": {"title": "the {3dcnn}"}},
    }
    project = copy_project(tmp_path_factory.mktemp("planned") / "project", TINY | own)
    data = project.path / "a {lab}"
    data.mkdir()
    for number in range(4):
        (project.path.parent / f"{number}.mp4").touch()
    return project


def list_videos(lab: Project, *names: str) -> None:
    """Write a sheet of videos that bear these names."""
    rows = [f"{name}\t{lab.path.parent}/{k}.mp4\tm{{{k}}}\n" for k, name in enumerate(names)]
    (lab.path / "a {lab}" / "videos.tsv").write_text("video\tpath\tanimal\n" + "".join(rows))


def plan(lab: Project, *names: str) -> str:
    """Plan a study of videos that bear these names; return what is shown."""
    list_videos(lab, *names)
    ran = lab.run("--dry-run", "--quiet", "all", check=False)
    assert "Traceback" not in ran.stdout and "Error" not in ran.stdout
    assert not list(lab.results.glob("[!.R]*"))
    return ran.stdout


def test_braces_and_names_that_repeat_are_no_wildcards(lab):
    """In the study's title, a behavior's label, a method's title, an animal and a video's name."""
    assert "This was a dry-run" in plan(lab, "a" * 20, "{b}", "ab" * 30, "d")


def test_a_value_given_twice_is_refused(lab):
    ran = lab.run("--dry-run", "--config", "seed=1", "seed=2", check=False)
    *_, named, last = ran.stdout.splitlines()
    assert ran.returncode == 1
    assert named == "--config seed=2: seed is given by --config seed=1 too; remove one"
    assert last == "Not begun: once it is mended, the same command goes on."


def test_a_folder_without_a_configuration_is_no_study(lab):
    config = lab.path / "config.yaml"
    with restored(config):
        config.unlink()
        ran = lab.run("--dry-run", check=False)
    assert ran.returncode == 1
    assert f"{lab.path}: found no config.yaml; expected the folder of a study" in ran.stdout


def test_that_the_last_check_failed_is_told_until_one_passes(lab):
    list_videos(lab, *"abcd")
    check = lab.results / "check"
    check.mkdir(parents=True)
    (check / "verdicts.tsv").write_text("verdict\tkind\nerror\tvideo\nerror\tclip\nok\tclip\n")
    ran = lab.run("--dry-run", "--quiet", "progress")
    shutil.rmtree(check)
    told = "The last check of this study found 2 errors (results/check/verdicts.tsv). Until a check passes"
    assert told in ran.stdout


def test_too_few_videos_are_refused_before_any_is_decoded(lab):
    assert "folds: found 3 videos; 3 folds that hold out one or more" in plan(lab, *"abc")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("seed: 0", "seed: 0\nseed: 1", "config.yaml, line 2: the key 'seed' stands in line 1 too"),
        ("seed: 0", "seed: 0: 1", "config.yaml, line 1: mapping values are not allowed here"),
        ("seed: 0", "__use_yte__: true\nseed: 0", "config.yaml, line 1: found __use_yte__, a temp"),
        ("seed: 0", "seed: !!python/name:os.system", "config.yaml, line 1: could not determine"),
        ("  dpi: 60", "  dpi: 1000000", "report.dpi: found 1000000; Input should be less"),
    ],
)
def test_a_slip_in_the_configuration_is_named_where_it_stands_as_the_last_words(
    lab, before, after, said
):
    config = lab.path / "config.yaml"
    with restored(config):
        text = config.read_text()
        assert text.count(f"{before}\n") >= 1
        config.write_text(text.replace(f"{before}\n", f"{after}\n", 1))
        shown = plan(lab, *"abcd")
    named, last = shown.partition("line arguments.\n")[2].rstrip().rsplit("\n", 1)
    assert said in named and last == "Not begun: once it is mended, the same command goes on."
    assert "File " not in shown and "This was a dry-run" not in shown
