"""The check names every problem of a study at once, or writes what the study holds."""

import dataclasses
import json
import logging
import os
from pathlib import Path

import numpy as np
import pytest

from homecage.annotations.options import AnnotationOptions
from homecage.check.annotations import Annotated, find_annotation_problems
from homecage.check.aside import Aside, add_aside, read_aside
from homecage.check.check import check_study
from homecage.check.demand import Demand
from homecage.check.gate import count_refused
from homecage.clips.options import ClipGeometry
from homecage.errors import SetAsideError, StudyError
from homecage.frames.rates import resample
from homecage.frames.raw import RawFile, write_report
from homecage.storage.frame_tables import write_times
from homecage.storage.hashing import hash_file
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import HOME_CAGE, Vocabulary
from homecage.study.choice import Choice
from homecage.study.folds import plan_folds, tabulate_folds
from homecage.study.options import FoldOptions
from homecage.study.study import Clip, ClipFolder, Study, Video

VOCABULARY = Vocabulary(behaviors=HOME_CAGE, ignored_labels=("out of sight",))


class Lab:
    """A study whose files are not there, but for its annotations, and reports of decoding them."""

    def __init__(self, root):
        self.root = root
        self.root.mkdir()
        self.reports = {}
        self.videos = {}
        self.clips = {}
        self.strays = []
        for name in ("a", "b", "c"):
            self.add_video(name)
        self.add_clip("day", "x_w_1", 30)
        self.add_clip("day", "x_g_2", 5)

    def add_video(
        self, name, n_frames=100, *, damage=(), text="frame: 1-90 walk\n", found=None, **columns
    ):
        path = self._found(f"{name}.mpg", n_frames, damage, **(found or {}))
        self.videos[name] = Video(name, path, {}, columns)
        if text is not None:
            self.annotate(name, text)

    def add_clip(self, folder, name, n_frames, *, damage=(), label=None, found=None):
        path = self._found(f"{folder}/{name}.mpg", n_frames, damage, **(found or {}))
        clip = Clip(name, path, name.split("_")[1] if label is None else label)
        self.clips.setdefault(folder, {})[name] = clip

    def annotate(self, name, text, annotator=1):
        path = self.root / f"{name}{annotator}.txt"
        path.write_text(text)
        self.videos[name].annotations[f"annotator_{annotator}"] = path
        return path

    def _found(self, name, n_frames, damage, **more):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"v")
        found = {
            "path": str(path),
            "size": 1,
            "mtime_ns": path.stat().st_mtime_ns,
            "sha256": f"of {name}",
            "n_frames": n_frames,
            "width_px": 4,
            "height_px": 3,
            "rate_fps": 25.0 if n_frames > 1 else None,
            "steady_fps": 25.0 if n_frames > 1 else None,
            "damage": damage,
        }
        self.reports[path] = RawFile(**found | more)
        return path

    def check(
        self,
        *,
        clip_length=8,
        clips_needed="yes",
        on_decode_error="refuse",
        aside=None,
        state="{}",
        demand=None,
        **annotations,
    ):
        study = Study(
            title="lab",
            videos=tuple(self.videos.values()),
            clip_folders=tuple(
                ClipFolder(name, tuple(clips.values()), ()) for name, clips in self.clips.items()
            ),
            columns=tuple({column: None for v in self.videos.values() for column in v.columns}),
        )
        videos, clips, output = (self.root / f"{t}.tsv" for t in ("videos", "clips", "checked"))
        videos.write_text(study.tabulate_videos())
        clips.write_text(study.tabulate_clips(VOCABULARY))
        folds = self.root / "folds.tsv"
        folds.write_text(
            tabulate_folds(plan_folds(study.videos, FoldOptions(validation=1), seed=0))
        )
        reports = []
        for i, report in enumerate(self.reports.values()):
            reports.append(self.root / f"{i}.json")
            write_report(reports[-1], [report])
        times = []
        for video in self.videos.values():
            times.append(self.root / f"{video.key}.parquet")
            found = self.reports[video.path]
            time_s = np.arange(found.n_frames) / (found.steady_fps or 25)
            at_another = resample(time_s, found.shown_fps)[1] if found.shown_fps else None
            write_times(times[-1], time_s, at_another)
        check_study(
            videos=videos,
            clips=clips,
            folds=folds,
            reports=reports,
            times=times,
            vocabulary=VOCABULARY,
            annotations=AnnotationOptions(**annotations),
            geometry=ClipGeometry(length=clip_length),
            clips_needed=clips_needed,
            on_decode_error=on_decode_error,
            stray=self.strays,
            output=output,
            corrections=json.dumps(study.corrections),
            aside=aside,
            state=state,
            **({"demand": demand} if demand else {}),
        )
        return read_tsv(output, text=True).set_index("name")

    def problems(self, **options):
        with pytest.raises(StudyError) as error:
            self.check(**options)
        assert not (self.root / "checked.tsv").exists()
        first, *problems, last = str(error.value).splitlines()
        assert f"{len(problems)} problem" in first
        assert "run the same command again; earlier results stand" in last
        return problems


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path / "lab")


