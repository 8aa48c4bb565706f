import re

import pandas as pd
import pytest

from homecage.evaluate.evaluate import tabulate_published
from homecage.report.table import write_table
from homecage.storage.tables import read_tsv


@pytest.fixture
def write(tmp_path):
    def write_and_read(tables, label="simulated home cage, 2 videos"):
        return write_both(tables, label, tmp_path / "accuracy.html", tmp_path / "accuracy.md")

    return write_and_read


def write_both(tables, label, html, markdown):
    write_table(
        accuracy=tables.paths["accuracy"],
        gain=tables.paths["gain"],
        data_label=label,
        html=html,
        markdown=markdown,
    )
    return html.read_text(encoding="utf-8"), markdown.read_text(encoding="utf-8")


def cells_of(markdown, name):
    line = next(line for line in markdown.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_cells_are_the_numbers_of_the_table_in_percent(write, tables_twice):
    _, markdown = write(tables_twice)
    table = read_tsv(tables_twice.paths["accuracy"])
    value = table.set_index(["method", "frames_of", "level", "average"])["accuracy"]
    order = [("FD*", "behaviors"), ("FD*", "frames"), ("FD", "behaviors"), ("FD", "frames")]
    for method, name in (("3dcnn", "3DCNN alone"), ("lstm-3dcnn", "LSTM-3DCNN")):
        assert cells_of(markdown, name) == [
            f"{100 * value[(method, *key, 'pooled')]:.1f} ({100 * value[(method, *key, 'videos')]:.1f})"
            for key in order
        ]
    gain = (
        value["lstm-3dcnn", "FD*", "frames", "pooled"] - value["3dcnn", "FD*", "frames", "pooled"]
    )
    assert cells_of(markdown, "gain of the LSTM (points)")[1].startswith(f"{100 * gain:+.1f} (")
    assert cells_of(markdown, "human (annotator 2)")[2:] == ["n/a", "n/a"]


def test_html_and_markdown_show_the_same_cells(write, tables):
    html, markdown = write(tables)
    in_html = re.findall(r"<td>(.*?)</td>", html)
    rows = [line for line in markdown.splitlines() if line.startswith("|")][2:]
    in_markdown = [cell.strip() for row in rows for cell in row.strip("|").split("|")[1:]]
    assert in_html == in_markdown


@pytest.mark.parametrize("form", [0, 1])
def test_simulated_data_are_called_so(write, tables, form):
    assert "Simulated data: these numbers say nothing about animals." in write(tables)[form]
    real = write(tables, "real-mini, 2 videos")[form]
    assert "imulated" not in real
    assert "real-mini, 2 videos" in real


def test_published_rows_are_marked(write, tables_twice, tmp_path):
    html, markdown = write(tables_twice)
    assert 'class="published"' not in html
    assert "ublished" not in markdown
    table = read_tsv(tables_twice.paths["accuracy"])
    published = pd.concat([table, tabulate_published()])
    html, markdown = write(tables_twice.change(tmp_path, "accuracy", published), "MIT")
    name = "lstm-3dcnn (Le & Murari), published"
    assert cells_of(markdown, name) == ["75.9", "71.2", "76.5", "73.5"]
    human = cells_of(markdown, "human (Jhuang et al.), published")
    assert human == ["75.7", "71.6", "n/a", "n/a"]
    assert html.count('<tr class="published">') == 3
    assert "Published: Table 1 of Le &amp; Murari; not measured here." in html
    assert "FD: all 1,200 frames" in html


def test_without_a_second_annotator_fd_star_is_not_available(write, tables):
    _, markdown = write(tables)
    if "FD*" in set(read_tsv(tables.paths["accuracy"])["frames_of"]):
        assert "n/a, no video" not in markdown
    else:
        assert r"FD\*: n/a, no video was annotated twice." in markdown
        assert cells_of(markdown, "3DCNN alone")[:2] == ["n/a", "n/a"]


def test_labels_cannot_break_the_page(write, tables):
    html, markdown = write(tables, "<script>|*")
    assert "<script>" not in html
    assert r"\|\*" in markdown
