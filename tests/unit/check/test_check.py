"""The check names every problem of a data set at once, or writes what the data set holds."""

import csv
import json

import pytest

from homecage.check.check import check_dataset
from homecage.errors import DatasetError
from homecage.study.options import DatasetOptions

VIDEOS = ("a", "b", "c")


class Lab:
    """A data set of empty files, with what an inspection would have found of each."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for video in VIDEOS:
            self.add_video(video)
        self.add_clip("day", "x_w_1", 30)
        self.add_clip("day", "x_g_2", 5)

    def add_video(self, name, n_frames=100, problems=()):
        self._add("", name, f"full_database/{name}.mpg", n_frames, problems)
        self.annotate(name, "frame: 00000001-00000090 walk\n")

    def add_clip(self, folder, name, n_frames, problems=()):
        self._add(folder, name, f"clipped_database/{folder}/{name}.mpg", n_frames, problems)

    def annotate(self, name, text, group=1):
        path = self.root / f"full_database/Annotator_group_{group}/{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def _add(self, folder, name, file, n_frames, problems):
        (self.root / file).parent.mkdir(parents=True, exist_ok=True)
        (self.root / file).touch()
        self.files[folder, name] = {
            "name": name,
            "file": file,
            "n_frames": n_frames,
            "rate_fps": 25.0 if n_frames > 1 else None,
            "problems": list(problems),
        }

    def check(self, **options):
        reports = {}
        for (folder, name), file in self.files.items():
            report = {"video": "" if folder else name, "folder": folder, "files": []}
            reports.setdefault(folder or name, report)["files"].append(file)
        inspections = []
        for key, report in reports.items():
            inspections.append(self.root.parent / f"{key}.json")
            inspections[-1].write_text(json.dumps(report))
        output = self.root.parent / "checked.tsv"
        dataset = DatasetOptions(layout="mit", root=self.root)
        check_dataset(dataset=dataset, inspections=inspections, output=output, **options)
        with output.open(newline="") as table:
            return {row["name"]: row for row in csv.DictReader(table, delimiter="\t")}

    def problems(self, **options):
        with pytest.raises(DatasetError) as error:
            self.check(**options)
        assert not (self.root.parent / "checked.tsv").exists()
        return str(error.value).splitlines()[1:]


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path / "lab")


def test_a_sound_data_set_is_described(lab):
    lab.annotate("b", "frame: 11-20 rest\nframe: 31-40 w\n", group=2)
    table = lab.check()
    assert list(table) == ["a", "b", "c", "day"]
    assert table["a"]["kind"] == "video"
    assert table["a"]["n_frames"] == "100" and table["a"]["seconds"] == "4.000"
    assert table["a"]["n_frames_annotator_1"] == "90"
    assert table["a"]["n_frames_annotator_2"] == "" and table["b"]["n_frames_annotator_2"] == "20"
    assert table["day"]["kind"] == "clip_folder"
    assert (table["day"]["n_clips"], table["day"]["n_short_clips"]) == ("2", "1")
    assert table["day"]["n_frames"] == "35"


def test_all_problems_are_named_at_once(lab):
    lab.add_video("d", n_frames=7, problems=["[error] ac-tex damaged at 4 9"])
    lab.annotate("b", "frame: 1-20 rest\nframe: 15-30 fly\nframe: 20-120 rest\n", group=2)
    lab.annotate("d", "frame: 1-90 rest\n")  # how long the damaged video was, nobody knows
    lab.add_video("e", n_frames=7)
    lab.annotate("e", "frame: 1-7 rest\n")
    lab.annotate("c", "")
    (lab.root / "full_database/Annotator_group_1/a.txt").unlink()
    lab.add_clip("day", "x_q_3", 30)
    lab.add_clip("night", "clip", 30, problems=["no frame could be decoded"])
    problems = "\n".join(lab.problems())
    for expected in (
        "a.mpg: no annotation by annotator_1",
        "Annotator_group_2/b.txt, line 2: unknown behavior 'fly'",
        "Annotator_group_2/b.txt, line 3: the bout 20-120 rest overlaps the bout 1-20 rest of line 1",
        "Annotator_group_1/c.txt: the file has no bouts",
        "d.mpg: damaged, cut off or no video (7 frames could be decoded): [error] ac-tex damaged",
        "e.mpg: 7 frames; expected 8 or more",
        "x_q_3.mpg: unknown behavior 'q'",
        "clip.mpg: unknown behavior ''",
        "clip.mpg: damaged, cut off or no video (30 frames could be decoded): no frame could be",
    ):
        assert expected in problems
    assert len(problems.splitlines()) == 9


def test_an_annotation_longer_than_its_video(lab):
    lab.annotate("a", "frame: 1-90 walk\nframe: 91-101 rest\n")
    (problem,) = lab.problems()
    assert "a.txt, line 2: the bout 91-101 rest reaches beyond the video, which has 100" in problem


def test_one_slip_does_not_fill_the_message(lab):
    lines = "".join(f"frame: {k}-{k} walk\n" for k in range(2, 60))
    lab.annotate("a", "frame: 1-99 rest\n" + lines)
    problems = lab.problems()
    assert len(problems) == 6 and "and 53 more lines with problems" in problems[-1]


def test_too_few_videos(tmp_path):
    lab = Lab(tmp_path / "lab")
    (lab.root / "full_database/c.mpg").unlink()
    (lab.root / "full_database/Annotator_group_1/c.txt").unlink()
    (problem,) = lab.problems()
    assert (
        "lab: 2 full videos; holding one out, keeping 1 for validation" in problem
        and "needs 3 or more" in problem
    )


def test_a_video_of_just_one_clip_is_long_enough(lab):
    lab.add_video("d", n_frames=8)
    lab.annotate("d", "frame: 1-8 rest\n")
    assert lab.check()["d"]["n_frames"] == "8"


def test_no_clips(lab):
    for path in (lab.root / "clipped_database/day").iterdir():
        path.unlink()
    (problem,) = lab.problems()
    assert "no clips; expected short videos" in problem


def test_clips_too_short_to_train_on(lab):
    lab.add_clip("day", "x_w_1", 7)
    (problem,) = lab.problems()
    assert "no clip has 8 frames" in problem


def test_the_length_of_a_clip_is_the_experiments(lab):
    assert lab.check(clip_length=30)["day"]["n_short_clips"] == "1"
    (lab.root.parent / "checked.tsv").unlink()
    assert any("no clip has 31 frames" in problem for problem in lab.problems(clip_length=31))


def test_a_file_that_was_not_inspected(lab):
    del lab.files["day", "x_g_2"]
    (problem,) = lab.problems()
    assert "x_g_2.mpg: was not inspected" in problem