def test_a_sound_study_is_described(lab):
    lab.add_video("d 1", animal="007")
    lab.annotate("b", "frame: 11-20 rest\nframe: 21-25 out of sight\nframe: 31-40 w\n", annotator=2)
    table = lab.check()
    assert list(table.index) == ["a", "b", "c", "d 1", "day"]
    assert table.columns.tolist() == [
        *("kind", "video", "n_frames", "seconds", "n_frames_annotator_1", "n_frames_annotator_2"),
        *("n_clips", "n_short_clips", "format_annotator_1", "format_annotator_2"),
        *("warnings_annotator_1", "warnings_annotator_2"),
        *("n_frames_stated", "held_against", "warnings", "animal"),
    ]
    assert table.loc["b"].tolist() == [
        *("video", "b", "100", "4.0", "90", "20", "n/a", "n/a"),
        *("MIT text", "MIT text", "", "", "n/a", "nothing", "", ""),
    ]
    assert table.loc["d 1"].tolist() == [
        *("video", "d_1", "100", "4.0", "90", "n/a", "n/a", "n/a"),
        *("MIT text", "n/a", "", "n/a", "n/a", "nothing", "", "007"),
    ]
    assert table.loc["day"].tolist() == [
        *("clip_folder", "", "35", "1.4", "n/a", "n/a", "2", "1", *6 * ["n/a"], "", "")
    ]


def test_a_file_that_was_replaced_since_it_was_decoded_is_told_by_its_content(lab):
    path = lab.root / "a.mpg"
    assert path.exists()
    os.utime(path, ns=(7, 7))
    (problem,) = lab.problems()
    assert f"{path}: is another file than the one that was decoded; delete " in problem
    found = lab.reports[path]
    lab.reports[path] = dataclasses.replace(found, sha256=hash_file(path))
    lab.check()  # It was only touched.


def test_all_problems_are_named_at_once(lab):
    lab.add_video("a", text=None)
    lab.annotate("b", "frame: 1-20 rest\nframe: 15-30 fly\nframe: 20-120 rest\n", annotator=2)
    lab.annotate("c", "")
    # How long the damaged video was, nobody knows: nothing is said of its annotation.
    lab.add_video("d", n_frames=7, damage=["[error] ac-tex damaged at 4 9"])
    lab.add_video("e", n_frames=7, text="frame: 1-7 rest\n")
    lab.add_clip("day", "x_groo_3", 30)
    lab.add_clip("night", "clip_", 30, damage=["no frame could be decoded", "and more"])
    lab.strays.append(lab.root / "z.txt")
    problems = lab.problems()
    for problem, expected in zip(
        problems,
        (
            "z.txt: the annotation of no video",
            "a.mpg: no annotation by annotator_1",
            "b2.txt, line 2: unknown behavior 'fly'",
            "b2.txt, line 3: the bout 20-120 rest overlaps the bout 1-20 rest of line 1",
            "b2.txt, line 3: the bout 20-120 rest reaches beyond the video, which has 100 frames",
            "c1.txt: the file has no bouts",
            "d.mpg: cannot be used (7 frames could be decoded): damaged or cut off, as its decoding "
            "reports: [error] ac-tex damaged",
            "e.mpg: 7 frames; expected 8 or more",
            "x_groo_3.mpg: unknown behavior 'groo'",
            "could be decoded): no frame could be decoded; and more",
            "clip_.mpg: unknown behavior ''",
        ),
        strict=True,
    ):
        assert expected in problem
    assert "the nearest label is 'groom'" in problems[8]


