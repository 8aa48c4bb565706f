"""The page says what the tables say, in one file, whatever a lab calls its things."""

import base64
import hashlib
import html
import re

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from tests.experiment import BEHAVIORS, VIDEOS, write_experiment

from homecage.errors import StoreError
from homecage.frames.decode import find_ffmpeg
from homecage.frames.options import FramesOptions
from homecage.report.captions import write_caption
from homecage.report.multiples import WIDTH, draw_multiples, draw_strip, expand, find_longest
from homecage.report.options import Configuration, Titles
from homecage.report.page import write_report
from homecage.report.provenance import describe_models, list_seeds, sum_times
from homecage.report.summary import find_best, say_what_to_be_wary_of, say_what_was_found
from homecage.storage.tables import read_tsv, write_tsv

NAMES = list(BEHAVIORS)


@pytest.fixture
def write(tmp_path):
    """Write a page, some of what it is made of replaced, and return its text."""

    def write_page(change=None, **more):
        told = write_experiment(tmp_path, **more)
        if change:
            change(told)
        write_report(**told)
        return told["output"].read_text(encoding="utf-8")

    return write_page


def read(page):
    """Return what is read on a page, spaces aside."""
    shown = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
    shown = re.sub("</?(em|span|code)[^>]*>", "", shown)
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", shown)).split())


def replace(name, function):
    """Return a change of one of the experiment's tables."""

    def change(told):
        write_tsv(told[name], function(read_tsv(told[name])))

    return change


# 1. The summary


def test_the_page_begins_with_the_best_method_beside_people(write):
    text = read(write())
    assert (
        "“Better one” has the highest accuracy of 2 methods over behaviors: 96.0 % (95 % interval 93.0 to "
        "99.0) on FD, the 300 frames that annotator 1 labeled. Over frames it is 94.0 % (95 % interval 91.0 "
        "to 97.0)."
    ) in text
    assert (
        "On FD*, the 180 frames that two people labeled, it agrees with annotator 1 in 96.0 % (95 % interval "
        "93.0 to 99.0) over behaviors and 94.0 % (95 % interval 91.0 to 97.0) over frames; annotator 2 does "
        "in 90.0 % (95 % interval 87.0 to 93.0) and 95.0 % (95 % interval 92.0 to 98.0)."
    ) in text
    assert "“Better one” gains +16.0 points (95 % interval +12.0 to +20.0) over “Plain one”" in text
    assert (
        "The best method finds walk most often (100 % of its frames) and rest least often (88 %)"
        in text
    )


def test_the_best_method_is_no_human_and_the_first_of_equals(tmp_path):
    accuracy = read_tsv(write_experiment(tmp_path)["accuracy"])
    titles = Titles({"plain": "Plain", "better": "Better"})
    assert find_best(accuracy, titles) == "better"
    assert find_best(accuracy.assign(accuracy=0.5), titles) == "plain"
    accuracy.loc[accuracy["method"] == "better", "accuracy"] = np.nan
    assert find_best(accuracy, titles) == "plain"


def test_what_is_not_known_is_said(tmp_path):
    told = write_experiment(tmp_path, titles=Titles({"better": "Better"}))
    accuracy = read_tsv(told["accuracy"]).query("method == 'better' and frames_of == 'FD'")
    said = list(
        say_what_was_found(
            accuracy.assign(low=np.nan, high=np.nan),
            read_tsv(told["gain"]).iloc[:0],
            read_tsv(told["per_behavior"]),
            told["titles"],
        )
    )
    assert said[0].startswith(
        "“Better” has an accuracy over behaviors: 96.0\N{NO-BREAK SPACE}% on FD"
    )
    assert (
        said[1]
        == "Who always says rest, the commonest behavior, is right in 50\N{NO-BREAK SPACE}% of the frames."
    )
    assert said[2].startswith("No video was annotated twice: how well people agree")
    assert len(said) == 4


