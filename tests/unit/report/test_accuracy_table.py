import re

import pandas as pd
import pytest

from homecage.evaluate.evaluate import tabulate_published
from homecage.report.options import Titles
from homecage.report.table import list_rows, warn_of_leakage, write_accuracy
from homecage.storage.tables import read_tsv, write_tsv


@pytest.fixture
def write(tmp_path):
    def write_and_read(tables, label="simulated home cage, 6 videos", titles=None, **files):
        html, markdown = tmp_path / "accuracy.html", tmp_path / "accuracy.md"
        write_accuracy(
            **{"accuracy": tables.paths["accuracy"], "gain": tables.paths["gain"]} | files,
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


ORDER = [("FD*", "behaviors"), ("FD*", "frames"), ("FD", "behaviors"), ("FD", "frames")]


def test_cells_are_the_numbers_of_the_table_in_percent(write, tables_twice):
    _, markdown = write(tables_twice)
    table = tables_twice.read("accuracy")
    rows = table.set_index(["method", "frames_of", "level", "average"])
    for method, title in tables_twice.titles.root.items():
        expected = []
        for key in ORDER:
            videos, pooled = rows.loc[(method, *key, "videos")], rows.loc[(method, *key, "pooled")]
            low, high = 100 * videos["low"], 100 * videos["high"]
            assert low < 100 * videos["accuracy"] < high
            expected.append(
                f"{100 * videos['accuracy']:.1f} [{low:.1f}, {high:.1f}] ({100 * pooled['accuracy']:.1f})"
            )
        assert cells_of(markdown, title) == expected
    assert cells_of(markdown, "human (annotator 2)")[2:] == ["n/a", "n/a"]


def test_a_gain_bears_its_interval_and_its_p(write, tables_twice):
    gain = tables_twice.read("gain").set_index(["frames_of", "level", "average"])
    rows = [gain.loc[(*key, "videos")] for key in ORDER]
    assert all(row["low"] > 0 and row["p"] == 2 / 2**6 for row in rows)
    _, markdown = write(tables_twice)
    assert cells_of(markdown, "gain of better one over plain model (points)") == [
        f"{row['gain_points']:+.1f} [{row['low']:+.1f}, {row['high']:+.1f}], p = .031"
        for row in rows
    ]


@pytest.mark.parametrize(
    ("p", "words"), [(0.0004, r"p \< .001"), (0.0312, "p = .031"), (1, "p = 1.000")]
)
def test_small_p_are_not_written_out(write, tables_twice, tmp_path, p, words):
    write_tsv(tmp_path / "gain.tsv", tables_twice.read("gain").assign(p_holm=p))
    _, markdown = write(tables_twice, gain=tmp_path / "gain.tsv")
    assert cells_of(markdown, "gain of better one over plain model (points)")[0].endswith(words)


def test_without_an_interval_the_table_says_why(write, tables_twice, tmp_path):
    few = tables_twice.read("accuracy").assign(low=float("nan"), high=float("nan"), n_units=3)
    write_tsv(tmp_path / "few.tsv", few.assign(unit="animal"))
    html, markdown = write(tables_twice, accuracy=tmp_path / "few.tsv")
    assert re.fullmatch(r"\d\d\.\d \(\d\d\.\d\)", cells_of(markdown, "plain model")[0])
    for text in (html, markdown.replace("\\", "")):
        assert "No interval on FD*: 3 groups by animal are too few; it takes 5." in text
    assert "No interval" not in write(tables_twice)[0]


def test_a_ceiling_stands_by_itself_where_there_is_one(write, tables_twice, tmp_path):
    ceiling = pd.DataFrame(
        [
            ("mode", "FD", "frames", "pooled", 0.84),
            ("mode", "FD", "frames", "videos", 0.85),
            ("mode and place", "FD*", "behaviors", "videos", 0.9),
        ],
        columns=["told", "frames_of", "level", "average", "accuracy"],
    )
    write_tsv(tmp_path / "ceiling.tsv", ceiling)
    html, markdown = write(tables_twice, ceiling=tmp_path / "ceiling.tsv")
    mode = cells_of(markdown, "simulation's ceiling: told mode")
    assert mode == ["n/a", "n/a", "n/a", "85.0 (84.0)"]
    place = cells_of(markdown, "simulation's ceiling: told mode and place")
    assert place == ["90.0", "n/a", "n/a", "n/a"]
    assert html.count('<tr class="ceiling">') == 2
    assert "told, not measured from pixels" in html and "told, not measured" in markdown
    assert "ceiling" not in write(tables_twice)[1]


def test_lines_are_the_methods_in_order_then_gains_then_what_was_published(tables_twice):
    accuracy, gain = tables_twice.read("accuracy"), tables_twice.read("gain")
    other = gain.assign(method="plain", baseline="human")
    gain = pd.concat([gain, other[other["frames_of"] == "FD*"]])
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
    titles = Titles({"better": "B", "plain": "P"})
    assert [row.name for row in list_rows(accuracy, gain.iloc[:0], titles)] == [
        "B",
        "P",
        "human (annotator 2)",
    ]


def test_html_and_markdown_show_the_same_cells(write, tables):
    html, markdown = write(tables)
    in_html = [re.sub("</?small>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", html)]
    rows = [line for line in markdown.splitlines() if line.startswith("|")][2:]
    in_markdown = [cell.strip() for row in rows for cell in row.strip("|").split("|")[1:]]
    assert in_html == in_markdown


@pytest.mark.parametrize("form", [0, 1])
def test_simulated_data_are_called_so(write, tables, form):
    assert "Simulated data: these numbers say nothing about animals." in write(tables)[form]
    real = write(tables, "real-mini, 6 videos")[form]
    assert "imulated" not in real
    assert "real-mini, 6 videos" in real


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
    assert "Published: Table 1 of Le &amp; Murari" in html
    assert "FD: all 3,600 frames" in html


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


def test_files_that_left_the_study_are_listed(write, tables):
    for text in write(tables, aside=["a.mpg: cut off", "b.mpg: empty"]):
        for file in ("a.mpg: cut off", "b.mpg: empty"):
            assert f"Set aside by the check, neither learned from nor scored: {file}" in text
    assert not any("Set aside" in text for text in write(tables))


def test_corrected_annotations_are_told_of(write, tables):
    for text in write(tables, corrected=["day", "night"]):
        assert "labels were corrected in 2 videos (day, night)" in text
    assert not any("were corrected" in text for text in write(tables))


def test_leakage_is_warned_of_and_only_where_there_is_some():
    rows = [
        ("content", "c", "c/1.mpg", "v"),
        ("content", "c", "c/1.mpg", "w"),
        ("content", "v", "", "w"),
        ("name", "c", "", "v"),
        ("still", "c", "c/2.mpg", ""),
        ("animal", "v", "", "w"),
    ]
    found = pd.DataFrame(rows, columns=["kind", "recording", "clip", "video"])
    (warning,) = warn_of_leakage(found, left_out=False)
    assert "clips that show what a full video shows: 1;" in warning
    assert "full videos that show the same: 1;" in warning and "time of one: 1 " in warning
    assert "leave_out_shared: true" in warning
    (warning,) = warn_of_leakage(found, left_out=True)
    assert "The convnet has not learned from such clips." in warning
    for few in (found[4:], found[:0]):
        assert warn_of_leakage(few, left_out=False) == []
