"""What a changed file of a study, or a cell of its sheets, runs again: what it must, and only that."""

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.project import Project
from tests.workflow.plans import (
    ANNOTATED,
    AUDIT,
    CONVNET,
    COUNTS,
    DECODED,
    DECODING,
    SCORES,
    SHEETS,
    copy_run,
    correct,
    learned,
    read_jobs,
    remove_last_line,
    restored,
)

FULL = Path("data/full_database")
VIDEO = FULL / "sim02day.mpg"
ANNOTATION = FULL / "Annotator_group_1" / "sim02day.txt"
SHEET = {"write_sheet": 1, "check_study": 1}
CLIPS = {"balance_clips": 1, **COUNTS, **CONVNET}
ANIMALS = ("folds={by: animal, validation: 1}",)


@pytest.fixture
def lab(on_disk: Project, tmp_path: Path) -> Project:
    """A copy of the run on files, to change."""
    return copy_run(on_disk, tmp_path / "lab")


# 1. Sheets


def test_the_same_files_listed_in_sheets_are_the_same_study_with_its_animals(on_disk):
    """The title is another one: no sheet says that the videos are simulated."""
    plan = {**SHEET, **SCORES, **AUDIT, "plot_distribution": 1, "plot_training": 1}
    assert on_disk.plan(*SHEETS) == plan


def test_further_columns_reach_the_tables(in_sheets):
    for table in ("accuracy_by_video", "confusion_by_video", "bouts", "time_budget"):
        lines = (in_sheets.results / "evaluation" / f"{table}.tsv").read_text().splitlines()
        assert "animal" in lines[0].split("\t"), table
        assert {"M1", "M2", "M3"} <= {cell for line in lines for cell in line.split("\t")}, table


@pytest.mark.parametrize(
    ("sheet", "column", "value", "plan"),
    [
        ("clips", "behavior", "groom", SHEET | CLIPS),
        ("clips", "path", "spare/clip.mpg", SHEET | CLIPS | AUDIT | {"decode_clips": 1}),
        ("clips", "folder", "sim06night", SHEET | CLIPS | AUDIT | {"decode_clips": 2}),
        ("clips", "clip", "sim05dayD_he_one", SHEET | CLIPS),
        ("videos", "path", "spare/video.mpg", SHEET | DECODED | {"decode_video": 1}),
        ("videos", "annotator_1", "spare/annotation.txt", SHEET | ANNOTATED),
        (
            "videos",
            "annotator_2",
            "spare/annotation.txt",
            SHEET | COUNTS | SCORES | {"import_annotation": 1, "predict_human": 1},
        ),
        ("videos", "animal", "M2", SHEET | SCORES | AUDIT),
        (
            "videos",
            "video",
            "sim02dayB",
            SHEET | DECODED | learned(4) | {"write_sheet": 2, "decode_video": 1},
        ),
    ],
)
def test_a_cell_reruns_what_it_must_and_only_that(in_sheets, sheet, column, value, plan):
    path = in_sheets.path / "data" / f"{sheet}.tsv"
    row = ("video", "sim02day") if sheet == "videos" else ("clip", "sim05dayD_he_1")
    with restored(path):
        correct(path, row, column, value)
        assert in_sheets.plan(*SHEETS) == plan


def test_a_second_annotation_that_is_taken_away_leaves_the_tables(in_sheets):
    path = in_sheets.path / "data" / "videos.tsv"
    with restored(path):
        correct(path, ("video", "sim01day"), "annotator_2", "")
        assert in_sheets.plan(*SHEETS) == SHEET | COUNTS | SCORES


@pytest.mark.parametrize(
    ("run", "told", "more"),
    [("finished", (), {"state_ceiling": 1}), ("on_disk", (), {}), ("in_sheets", SHEETS, {})],
    ids=["simulated", "mit", "sheets"],
)
def test_a_correction_retrains_the_folds_that_learn_from_it_until_it_is_taken_away(
    request, run, told, more
):
    """As an annotation that another file replaces: nothing is decoded, nothing described again."""
    project = request.getfixturevalue(run)
    correction = project.path / "corrections" / "sim02day.csv"
    correction.parent.mkdir()
    try:
        correction.write_text("start_frame,stop_frame,behavior\n0,300,walk\n")
        jobs = read_jobs(project.run("--dry-run", *told).stdout)
    finally:
        shutil.rmtree(correction.parent)
    assert Counter(rule for rule, _ in jobs) == SHEET | ANNOTATED | more
    (imported,) = [fields for rule, fields in jobs if rule == "import_annotation"]
    assert imported["wildcards"] == "annotator=annotator_1, video=sim02day"
    assert imported["input"].startswith("corrections/sim02day.csv, ")
    trained = {f["wildcards"].rpartition("fold=")[2] for rule, f in jobs if rule == "train_model"}
    assert trained == {"sim01day", "sim03night", "sim04day"}
    assert project.plan(*told) == {}