def be_wary(tmp_path, change=lambda accuracy, per_behavior: (accuracy, per_behavior), **more):
    told = write_experiment(tmp_path)
    tables = change(read_tsv(told["accuracy"]), read_tsv(told["per_behavior"]))
    nothing = {"simulated": False, "warned": [], "divided": [], "verdicts": {}, "n_aside": 0}
    said = say_what_to_be_wary_of(*tables, told["titles"], **nothing | more)
    return " ".join(said).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"simulated": True}, "The data are simulated: these numbers compare methods"),
        ({"warned": ["WARNING, leakage: clips: 3"]}, "WARNING, leakage: clips: 3"),
        ({"divided": ["m1", "m2"]}, "held out in one video are learned from in another: m1, m2."),
        ({"verdicts": {"warning": 2, "ok": 5}}, "The check warns of 2 files"),
        ({"n_aside": 1}, "The check set aside 1 file, neither learned from nor scored."),
    ],
)
def test_what_makes_numbers_doubtful_is_said_and_only_that(tmp_path, more, words):
    usual = "The best method was picked by the accuracy that is stated for it"
    assert be_wary(tmp_path).startswith(usual)
    assert words in be_wary(tmp_path, **more)


def test_a_method_that_is_worse_than_the_commonest_behavior_is_named(tmp_path):
    def change(accuracy, per_behavior):
        return accuracy.assign(accuracy=accuracy["accuracy"] / 2), per_behavior

    words = "The best method is right in fewer frames than who always says rest."
    assert words in be_wary(tmp_path, change) and words not in be_wary(tmp_path)


def test_too_few_videos_and_rare_and_absent_behaviors_are_named(tmp_path):
    def change(accuracy, per_behavior):
        support = {"eat": 299, "rest": 1, "walk": 0}
        changed = per_behavior.assign(support=per_behavior["behavior"].map(support))
        changed = pd.concat([changed, changed.assign(frames_of="FD*")])
        return accuracy.assign(n_units=3), changed

    said = be_wary(tmp_path, change)
    assert "FD is of 3 videos, too few for an interval, which takes 5" in said
    assert "Never seen in FD and FD*, and so without a score there: walk." in said
    assert "Rare in FD and FD*, less than 1 % of the frames" in said
    assert "recall: rest." in said


# 2. What the page is made of


def test_study_check_and_provenance_are_told(write):
    page = write()
    text = read(page)
    assert (
        "3 videos, 0.01 hours in all" in text
        and "3 folds, each of which holds out one video" in text
    )
    for name, color in BEHAVIORS.items():
        assert (
            f'<th scope="row">{name}</th><td><span class="swatch" style="background: {color}">'
            in page
        )
        assert f"{name}, {name[0]}" in text
    assert (
        "Before anything was learned, the check looked at 4 files: 1 set aside, 1 with warnings, 2 sound."
        in text
    )
    assert "warning data/night.mp4: interlaced" in text
    assert "data/z.mp4" not in text  # Files set aside have a list of their own.
    assert "warning the study: no clip shows eat" in text and "The check warns of 1 file " in text
    assert (
        "Found on both sides: 1." in text
        and "data/old/eat_1.mp4 night the same pictures 0.97" in text
    )
    assert "WARNING, leakage: clips that show what a full video shows: 1" in text
    assert "Snakemake 9.9" in text and f"ffmpeg {find_ffmpeg(FramesOptions())[1]}" in text
    assert "better 3 2.0 float32 7" in text and "Seeds: seed: 7." in text
    assert "data/day_one.mp4 hash of day_one" in text
    assert hashlib.sha256(b"labels of night").hexdigest() in text
    assert "train 2 2:00 1:30 190" in text and "decode 1 0:05 0:05 n/a" in text
    assert "write_report 1" not in text
    listed = html.unescape(re.search(r"<pre[^>]*>(.*?)</pre>", page, re.S)[1])
    assert yaml.safe_load(listed) == {"seed": 7, "folds": {"by": "video"}}
    assert hashlib.sha256(listed.encode()).hexdigest() in text


def test_the_table_is_that_of_the_accuracy_and_says_what_is_published(write):
    def publish(told):
        table = read_tsv(told["accuracy"])
        quoted = table[table["method"] == "plain"].assign(method="Jhuang", source="published")
        write_tsv(told["accuracy"], pd.concat([table, quoted]))

    page = write(publish)
    assert page.count('<tr class="measured">') == 3 and page.count('<tr class="gain">') == 1
    assert page.count('<tr class="published">') == 1 and "Jhuang, published" in page
    assert "<td>96.0 <small>[93.0, 99.0] (96.0)</small></td>" in page