def test_a_video_of_seven_frames_is_refused_for_its_frames_alone(lab):
    lab.add_video("d", n_frames=7, text="frame: 1-7 rest\n")
    (problem,) = lab.problems()
    assert "d.mpg: 7 frames; expected 8 or more" in problem


def test_a_video_of_just_one_clip_is_long_enough(lab):
    lab.add_video("d", n_frames=8, text="frame: 1-8 rest\n")
    assert lab.check().loc["d", "n_frames"] == "8"


def test_an_annotation_longer_than_its_video(lab):
    lab.annotate("a", "frame: 1-90 walk\nframe: 91-101 rest\n")
    (problem,) = lab.problems()
    assert "a1.txt, line 2: the bout 91-101 rest reaches beyond the video, which has 100" in problem


def test_what_to_know_of_an_annotation_is_warned_of_and_recorded(lab, caplog):
    path = lab.annotate("a", "frame: 50-59 walk\nframe: 1-9 rest\nframe: 60-101 walk\n")
    with caplog.at_level(logging.WARNING):
        table = lab.check(tolerance_frames=1, clips_needed="no")
    disorder, length = table.loc["a", "warnings_annotator_1"].rsplit("; ", 1)
    assert disorder.startswith(
        "bouts are not in the order of time, in 1 place: 1-9 of line 2 comes"
    )
    assert length == "labels reach 1 frame beyond the video's 100 and are cut off"
    assert caplog.messages == [f"{path}, of a: {disorder}", f"{path}, of a: {length}"]
    assert table.loc["a", "n_frames_annotator_1"] == "60"


def test_a_table_for_several_annotators_needs_one_named_in_the_sheet(lab):
    text = "start_s,stop_s,behavior,annotator\n0,2,walk,A\n1,3,rest,B\n"
    lab.add_video("d", text=text, annotator_1_name="B")
    table = lab.check()
    assert table.loc["d", "n_frames_annotator_1"] == "50"
    assert table.loc["d", "format_annotator_1"] == "table of intervals"
    (lab.root / "checked.tsv").unlink()
    lab.add_video("d", text=text, annotator_1_name="")
    (problem,) = lab.problems()
    assert (
        "d1.txt: for the video 'd': holds annotations of 2 annotators: 'A' (1 bout), 'B' (1 bout); name one"
        in problem
    )


def test_time_without_a_bout_counts_where_it_is_a_behavior(lab):
    assert lab.check(without_bout="rest").loc["a", "n_frames_annotator_1"] == "100"


def test_one_slip_does_not_fill_the_message(lab):
    lines = "".join(f"frame: {k}-{k} walk\n" for k in range(2, 60))
    lab.annotate("a", "frame: 1-99 rest\n" + lines)
    problems = lab.problems()
    assert len(problems) == 6 and "and 53 more lines with problems" in problems[-1]


def test_damage_is_passed_by_on_request(lab):
    lab.add_video("d", n_frames=50, damage=["[error]"], text="frame: 1-50 rest\n")
    lab.add_clip("day", "x_w_3", 20, damage=["[error]"])
    assert lab.check(on_decode_error="warn").loc["d", "n_frames"] == "50"
    lab.annotate("d", "frame: 1-51 rest\n")  # It is used as long as it is.
    (lab.root / "checked.tsv").unlink()
    (problem,) = lab.problems(on_decode_error="warn")
    assert "d1.txt, line 1: the bout 1-51 rest reaches beyond" in problem


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        ([], "no clips; the convnet learns from short videos"),
        ([("x_w_1", 7, None)], "no clip of a behavior has 8 frames"),
        ([("x_w_1", 30, "out of sight")], "no clip of a behavior has 8 frames"),
        ([("x_w_1", 7, None), ("x_w_2", 30, "out of sight")], "no clip of a behavior has 8 frames"),
    ],
)
def test_no_clip_to_train_on(lab, clips, expected):
    lab.clips.clear()
    for name, n_frames, label in clips:
        lab.add_clip("day", name, n_frames, label=label)
    (problem,) = lab.problems()
    assert expected in problem and "convnet.trained_on: fold" in problem
    assert list(lab.check(clips_needed="no").index[:3]) == ["a", "b", "c"]