@pytest.fixture(scope="module")
def by_animal(in_sheets: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What a run with a fold for each animal would have left; for tests that put back changes."""
    project = copy_run(in_sheets, tmp_path_factory.mktemp("by_animal") / "project")
    models = project.results / "models" / "lstm-3dcnn"
    for animal in ("M1", "M2", "M3"):
        shutil.copytree(models / "sim01day", models / animal)
    project.make("--touch", "--forceall", *SHEETS, *ANIMALS)
    assert project.plan(*SHEETS, *ANIMALS) == {}
    return project


@pytest.mark.parametrize(
    ("video", "animal", "models"),
    [
        ("sim04day", "M4", 1),  # The only video of M3: a fold has another name.
        ("sim02day", "M2", 3),  # It validated, trained or was held out with M1.
    ],
)
def test_another_animal_retrains_the_folds_that_it_touches(by_animal, video, animal, models):
    path = by_animal.path / "data" / "videos.tsv"
    with restored(path):
        correct(path, ("video", video), "animal", animal)
        plan = SHEET | AUDIT | {"write_sheet": 2} | learned(models)
        assert by_animal.plan(*SHEETS, *ANIMALS) == plan


# 2. Files in the MIT layout


def test_a_clip_that_is_renamed_has_another_label(on_disk):
    """Here the name is the path, the label and the place in the order."""
    clip = on_disk.path / "data/clipped_database/sim05day/sim05dayD_he_1.mpg"
    other = clip.with_name("sim05dayD_groom_9.mpg")
    with restored(clip, other):
        clip.rename(other)
        assert on_disk.plan() == SHEET | CLIPS | AUDIT | {"decode_clips": 1}


def test_a_second_annotation_is_scored(on_disk):
    second = on_disk.path / FULL / "Annotator_group_2" / "sim02day.txt"
    with restored(second):
        shutil.copy(on_disk.path / ANNOTATION, second)
        plan = SHEET | COUNTS | SCORES | {"import_annotation": 1, "predict_human": 1}
        assert on_disk.plan() == plan


def test_a_new_video_adds_its_own_files_and_a_fold(on_disk):
    new = [on_disk.path / path.with_stem("new") for path in (VIDEO, ANNOTATION)]
    with restored(*new):
        for path in new:
            shutil.copy(path.with_stem("sim02day"), path)
        plan = SHEET | DECODED | learned(5) | {"write_sheet": 2, "decode_video": 1}
        assert on_disk.plan() == plan


@pytest.mark.parametrize(
    ("path", "other", "plan"),
    [
        (VIDEO, FULL / "sim04day.mpg", DECODED | {"decode_video": 1, "check_study": 1}),
        (ANNOTATION, FULL / "Annotator_group_1" / "sim04day.txt", ANNOTATED),
        (
            Path("data/clipped_database/sim05day/sim05dayD_he_1.mpg"),
            Path("data/spare/video.mpg"),
            CLIPS | AUDIT | {"decode_clips": 1, "check_study": 1},
        ),
    ],
    ids=["video", "annotation", "clip"],
)
def test_a_file_that_is_replaced_by_an_older_one_is_seen(on_disk, path, other, plan):
    path = on_disk.path / path
    with restored(path):
        shutil.copy(on_disk.path / other, path)
        os.utime(path, (1e9, 1e9))
        assert on_disk.plan() == plan


def test_files_that_are_touched_rerun_nothing(on_disk):
    files = [path for path in (on_disk.path / "data").rglob("*") if path.is_file()]
    with restored(*files):
        for path in files:
            os.utime(path)
        assert on_disk.plan() == {}


def test_a_changed_annotation_decodes_nothing_when_the_frames_are_gone(on_disk, tmp_path):
    stores = [*on_disk.results.glob("frames/*.zarr")]
    for store in stores:
        store.rename(tmp_path / store.name)
    annotation = on_disk.path / ANNOTATION
    with restored(annotation):
        remove_last_line(annotation)
        plan = on_disk.plan()
    for store in stores:
        (tmp_path / store.name).rename(store)
    assert len(stores) == 4
    assert plan == ANNOTATED


def test_a_lost_feature_store_is_made_again_with_what_needs_it(on_disk, tmp_path):
    store = on_disk.results / "features" / "fc6" / "sim02day.zarr"
    store.rename(tmp_path / "kept")
    plan = on_disk.plan()
    (tmp_path / "kept").rename(store)
    assert plan == {"extract_fc6": 1, "predict_representation": 1, **learned(3)}


# 3. The check


def test_what_else_changed_behind_a_repeated_check_is_not_overlooked(on_disk):
    annotation = on_disk.path / ANNOTATION
    with restored(annotation):
        remove_last_line(annotation)
        plan = on_disk.plan("--config", "convnet={epochs: 3}")
    assert plan == ANNOTATED | CONVNET


def test_what_a_check_has_passed_is_not_overlooked_after_an_interruption(lab):
    remove_last_line(lab.path / ANNOTATION)
    lab.make("--until", "check_study")
    later = {rule: count for rule, count in ANNOTATED.items() if rule != "check_study"}
    assert lab.plan() == later


def read_results(project: Project) -> dict[str, bytes]:
    """Return all that a run is kept for: not logs, times, what decoding found and that it passed."""
    return {
        str(path.relative_to(project.results)): path.read_bytes()
        for path in project.results.rglob("*")
        if path.is_file()
        and not {"logs", "benchmarks"} & set(path.relative_to(project.results).parts)
        and not (path.parent.name in ("frames", "clips") and path.suffix == ".json")
        and path.name not in ("verdict.txt", "verdicts.tsv", "index.html")
    }


REFUSED = {
    VIDEO: "sim02day.mpg: cannot be used",
    ANNOTATION: "sim02day.txt, line 1: ",
}


@pytest.mark.parametrize("path", REFUSED, ids=["video", "annotation"])
def test_a_file_that_is_cut_off_is_refused_and_takes_no_result_away(lab, tmp_path, path):
    before = read_results(lab)
    kinds = {name.partition("/")[0] for name in before}
    assert {"frames", "clips", "features", "models", "predictions", "evaluation", "check"} <= kinds
    good = lab.path / path
    shutil.copy2(good, tmp_path / "good")
    content = good.read_bytes()
    good.write_bytes(content[: len(content) * 2 // 3] if good.suffix == ".mpg" else b"fram")
    # As an interrupted job leaves it.
    (lab.path / ".snakemake" / "backups" / "results" / "frames" / "sim02day.zarr").mkdir(
        parents=True
    )
    ran = lab.make(check=False)
    assert ran.returncode and "Traceback" not in ran.stdout
    assert REFUSED[path] in ran.stdout
    problems = ran.stdout.partition("the study has 1 problem")[2]
    assert problems.splitlines()[2].startswith("Mend what is named and run the same command again")
    stands = (
        "[decode-video] warning: results/frames/sim02day.zarr: what was decoded before stands\n"
    )
    # When its job ends, and among all warnings.
    assert ran.stdout.count(stands) == (2 if path == VIDEO else 0)
    assert read_results(lab) == before
    # The good file comes back, with its own date.
    shutil.copy2(tmp_path / "good", good)
    lab.make("--until", "check_study")
    assert not {*DECODING, "check_study"} & set(lab.plan())
    if good.suffix == ".txt":
        assert lab.plan() == {}


@pytest.mark.parametrize("problem", ["damaged", "missing", "new"])
def test_a_check_that_failed_fails_again_until_what_it_names_is_mended(lab, problem):
    path = lab.path / (VIDEO if problem == "damaged" else ANNOTATION)
    new = [lab.path / file.with_stem("new") for file in (VIDEO, ANNOTATION)]
    with restored(path, *new):
        if problem == "damaged":
            path.write_bytes(path.read_bytes()[:-50_000])
        elif problem == "missing":
            path.unlink()
        else:
            shutil.copy(lab.path / VIDEO, new[0])
            new[1].write_text("frame: 1-9 sleepwalk\n")
        # All that need not wait for the check is done at the first try, however the jobs came.
        shown = lab.make("--keep-going", check=False).stdout
        after = read_results(lab)
        named = re.findall(r"^  - .*", shown, re.MULTILINE)
        # The new video is a copy, which is named too.
        assert len(named) == (2 if problem == "new" else 1)
        ran = lab.make(check=False)
        assert ran.returncode
        assert re.findall(r"^  - .*", ran.stdout, re.MULTILINE) == named
        assert read_results(lab) == after
    lab.make("--until", "check_study")
    assert not {*DECODING, "check_study"} & set(lab.plan())


def test_the_last_line_of_the_checks_log_says_what_to_do(lab):
    video = lab.path / VIDEO
    video.write_bytes(video.read_bytes()[:-50_000])
    lab.make("--until", "check_study", check=False)
    log = (lab.results / "logs" / "check_study.log").read_text().splitlines()
    assert log[-1].startswith("Mend what is named and run the same command again")
