"""Tab-separated tables come back as they were written."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.errors import StoreError
from homecage.storage.tables import read_tsv, write_tsv


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1)
            | st.sampled_from(["007", "1e3", "n/a", "nan", "", "True"]),
            st.floats(allow_infinity=False),
        ),
        min_size=1,
    )
)
def test_names_and_numbers_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("tables") / "a.tsv"
    write_tsv(path, pd.DataFrame(rows, columns=["video", "value"]))
    table = read_tsv(path)
    assert table["video"].tolist() == [name for name, _ in rows]
    for found, (_, value) in zip(table["value"], rows, strict=True):
        assert found == value or (math.isnan(found) and math.isnan(value))


def test_what_is_undefined_is_written_as_such(tmp_path):
    write_tsv(tmp_path / "a.tsv", pd.DataFrame({"method": ["7"], "recall": [math.nan]}))
    assert (tmp_path / "a.tsv").read_text() == "method\trecall\n7\tn/a\n"


def test_a_lab_s_own_columns_are_read_as_text(tmp_path):
    (tmp_path / "videos.tsv").write_text("video\tanimal\tweight\tgroup\n01\t007\t020.50\tn/a\n")
    (row,) = read_tsv(tmp_path / "videos.tsv", text=True).to_dict("records")
    assert row == {"video": "01", "animal": "007", "weight": "020.50", "group": "n/a"}
    (row,) = read_tsv(tmp_path / "videos.tsv").to_dict("records")
    assert (row["video"], row["animal"], row["weight"]) == ("01", "007", 20.5)


def test_a_table_that_is_not_there_or_empty_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"a\.tsv: no such table"):
        read_tsv(tmp_path / "a.tsv")
    (tmp_path / "a.tsv").write_text("")
    with pytest.raises(StoreError, match="expected a tab-separated table with a header"):
        read_tsv(tmp_path / "a.tsv")
