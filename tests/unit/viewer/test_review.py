"""What a page is told for a review."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from homecage.deliver.boris import describe_project
from homecage.deliver.bouts import Scoring
from homecage.report.options import Palette
from homecage.storage.frame_tables import Prediction
from homecage.storage.tables import write_tsv
from homecage.viewer.review import describe_review

PALETTE = Palette({"eat": "#DDCC77", "groom": "#117733"})
CODES = np.array([-1, 0, 0, 1, 1, 1], np.int8)
SAID = Prediction(CODES, np.arange(6) / 25, np.full((6, 2), 0.5, np.float32))


@pytest.fixture
def describe(tmp_path):
    rows = [
        ("net", 1, 3, 5, 0.12, 0.2, 1.25, "in doubt"),
        ("other", 1, 0, 5, 0.0, 0.2, 2.0, "of another"),
        ("net", 2, 0, 3, 0.0, 0.12, 0.5, "less so"),
    ]
    columns = ["method", "rank", "start", "stop", "start_s", "stop_s", "gain", "why"]
    write_tsv(tmp_path / "queue.tsv", pd.DataFrame(rows, columns=columns))
    points = [
        ("net", "day 1", 0.0, 0.8, 0.3),
        ("net", "day 1", 0.5, 0.9, 0.2),
        ("net", "day 2", 0.0, 0.7, -0.04),
        ("net", "day 3", 0.0, 0.7, 0.02),
        ("net", "day 4", 0.0, 0.7, np.nan),
        ("other", "day 2", 0.0, 0.1, 0.9),
    ]
    columns = ["method", "video", "share", "expected_whole", "difference"]
    write_tsv(tmp_path / "review.tsv", pd.DataFrame(points, columns=columns))

    def tell(rows=(), **how):
        return describe_review(
            **{
                "name": "day 1",
                "path": Path("videos/day 1.mpg"),
                "method": "net",
                "said": SAID,
                "rows": list(rows),
                "queue": tmp_path / "queue.tsv",
                "review": tmp_path / "review.tsv",
                "palette": PALETTE,
                "corrections": Path("mended/here"),
            }
            | how
        )

    return tell


def test_it_is_told_the_clips_of_its_method_in_their_order(describe):
    assert describe()["clips"] == [[3, 5, 0.08, 1.25, "in doubt"], [0, 3, 0.12, 0.5, "less so"]]


def test_what_to_expect_is_of_this_video_and_how_far_it_is_off_of_the_others(describe):
    told = describe()
    assert (told["expected"], told["off"], told["frames"]) == (0.8, pytest.approx(0.03), 5)
    assert describe(name="day 2", method="other")["off"] is None


def test_a_project_is_handed_over_without_events_as_the_library_makes_it(describe):
    told = describe()["boris"]
    (observation,) = told["project"]["observations"].values()
    assert observation["events"] == []
    assert observation["file"] == {"1": ["../../videos/day 1.mpg"]}
    whole = describe_project(
        Scoring(tuple(PALETTE.root), CODES, SAID.probability, SAID.time_s),
        name="day 1",
        media=Path("../../videos/day 1.mpg"),
        description=observation["description"],
        palette=PALETTE,
    )
    ((name, scored),) = whole["observations"].items()
    event, *_ = scored.pop("events")
    del observation["events"]
    assert told["project"] == whole and name == "day 1"
    filled = {"{time_s}": 0.04, "{behavior}": "eat", "{frame}": 1}
    made = [filled.get(cell, cell) for cell in told["event"]]
    comment = event[4]  # The bout's probability, which a corrected one has not.
    assert [comment if place == 4 else cell for place, cell in enumerate(made)] == event


def test_a_review_is_kept_by_what_the_rows_are(describe):
    rows = [{"id": "net", "title": "A net", "bouts": [0, 1, 2]}]
    assert describe(rows)["key"] == describe(rows)["key"] != describe()["key"]


@pytest.mark.parametrize(
    "why, told",
    [
        (
            "net says eat, but net-2, rule groom (0.3 s)",
            "A net says eat, but 2nd net, rule groom (0.3 s)",
        ),
        ("nets of net; net is only 45% sure", "nets of A net; A net is only 45% sure"),
        ("net says net rest, but net-2 groom", "A net says net rest, but 2nd net groom"),
    ],
)
def test_reasons_call_methods_by_their_titles_and_behaviors_by_their_names(
    describe, tmp_path, why, told
):
    queue = tmp_path / "other.tsv"
    columns = ["method", "rank", "start", "stop", "start_s", "stop_s", "gain", "why"]
    write_tsv(queue, pd.DataFrame([("net", 1, 3, 5, 0.12, 0.2, 1.25, why)], columns=columns))
    titles = {"net": "A net", "net-2": "2nd net", "groom": "Groomer's"}
    rows = [{"id": row, "title": title, "bouts": []} for row, title in titles.items()]
    palette = Palette({"net rest": "#DDCC77", "groom": "#117733"})
    ((*_, said),) = describe(rows, queue=queue, palette=palette)["clips"]
    assert said == told