def test_the_length_of_a_clip_is_the_experiments(lab):
    assert lab.check(clip_length=24).loc["day", "n_short_clips"] == "1"
    (lab.root / "checked.tsv").unlink()
    (problem,) = lab.problems(clip_length=32)
    assert "no clip of a behavior has 32 frames" in problem


@pytest.mark.parametrize("text", ["frame: 1-3 walk\n", "frame: 1-90 out of sight\n"])
def test_labels_that_no_clip_uses_are_refused_before_anything_is_learned(lab, text):
    for name in lab.videos:
        lab.annotate(name, text)
    (problem,) = lab.problems()
    assert "no video has a labeled clip: clips take their labels from frames 3, 5, ..." in problem


def test_a_fold_that_has_nothing_to_learn_from_is_refused(lab):
    lab.annotate("a", "frame: 1-3 walk\n")
    training, validation = lab.problems()
    assert "no training video has a labeled clip (a); label more of them, or divide" in training
    assert "no validation video has a labeled clip (a)" in validation


def test_a_behavior_that_no_clip_shows_is_announced(lab, caplog):
    """Of groom there is a clip, but it has five frames."""
    lab.annotate("a", "frame: 1-10 rear\nframe: 21-25 groom\nframe: 31-50 walk\n")
    lab.annotate("b", "frame: 1-2 rear\nframe: 3-50 walk\n")
    lab.check()
    assert [record.message.partition(":")[0] for record in caplog.records] == ["groom", "rear"]
    assert (
        "rear: is annotated in 12 frames, and no clip that is long enough shows it" in caplog.text
    )
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    caplog.clear()
    lab.check(clips_needed="no")
    assert not caplog.records


def test_a_file_that_was_not_decoded(lab):
    del lab.reports[lab.root / "day" / "x_g_2.mpg"]
    (problem,) = lab.problems()
    assert "x_g_2.mpg: was not decoded" in problem


def read_verdicts(lab):
    return read_tsv(lab.root / "verdicts.tsv", text=True).set_index("path")


def test_a_correction_is_named_with_what_it_takes_the_place_of(lab):
    lab.add_video("d", observation="first", text=None)
    for name, other in (("b", lab.videos["b"].annotations["annotator_1"]), ("d", Path())):
        path = lab.annotate(name, "observation,start,stop,behavior\nx,0,90,walk\n")
        lab.videos[name] = dataclasses.replace(
            lab.videos[name], corrects=Path("was.txt") if other.name else other
        )
        assert lab.videos[name].annotations["annotator_1"] == path
    lab.check()
    verdicts = read_verdicts(lab)
    said = {name: verdicts.loc[str(lab.videos[name].annotations["annotator_1"])] for name in "bd"}
    assert said["b"]["what"].endswith("a correction, in place of was.txt")
    assert said["d"]["what"].endswith("a correction, where there was none")


def test_there_is_a_verdict_on_every_file_whatever_it_is(lab):
    lab.add_video("d", 50, damage=["cut off", "and [error]"])
    stated = {
        "n_frames_stated": 101,
        "held_against": "index",
        "warnings": ["100 of 101", "interlaced"],
    }
    lab.add_video("e", found=stated)
    lab.add_clip("day", "x_groo_3", 30, found={"warnings": ["a gap"]})
    assert len(lab.problems()) == 2
    table = read_verdicts(lab)
    assert list(table["verdict"]) == ["error"] * 2 + ["warning"] * 2 + ["ok"] * 10
    assert len(table) == 5 + 5 + 3 + 1  # videos, annotations, clips and the study
    damaged, unusual = (table.loc[str(lab.root / f"{name}.mpg")] for name in "de")
    assert damaged["what"].startswith("cannot be used (50 frames could be decoded): cut off;")
    assert unusual["what"] == "100 of 101; interlaced"
    assert unusual[["kind", "n_frames", "n_frames_stated", "held_against"]].tolist() == [
        *("video", "100", "101", "index")
    ]
    clip = table.loc[str(lab.root / "day" / "x_groo_3.mpg")]
    assert clip["what"].startswith("unknown behavior 'groo'") and clip["what"].endswith("; a gap")