def test_every_figure_is_inside_with_its_caption(write):
    page = write()
    pictures = re.findall(r'src="data:image/png;base64,([^"]*)" alt="Figure: ([^"]*)"', page)
    assert [alt for _, alt in pictures] == [
        "recall of each behavior",
        "accuracy by labeled minutes",
    ]
    for data, _ in pictures:
        png = np.frombuffer(base64.b64decode(data), np.uint8)
        assert cv2.imdecode(png, cv2.IMREAD_COLOR).shape == (30, 40, 3)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page, re.S)
    assert len(captions) == 2
    assert "Made for <em>a test</em> (a lab's study, 3 videos)" in captions[0]
    assert read(captions[0]).endswith("tables.tsv, by seed 7.")


def test_a_large_figure_is_reduced_and_an_unknown_one_stands_with_the_rest(write, tmp_path):
    def add(told):
        path = told["figures"][0].with_name("unheard.png")
        cv2.imwrite(str(path), np.zeros((300, 3000, 3), np.uint8))
        told["figures"].append(path)
        told["texts"].root["unheard"] = told["texts"].root["recall"]

    page = write(add)
    rest = page[page.index('<section id="more">') :]
    png = base64.b64decode(re.search(r'id="unheard".*?base64,([^"]*)"', rest, re.S)[1])
    assert cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR).shape == (150, 1500, 3)
    assert 'id="more"' not in write()


def test_each_video_has_its_strips_its_worst_error_and_its_player(write):
    page = write()
    articles = re.findall(r"<article.*?</article>", page, re.S)
    assert len(articles) == len(VIDEOS)
    for number, (name, article) in enumerate(zip(VIDEOS, articles, strict=True)):
        text = read(article)
        assert text.startswith(f"{name} 0:10 min · animal m{number} by")
        assert f"Better one {96 - number}.0 {94 - number}.0" in text
        assert f"annotator 2 {90 - number}.0 {95 - number}.0" in text
        assert "longest error: 0:08 to 0:09 (0.6 s), frames 84 to 90, rest taken for walk" in text
        led = (
            f'href="../viewer/{name.replace(" ", "_")}.html#row=better&amp;frames=84-90"' in article
        )
        assert led == ("Watch" in text) == (number < 2)
        truth, *_, other = re.findall(r"<svg.*?</svg>", article, re.S)
        assert f'<path stroke="{BEHAVIORS["eat"]}" d="M0 0h320"/>' in truth
        assert f'<path stroke="{BEHAVIORS["eat"]}" d="M160 0h160"/>' in other
    assert "least accurate, over behaviors, in night (94.0 %), day two (95.0 %)" in read(page)


def test_nothing_is_loaded_from_elsewhere(write):
    page = write()
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses and all(re.match(r"data:|#|\.\./", address) for address in addresses)
    assert not re.search(r"@import|url\(|https?:", page)


@pytest.mark.parametrize(
    "hostile", ['<script>alert("1")</script>', "*a* `b` |c| {{ 7 * 7 }} \\", "--"]
)
def test_words_of_a_lab_are_only_words(write, hostile):
    def rename(told):
        for name in ("videos", "checked", "by_video", "bouts"):
            column = "name" if name in ("videos", "checked") else "video"
            replace(name, lambda t, c=column: t.assign(**{c: t[c].replace("night", hostile)}))(told)
        replace("verdicts", lambda table: table.assign(what=hostile))(told)

    page = write(
        rename,
        data_label=hostile,
        aside=[hostile],
        titles=Titles({"plain": "A", "better": hostile}),
    )
    assert "<script>alert" not in page
    text = read(page)
    assert f"a test ({hostile})" in text and f"{hostile} 0:10 min" in text
    assert f"set aside {hostile}" in text and f"“{hostile}” has the highest" in text


