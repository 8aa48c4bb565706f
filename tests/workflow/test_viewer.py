"""The pages of the videos: made by their names, and made again by what changes in them."""

import shutil

import pyarrow.parquet as pq
import pytest

from tests.project import Project
from tests.workflow.plans import restored

PAGE = ("--cores", "1", "results/viewer/sim01day.html")


@pytest.fixture(scope="module")
def viewed(finished: Project):
    """The finished run with a page, which is taken away again."""
    assert finished.plan("--cores", "1", "viewer") == {
        "copy_video": 4,
        "view_video": 4,
        "viewer": 1,
    }
    finished.run(*PAGE)
    yield finished
    shutil.rmtree(finished.results / "viewer")


def test_a_run_makes_the_pages_of_the_first_videos(finished):
    plan = finished.plan("--config", "viewer={videos: 2}")
    assert plan == {"copy_video": 2, "view_video": 2, "write_report": 1, "all": 1}
    assert finished.plan("--config", "viewer={videos: null}")["view_video"] == 4


def test_a_page_lies_beside_its_video_and_its_data(viewed):
    made = {path.name for path in (viewed.results / "viewer").iterdir()}
    assert made == {"sim01day.html", "sim01day.mp4", "sim01day.data.js"}
    assert viewed.plan(*PAGE) == {}


def test_what_a_method_says_anew_is_written_and_no_video_copied(viewed):
    said = viewed.results / "predictions" / "lstm-3dcnn" / "sim01day.parquet"
    with restored(said):
        table = pq.read_table(said)
        pq.write_table(table, said, compression="none")
        assert viewed.plan(*PAGE) == {"review_predictions": 1, "view_video": 1}


def test_what_was_asked_for_once_is_kept_up_to_date_by_a_run(viewed):
    """Here one page, though a run makes none by itself, and an export: neither lags behind what it shows."""
    export = viewed.results / "exports" / "lstm-3dcnn" / "sim01day_labels.csv"
    said = viewed.results / "predictions" / "lstm-3dcnn" / "sim01day.parquet"
    viewed.run("--cores", "1", str(export.relative_to(viewed.path)))
    try:
        with restored(said):
            pq.write_table(pq.read_table(said), said, compression="none")
            plan = viewed.plan()
            assert plan["view_video"] == plan["export_one_hot"] == 1 and "copy_video" not in plan
    finally:
        shutil.rmtree(export.parent)
    assert "export_one_hot" not in viewed.plan()


def test_what_the_page_shows_is_chosen(viewed):
    assert viewed.plan(*PAGE, "--config", "viewer={method: 3dcnn}") == {"view_video": 1}
    refused = viewed.run(*PAGE, "-n", "--config", "viewer={method: none}", check=False)
    assert "viewer.method: no method 'none'; expected one of: 3dcnn, lstm-3dcnn" in refused.stdout