def test_warnings_and_damage_that_is_put_up_with_stand_in_the_table(lab):
    lab.add_video("d", 90, damage=["cut off"], found={"warnings": ["a gap"]})
    lab.add_clip("day", "x_w_3", 30, found={"warnings": ["interlaced"]})
    lab.add_clip("day", "x_w_4", 30, damage=["[error]\tat 3"])
    table = lab.check(on_decode_error="warn")
    assert table.loc["d", "warnings"] == "cut off; a gap"
    first, second = table.loc["day", "warnings"].split("; ")
    assert first.endswith("x_w_3.mpg: interlaced") and second.endswith("x_w_4.mpg: [error] at 3")
    assert (read_verdicts(lab)["verdict"] == "warning").sum() == 3


def test_one_recording_under_two_names_is_refused(lab):
    lab.add_video("d", found={"sha256": "of a.mpg"})
    (problem,) = lab.problems()
    assert problem.endswith(
        "d.mpg: has the same content as "
        + str(lab.root / "a.mpg")
        + "; list each recording once, or it "
        "is learned from while it is held out"
    )


def test_empty_files_are_not_copies_of_each_other(lab):
    for name in "de":
        lab.add_video(name, 0, damage=["the file is empty"], found={"sha256": "of nothing"})
    assert all("the file is empty" in problem for problem in lab.problems())


def test_a_clip_that_is_listed_twice_is_a_warning_and_one_that_is_a_video_is_refused(lab):
    lab.add_clip("night", "x_w_1", 30, found={"sha256": "of day/x_w_1.mpg"})
    assert lab.check().loc["night", "warnings"].startswith("has the same content as")
    verdict = read_verdicts(lab).loc[str(lab.root / "night" / "x_w_1.mpg")]
    assert verdict["verdict"] == "warning" and "has the same content as" in verdict["what"]
    (lab.root / "checked.tsv").unlink()
    lab.add_clip("night", "x_w_2", 100, found={"sha256": "of a.mpg"})
    (problem,) = lab.problems()
    assert (
        "night/x_w_2.mpg: has the same content as" in problem
        and "list each recording once" in problem
    )


def test_different_frame_rates_are_refused_with_both_numbers(lab):
    lab.add_video("d", found={"steady_fps": 30000 / 1001})
    lab.add_clip("day", "x_w_3", 30, found={"steady_fps": 30.0})  # As good as 29.97.
    (problem,) = lab.problems()
    a, d = lab.root / "a.mpg", lab.root / "d.mpg"
    assert (
        f"different frame rates: 25 frames/s in {a} and 4 more; 29.97 frames/s in {d} and 1 more"
        in problem
    )
    assert "a model counts frames" in problem and "(frames.fps)" in problem


def test_what_is_shown_at_one_rate_is_of_one(lab):
    lab.add_video("d", found={"steady_fps": 50.0, "shown_fps": 25.0, "n_shown": 50})
    lab.add_clip("day", "x_w_3", 10, found={"steady_fps": 50.0, "shown_fps": 25.0, "n_shown": 5})
    assert lab.check().loc["day", "n_short_clips"] == "2"
    (lab.root / "checked.tsv").unlink()
    lab.annotate("d", "frame: 4-4 walk\n")  # A clip's label at 50 frames/s, and not shown at 25.
    assert any("no validation video has a labeled clip (d)" in one for one in lab.problems())
    lab.add_video("d", 12, found={"steady_fps": 50.0, "shown_fps": 25.0, "n_shown": 6}, text="")
    (problem,) = (one for one in lab.problems() if "d.mpg" in one and "frames" in one)
    assert "d.mpg: 6 frames at 25 frames/s; expected 8 or more" in problem


