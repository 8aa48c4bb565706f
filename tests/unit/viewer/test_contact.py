import base64
import re

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.errors import PredictionError
from homecage.report.options import Palette, Titles
from homecage.storage.frame_tables import (
    Resampling,
    write_annotation,
    write_predictions,
    write_times,
)
from homecage.storage.stores import ArraySpec, write_store
from homecage.storage.tables import write_tsv
from homecage.viewer.contact import draw_contact_sheets, find_errors

COLORS = {"eat": "#DDCC77", "groom": "#117733", "rest <b>": "#BBBBBB"}


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), max_size=40))
def test_errors_are_the_wrong_frames_each_as_long_as_both_say_the_same(frames):
    truth, said = np.array([*zip(*frames, strict=True)] or [[], []], dtype=np.int8)
    errors = list(find_errors("a", truth, said, np.arange(len(truth) + 1) / 10))
    wrong = [(t, s) if t != s and -1 not in (t, s) else None for t, s in frames]
    found = [None] * len(frames)
    for error in errors:
        assert error.start <= error.middle < error.stop
        assert error.seconds == pytest.approx((error.stop - error.start) / 10)
        for frame in range(error.start, error.stop):
            found[frame] = (error.truth, error.prediction)
        # It could not be longer.
        for beside in (error.start - 1, error.stop):
            if 0 <= beside < len(frames):
                assert wrong[beside] != (error.truth, error.prediction)
    assert found == wrong


@pytest.fixture
def draw(tmp_path):
    """Draw the sheets of two videos, in which frames are as bright as twice their number."""

    def draw_sheets(truths, saids, n_shown=1):
        files = {kind: [] for kind in ("predictions", "annotations", "frames", "times")}
        for video, truth in truths.items():
            truth, said = np.array(truth, np.int8), np.array(saids[video], np.int8)
            path = tmp_path / "annotator_1" / f"{video}.parquet"
            write_annotation(path, truth, [*COLORS])
            files["annotations"].append(path)
            path = tmp_path / "net" / f"{video}.parquet"
            probability = np.eye(len(COLORS), dtype=np.float32)[said]
            time_s = np.arange(len(said)) / 10
            write_predictions(path, time_s, probability, [*COLORS], method="net", video=video)
            files["predictions"].append(path)
            path = tmp_path / f"{video}.zarr"
            spec = ArraySpec((8, 8, 3), "uint8", 16, 64)
            with write_store(path, kind="frames", arrays={"frames": spec}) as store:
                bright = np.arange(len(said), dtype=np.uint8).repeat(n_shown) * 2
                pictures = bright[:, None, None, None] * np.ones((8, 8, 3), np.uint8)
                store.append("frames", pictures)
            files["frames"].append(path)
            files["times"].append(path.with_suffix(".parquet"))
            each = np.full(len(said), n_shown)
            write_times(files["times"][-1], time_s, Resampling(each, np.cumsum(each) - each))
        sheet = make_sheet(truths)
        write_tsv(tmp_path / "videos.tsv", sheet)
        draw_contact_sheets(
            **files,
            videos=tmp_path / "videos.tsv",
            palette=Palette(COLORS),
            titles=Titles({"net": "A net"}),
            method="net",
            data_label="made up",
            output=tmp_path / "sheets.html",
        )
        return (tmp_path / "sheets.html").read_text(encoding="utf-8")

    return draw_sheets


def make_sheet(videos):
    columns = ["video", "name", "path", "annotator_1", "annotator_2"]
    return pd.DataFrame([[key, f"day {key}", "", "", ""] for key in videos], columns=columns)


def test_each_cell_has_its_longest_errors_first_with_where_they_are(draw):
    truth = np.repeat([0, 1, 2], 20)
    said = {"a": truth.copy(), "b": truth.copy()}
    said["a"][5:8] = 1
    said["b"][10:20] = 1
    said["b"][45:50] = 0
    page = draw({"a": truth, "b": truth}, said)
    cells = re.findall(r'<section class="cell" id="(c\d-\d)">', page)
    assert cells == ["c0-1", "c2-0"]  # What errs most first.
    told = re.findall(r"<b>(.*?)</b>, frame (\d+), from (\S+) for (\S+) s", page)
    assert told == [
        ("day b", "14", "0:01.00", "1.00"),
        ("day a", "6", "0:00.50", "0.30"),
        ("day b", "47", "0:04.50", "0.50"),
    ]
    assert '<a href="#c0-1">13</a>' in page and '<a href="#c2-0">5</a>' in page
    assert "rest &lt;b&gt;" in page and "rest <b>" not in page


@pytest.mark.parametrize("n_shown", [1, 2], ids=["as it is", "at another rate"])
def test_the_picture_is_the_frame_in_the_middle(draw, n_shown):
    truth = np.zeros(100, int)
    page = draw({"a": truth}, {"a": np.where(np.arange(100) >= 81, 1, 0)}, n_shown)
    (coded,) = re.findall(r"data:image/jpeg;base64,([^\"]+)", page)
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(coded), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (8, 8, 3) and abs(int(picture.mean()) - 2 * 90) <= 2


def test_without_an_error_it_says_so(draw):
    assert "There is no error." in draw({"a": [0, 1, 2]}, {"a": [0, 1, 2]})


def test_a_prediction_of_another_length_is_refused(draw):
    with pytest.raises(PredictionError, match="frames, but the annotation"):
        draw({"a": [0, 1, 2]}, {"a": [0, 1]})