def test_what_was_not_made_is_left_out(write, tmp_path):
    def remove(told):
        told["verdicts"].unlink()
        replace("gain", lambda table: table.iloc[:0])(told)
        replace("leakage", lambda table: table.iloc[:0])(told)
        replace("accuracy", lambda table: table[table["method"] != "human"])(told)
        replace("bouts", lambda table: table[table["scorer"] != "annotator_2"])(told)

    page = write(remove, figures=[], models=[])
    text = read(page)
    assert "the list of verdicts was removed since" in text
    assert "Nothing was found on both sides." in text and "No video was annotated twice" in text
    assert "annotator 2 96" not in text and "<figure" not in page
    assert "simulated" not in text.lower() and "Set aside" not in text


def test_a_study_of_many_videos_draws_some_and_names_the_rest(write, monkeypatch):
    monkeypatch.setattr("homecage.report.page._MOST_VIDEOS", 2)
    page = write()
    assert page.count("<article") == 2 and "Not drawn, for the page to be light: night." in read(
        page
    )


def test_the_same_inputs_make_the_same_page(write):
    assert write() == write()


# 3. Its parts


def test_a_strip_shows_the_frame_in_the_middle_of_each_place():
    bouts = pd.DataFrame({"start": [0, 5], "stop": [2, 8], "behavior": ["eat", "walk"]})
    codes = expand(bouts, 8, NAMES)
    assert codes.tolist() == [0, 0, -1, -1, -1, 2, 2, 2]
    assert draw_strip(codes, NAMES) == {"eat": "M0 0h200", "walk": "M500 0h300"}
    long = np.zeros(WIDTH * 10, np.int8)
    long[5::10] = 1  # In the middle of each place.
    assert draw_strip(long, NAMES) == {"rest": f"M0 0h{WIDTH}"}
    assert draw_strip(np.full(3, -1, np.int8), NAMES) == {}


def test_a_longest_error_is_of_one_behavior_in_place_of_another():
    truth = np.array([0, 0, 0, 0, 1, 1, 1, 2, -1, -1], np.int8)
    said = np.array([0, 2, 2, 1, 2, 2, 2, 2, 0, 0], np.int8)
    edges = np.arange(11)
    bouts = pd.DataFrame({"start": edges[:-1], "stop": edges[1:]}).assign(
        start_s=lambda table: table["start"] / 2, stop_s=lambda table: table["stop"] / 2
    )
    error = find_longest(truth, said, bouts, NAMES)
    assert (error.start, error.stop, error.start_s, error.stop_s) == (4, 7, 2.0, 3.5)
    assert (error.truth, error.said) == ("rest", "walk")
    assert find_longest(truth, truth, bouts, NAMES) is None


def test_a_video_that_nobody_annotated_is_not_drawn(tmp_path):
    told = write_experiment(tmp_path)
    bouts = read_tsv(told["bouts"])
    gone = (bouts["video"] == "night") & (bouts["scorer"] == "annotator_1")
    drawn = draw_multiples(
        bouts[~gone], read_tsv(told["by_video"]), NAMES, told["titles"], "better"
    )
    assert [video.name for video in drawn] == ["day one", "day two"]


def test_a_caption_is_html_of_its_own():
    text = ".. raw:: html\n\n   <script>\n\n.. include:: /etc/passwd\n\n**Bold** {{ snakemake.config.a.b }}"
    caption = write_caption(text, "data", Configuration({"a": {"b": "c"}}))
    assert "<script" not in caption and "root:" not in caption
    assert "<strong>Bold</strong> c" in caption


def test_seeds_are_found_at_any_depth():
    seeds = list_seeds(Configuration({"seed": 1, "a": {"b": {"seed": 2, "c": []}}, "seeds": 3}))
    assert list(seeds) == [("seed", 1), ("a.b.seed", 2)]


def test_the_longest_rule_is_told_first(tmp_path):
    told = write_experiment(tmp_path)
    times = sum_times(told["benchmarks"], without="write_report")
    assert [(one.rule, one.n_jobs, one.total_s, one.longest_s) for one in times] == [
        ("train", 2, 120.0, 90.0),
        ("decode", 1, 5.0, 5.0),
    ]
    assert [one.most_mb for one in times] == [190.0, None]


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"\x02" + bytes(7) + b"{}"])
def test_what_is_no_model_is_named(tmp_path, content):
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(StoreError, match=r"m\.safetensors: cannot be read as weights"):
        describe_models([tmp_path / "m.safetensors"])