def test_what_fails_is_set_aside_on_request(lab):
    lab.add_video("d", damage=["cut off"])
    lab.annotate("b", "frame: 1-2 fly\n", annotator=2)
    lab.add_clip("day", "x_groo_3", 30)
    lab.add_clip("day", "x_w_4", 100, found={"sha256": "of a.mpg"})
    state = {"frames/d": "1", "frames/a": "2", "frames/b": "3", "clips/day": "4"}
    told = {"aside": lab.root / "aside.json", "state": json.dumps(state)}
    with pytest.raises(SetAsideError) as error:
        lab.check(**told)
    assert not (lab.root / "checked.tsv").exists()
    first, *lines, last = str(error.value).splitlines()
    assert first.startswith("4 files cannot be used and left the study") and len(lines) == 4
    assert last == "Run the same command again: it goes on without them."
    left = {Path(one.path).name: one for one in read_aside(told["aside"])}
    assert left["b.mpg"].state == {"frames/b": "3"}
    assert left["x_w_4.mpg"].state == {"clips/day": "4", "frames/a": "2"}  # It is a copy of a.
    assert str(left["b.mpg"]).startswith(f"{lab.root / 'b2.txt'}: line 1: unknown behavior 'fly'")
    assert str(left["b.mpg"]).endswith(f"its video, {lab.root / 'b.mpg'}, left the study with it")
    assert f"  - {left['b.mpg']}" in lines
    assert left["d.mpg"].state == {"frames/d": "1"} and "cut off" in left["d.mpg"].why
    assert left["x_groo_3.mpg"].state == {"clips/day": "4"}


def test_what_is_aside_stands_among_the_verdicts_and_is_not_judged(lab):
    state = {"frames/x": "1", "frames/y": "2", "clips/day": "3"}
    gone = [
        Aside("x.mpg", "cut off", {"frames/x": "1"}),
        Aside("y.mpg", "line 1: fly", {"frames/y": "2"}, blamed="y.txt"),
        Aside("day/z.mpg", "empty", {"clips/day": "3"}),
        Aside("mended.mpg", "empty", {"frames/x": "other"}),
    ]
    add_aside(lab.root / "aside.json", gone)
    lab.check(aside=lab.root / "aside.json", state=json.dumps(state))
    table = read_tsv(lab.root / "verdicts.tsv", text=True)
    rows = table[["verdict", "kind", "path", "what"]].to_numpy().tolist()
    assert rows[:3] == [
        ["set_aside", "video", "x.mpg", "cut off"],
        *(
            ["set_aside", "annotation", "y.txt", told]
            for told in ["line 1: fly; its video, y.mpg, left the study with it"]
        ),
        ["set_aside", "clip", "day/z.mpg", "empty"],
    ]
    assert "set_aside" not in {row[0] for row in rows[3:]}
    assert "11 files: 3 set aside, 8 sound" in (lab.root / "index.html").read_text()


def test_an_annotation_says_what_is_in_it(lab):
    lab.annotate("a", "frame: 1-90 walk\nframe: 95-96 out of sight\n")
    lab.annotate("b", "frame: 1-90 walk\nframe: 95-96 fly\n")
    lab.problems()
    said = read_verdicts(lab)["what"]
    assert said[str(lab.root / "a1.txt")] == "MIT text, 2 bouts, 90 of 100 frames labeled"
    assert (
        "MIT text" not in said[str(lab.root / "b1.txt")]
    )  # Of what is wrong not all could be read.


def test_an_annotation_of_a_video_that_cannot_be_used_is_not_held_against_it(lab):
    lab.add_video("d", 50, damage=["cut off"])
    lab.problems()
    verdict = read_verdicts(lab).loc[str(lab.root / "d1.txt")]
    assert verdict["verdict"] == "warning"
    assert verdict["what"].startswith(
        "could not be held against its video, of which only 50 frames could be decoded; it labels frames up "
        "to 89 (from 0)"
    )
    lab.check(on_decode_error="warn", tolerance_frames=40)
    assert "held against" not in read_verdicts(lab)["what"][str(lab.root / "d1.txt")]


