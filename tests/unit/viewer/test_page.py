"""The page of a video: whole in one file, and what it is told of the video."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from tests.filming import DATA_LABEL, Study, say

from homecage.errors import PredictionError
from homecage.frames.raw import RawFile, write_report
from homecage.storage.frame_tables import write_times
from homecage.viewer.template import SCRIPTS, hash_assets, render_page

N_FRAMES = 40


class Lab(Study):
    """A video of which nothing but tables is there."""

    def tabulate(self, video: str, name: str, time_s: np.ndarray) -> None:
        self.names[video] = name
        write_times(self.root / "frames" / f"{video}.parquet", time_s)
        file = RawFile("v.mpg", 1, 1, "0", len(time_s), 320, 240, 30.0, [])
        write_report(self.root / "frames" / f"{video}.json", [file])


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path)
    lab.tabulate("v1", "cage <1>", np.arange(N_FRAMES) / 30)
    return lab


def read_data(page):
    text = page.with_suffix(".data.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("window.homecageData=").removesuffix(";\n"))


def view(
    lab, n_said=N_FRAMES, annotators=("annotator_1", "annotator_2"), methods=("rule", "net"), **how
):
    annotations = [lab.annotate("v1", one, say(N_FRAMES, (3, 1))) for one in annotators]
    sure = np.full(N_FRAMES, 0.75)
    predictions = [lab.predict("v1", one, say(N_FRAMES, (0, 2)), sure) for one in methods]
    if n_said != N_FRAMES:
        annotations[0] = lab.annotate("v1", annotators[0], say(n_said, (0, 1)))
    return lab.view("v1", annotations, predictions, **how)


def test_a_page_is_told_all_that_is_said_of_its_video(lab):
    told = read_data(view(lab))
    assert [(row["id"], row["title"], row["kind"]) for row in told["rows"]] == [
        ("annotator_1", "annotator 1 (truth)", "annotator"),
        ("annotator_2", "annotator 2", "annotator"),
        ("net", "A net", "method"),
        ("rule", "A rule", "method"),
    ]
    assert told["rows"][0]["bouts"] == [3, 37, 1]
    assert {
        key: told[key] for key in ("video", "name", "label", "frames", "fps", "times", "method")
    } == {
        "video": "v1",
        "name": "cage <1>",
        "label": DATA_LABEL,
        "frames": N_FRAMES,
        "fps": [30, 1],
        "times": None,
        "method": "net",
    }
    assert len(told["probability"]) == N_FRAMES * 3 // 3 * 4  # Base64 of a byte for each behavior.
    assert told["videos"] == [["cage <1>", "v1.html"]]
    assert told["crop"] is None and told["review"] is None


def test_a_video_that_nobody_annotated_and_no_chosen_method_predicts_has_a_page(lab):
    told = read_data(view(lab, annotators=(), methods=("rule",)))
    assert [row["id"] for row in told["rows"]] == ["rule"] and told["probability"] == ""


def test_the_second_annotator_stands_once(lab):
    human = lab.predict("v1", "human", say(N_FRAMES, (0, 1)), np.ones(N_FRAMES))
    told = read_data(lab.view("v1", [lab.annotate("v1", "annotator_2", say(N_FRAMES))], [human]))
    assert [row["id"] for row in told["rows"]] == ["annotator_2"]


def test_what_was_looked_at_is_told_as_a_share_of_the_picture(lab):
    assert read_data(view(lab, crop="80,0,160,120"))["crop"] == [0.25, 0, 0.5, 0.5]


def test_a_table_of_other_frames_is_refused(lab):
    said = (
        r"annotator_1/v1\.parquet: 39 frames, but .*frames/v1\.parquet has 40; remove the two files"
    )
    with pytest.raises(PredictionError, match=said):
        view(lab, n_said=39)
    assert not (lab.root / "viewer").exists()


class Assets(HTMLParser):
    """What a page asks for from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.asked += [value for name, value in attributes if name in ("src", "href")]


def test_a_page_needs_nothing_but_its_video_and_its_data():
    text = render_page("cage#1 é", "cage <1>", DATA_LABEL)
    assert Assets(text).asked == ["data:,", "cage%231%20%C3%A9.mp4", "cage%231%20%C3%A9.data.js"]
    assert "<h1>cage &lt;1&gt;</h1>" in text
    assert not re.search(r"https?://|@import|url\((?!\$)", text)
    assert text.count("</script>") == 2


def test_a_changed_script_is_another_page(monkeypatch):
    before = hash_assets()
    assert re.fullmatch("[0-9a-f]{16}", before)
    monkeypatch.setattr("homecage.viewer.template.SCRIPTS", SCRIPTS[:-1])
    assert hash_assets() != before
