import re

import pandas as pd
import pytest

from homecage.evaluate.evaluate import tabulate_gain, tabulate_published
from homecage.evaluate.options import Comparisons
from homecage.report.options import Titles
from homecage.report.table import list_rows, write_accuracy
from homecage.storage.tables import read_tsv, write_tsv


@pytest.fixture
def write(tmp_path):
    def write_and_read(tables, label="simulated home cage, 2 videos", accuracy=None, titles=None):
        html, markdown = tmp_path / "accuracy.html", tmp_path / "accuracy.md"
        write_accuracy(
            accuracy=accuracy or tables.paths["accuracy"],
            gain=tables.paths["gain"],
            titles=titles or tables.titles,
            data_label=label,
            html=html,
            markdown=markdown,
        )
        return html.read_text(encoding="utf-8"), markdown.read_text(encoding="utf-8")

    return write_and_read


def cells_of(markdown, name):
    line = next(line for line in markdown.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_cells_are_the_numbers_of_the_table_in_percent(write, tables_twice):
    _, markdown = write(tables_twice)
    table = tables_twice.read("accuracy")
    value = table.set_index(["method", "frames_of", "level", "average"])["accuracy"]
    order = [("FD*", "behaviors"), ("FD*", "frames"), ("FD", "behaviors"), ("FD", "frames")]
    for method, title in tables_twice.titles.root.items():
        assert cells_of(markdown, title) == [
            f"{100 * value[(method, *key, 'pooled')]:.1f} ({100 * value[(method, *key, 'videos')]:.1f})"
            for key in order
        ]
    gain = value["better", "FD*", "frames", "pooled"] - value["plain", "FD*", "frames", "pooled"]
    assert gain > 0
    cells = cells_of(markdown, "gain of better one over plain model (points)")
    assert cells[1].startswith(f"{100 * gain:+.1f} (")
    assert cells_of(markdown, "human (annotator 2)")[2:] == ["n/a", "n/a"]


def test_lines_are_the_methods_in_order_then_gains_then_what_was_published(tables_twice):
    accuracy = tables_twice.read("accuracy")
    comparisons = Comparisons((("better", "plain"), ("plain", "human")))
    gain = tabulate_gain(accuracy, comparisons)
    rows = list_rows(pd.concat([accuracy, tabulate_published()]), gain, tables_twice.titles)
    assert [(row.name, row.kind) for row in rows[:6]] == [
        ("plain model", "measured"),
        ("better one", "measured"),
        ("human (annotator 2)", "measured"),
        ("gain of better one over plain model (points)", "gain"),
        ("gain of plain model over human (annotator 2) (points)", "gain"),
        ("lstm-3dcnn (Le & Murari), published", "published"),
    ]
    assert rows[4].cells[2:] == ("n/a", "n/a")
    other = Titles({"better": "B", "plain": "P"})
    assert [row.name for row in list_rows(accuracy, gain.iloc[:0], other)] == [
        "B",
        "P",
        "human (annotator 2)",
    ]


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
    published = pd.concat([tables_twice.read("accuracy"), tabulate_published()])
    write_tsv(tmp_path / "published.tsv", published)
    html, markdown = write(tables_twice, "MIT", accuracy=tmp_path / "published.tsv")
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
        assert cells_of(markdown, "plain model")[:2] == ["n/a", "n/a"]


def test_labels_and_titles_cannot_break_the_page(write, tables):
    titles = Titles({"plain": "<b>|", "better": "better one"})
    html, markdown = write(tables, "<script>|*", titles=titles)
    assert "<script>" not in html and "<b>" not in html
    assert r"\|\*" in markdown and r"| \<b>\| |" in markdown