def test_words_for_damage_come_first_and_of_the_decoders_lines_only_two(lab):
    lines = [f"[h264] [error] {n}" for n in range(4)]
    lab.add_video("d", 50, damage=["cut off", *lines, "and 3 more lines like these"])
    (problem,) = lab.problems()
    assert (
        "cannot be used (50 frames could be decoded): cut off; the decoder's own lines: " in problem
    )
    said = "[h264] [error] 0; [h264] [error] 1; and 5 more (see "
    assert f"own lines: {said}" in problem and problem.count("[error]") == 2
    assert "logs/decode_" in problem and problem.endswith(".log)")
    lab.annotate("d", "frame: 1-50 walk\n")
    warned = lab.check(on_decode_error="warn").loc["d", "warnings"]
    assert warned.startswith(f"cut off; {said}")


def test_what_no_file_is_to_blame_for_is_not_set_aside(lab):
    lab.add_video("d", damage=["cut off"])
    lab.add_video("e", found={"steady_fps": 10.0})
    assert len(lab.problems(aside=lab.root / "aside.json")) == 2
    assert not (lab.root / "aside.json").exists()


def test_a_variable_rate_is_no_rate_to_compare(lab):
    lab.add_video(
        "d", found={"rate_fps": 11.0, "steady_fps": None, "warnings": ["a variable frame rate"]}
    )
    assert lab.check().loc["d", "warnings"] == "a variable frame rate"


@pytest.mark.parametrize(
    ("n_frames", "rate_fps", "passes"), [(8, 28, True), (8, 30, False), (100, 25.4, True)]
)
def test_a_short_clip_does_not_tell_its_rate_to_the_last_digit(lab, n_frames, rate_fps, passes):
    lab.add_clip("day", "x_w_3", n_frames, found={"steady_fps": rate_fps})
    assert len(lab.check() if passes else lab.problems()) == (4 if passes else 1)


def test_a_failure_says_how_many_warn_and_where_all_verdicts_are(lab):
    lab.add_video("d", damage=["cut off"])
    lab.add_video("e", found={"warnings": ["interlaced"]})
    with pytest.raises(StudyError) as error:
        lab.check()
    assert str(error.value).endswith(
        "The verdicts on all 12 files, 2 of which warn of something, are in "
        f"{lab.root / 'verdicts.tsv'}, with pictures in {lab.root / 'index.html'}."
    )


@pytest.mark.parametrize(("clips_needed", "minutes"), [("yes", 3), ("no", 33)])
def test_what_a_run_takes_is_told_of_the_files_that_can_be_used(lab, clips_needed, minutes):
    demand = Demand(frame_bytes=1e6, example_gflop=100 * 60)
    lab.add_video("d", 10_000, damage=["cut off"])
    lab.add_video("e", 10_000, text="frame: 1-9 fly\n")
    lab.problems(demand=demand, clips_needed=clips_needed)
    told = read_verdicts(lab).set_index("kind").loc["run", "what"]
    # Of three videos with 90 frames of walk each, and a clip with 30.
    assert " 0.3 GB of disk " in told
    assert f" {minutes} min of one core" in told


def test_the_errors_of_the_last_check_are_counted_until_it_passes(lab):
    verdict = lab.root / "verdict.txt"
    assert count_refused(verdict) == 0
    lab.add_video("d", damage=["cut off"])
    lab.problems()
    assert count_refused(verdict) == 1
    verdict.touch()
    assert count_refused(verdict) == 0


def test_changed_annotations_are_judged_alone(lab, tmp_path):
    good, bad = lab.root / "a1.txt", lab.annotate("b", "frame: 1-101 walk\nframe: 102-103 fly\n")
    times, none = tmp_path / "b.parquet", tmp_path / "none.parquet"
    write_times(times, np.arange(100) / 25)

    def find(**times_of):
        annotated = [
            Annotated(lab.root / f"{n}1.txt", path, Choice()) for n, path in times_of.items()
        ]
        return find_annotation_problems(annotated, VOCABULARY, AnnotationOptions())

    assert good.exists() and bad.exists()
    (unknown,) = find(a=times, b=none)
    assert "b1.txt, line 2: unknown behavior 'fly'" in unknown
    beyond, second = find(b=times)
    assert second == unknown
    assert "b1.txt, line 1: the bout 1-101 walk reaches beyond" in beyond
