"""The review: clips one after the other, edits that are taken back, and files that our reader reads."""

import json
import re
import shutil

import numpy as np
import pytest

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import label_frames, read_annotation_file
from homecage.evaluate.review import review_predictions
from homecage.storage.frame_tables import read_annotation
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import make_choice
from tests.browser.conftest import N_FRAMES
from tests.filming import COLORS, TITLES

VOCABULARY = Vocabulary(behaviors=tuple(Behavior(name=name) for name in COLORS))
BOUTS = "homecage.model.rows.find((row) => row.id === 'corrected').bouts"
TRUE = [[5, 30, 0], [30, 60, 1], [60, 90, 2]]
NET = [[0, 30, 0], [30, 40, 1], [40, 50, 0], [50, 63, 1], [63, 90, 2]]


@pytest.fixture(scope="session")
def reviewed(study):
    """The study's pages with what a review needs, in a folder of their own."""
    review, queues = study.root / "review.tsv", study.root / "queues"
    annotations = [
        study.root / "annotations" / "annotator_1" / f"{video}.parquet"
        for video in ("steady", "varying")  # Nobody has looked at the other one.
    ]
    second = study.root / "annotations" / "annotator_2" / "steady.parquet"
    predictions = sorted(study.root.glob("predictions/*/*"))
    review_predictions(
        predictions=predictions,
        annotations=annotations,
        videos=study.root / "study" / "videos.tsv",
        behaviors=[*COLORS],
        queues=queues,
        review=review,
    )
    (study.root / "reviewed").mkdir()
    for video in study.names:
        shutil.copy2(study.root / "viewer" / f"{video}.mp4", study.root / "reviewed")
        study.view(
            video,
            [path for path in (*annotations, second) if path.stem == video],
            [path for path in predictions if path.stem == video],
            folder="reviewed",
            queue=queues / f"{video}.tsv",
            review=review,
        )
    return study.root / "reviewed"


@pytest.fixture
def steady(reviewed, open_page):
    return open_page(reviewed / "steady.html")


def press(page, keys):
    for key in keys.split():
        page.keyboard.press(key)


def go(page, frame):
    page.evaluate("frame => homecage.seekTo(frame)", frame)


def entitled(why):
    """What the page says where the table names methods."""
    return re.sub(r"\b(net|rule)\b", lambda found: TITLES[found[0]], why)


def bouts_of(page):
    return page.evaluate(BOUTS)


def codes_of(bouts):
    codes = np.full(N_FRAMES, -1, np.int8)
    for start, stop, behavior in bouts:
        assert (codes[start:stop] == -1).all()
        codes[start:stop] = behavior
    return codes


# 1. The queue


def test_clips_are_those_of_the_queue_with_their_reasons(reviewed, steady):
    queue = read_tsv(reviewed.parent / "queues" / "steady.tsv").query("method == 'net'")
    assert steady.locator("#clips li").count() == len(queue) > 1
    first = steady.locator("#clips li").first.inner_text().replace("\n", "; ")
    assert entitled(queue["why"].iloc[0]) in first and "A net says" in first
    minutes = (queue["stop_s"] - queue["start_s"]).sum() / 60
    assert f"0 of {len(queue)} clips seen, {minutes:.1f} minutes left." in steady.inner_text(
        "#progress"
    )
    told = read_tsv(reviewed.parent / "review.tsv").query("method == 'net' and share == 0")
    told = told.set_index("video")
    assert (
        f"mended: {100 * told.loc['A steady one', 'expected_whole']:.1f} %."
        in steady.inner_text("#worth")
    )
    off = 100 * abs(
        told.loc["A varying one", "difference"]
    )  # The only other one that is annotated.
    assert f"was off by {off:.1f} points before a review." in steady.inner_text("#worth")


def test_a_clip_plays_to_its_end_and_what_was_seen_raises_what_to_expect(reviewed, steady):
    queue = read_tsv(reviewed.parent / "queues" / "steady.tsv").query("method == 'net'")
    first, second = queue.iloc[0], queue.iloc[1]
    steady.select_option("#speed", "4")
    steady.locator("#speed").blur()
    press(steady, "n")
    steady.wait_for_function(
        "stop => !homecage.player.playing && homecage.player.frame === stop - 1",
        arg=int(first["stop"]),
    )
    assert steady.inner_text("#why") == entitled(first["why"])
    before = steady.evaluate("homecage.data.review.expected")
    assert "A net says" in steady.inner_text("#why")
    press(steady, "Enter")
    assert steady.inner_text("#why") == entitled(second["why"])
    expected = before + round(first["gain"], 2) / N_FRAMES
    assert f"{100 * expected:.1f} % (before: {100 * before:.1f} %)" in steady.inner_text("#worth")
    press(steady, "p")
    assert steady.inner_text("#why") == entitled(first["why"])
    press(steady, "n")  # Goes on to what was not seen.
    assert steady.inner_text("#why") == entitled(second["why"])


def test_the_worst_error_is_the_first_of_a_list(steady):
    press(steady, "e")
    items = steady.locator("#clips li").all_inner_texts()
    assert len(items) == 2
    assert "0.3 s. annotator 1 (truth): groom\n→ A net: eat" in items[0]
    assert "annotator 1 (truth): rest\n→ A net: groom" in items[1]
    steady.locator("#clips button").first.click()
    steady.wait_for_function("!homecage.player.playing && homecage.player.frame === 49")
    press(steady, "ArrowDown ArrowDown")  # The other method's, once it is selected.
    assert "A rule: eat" in steady.locator("#clips li").first.inner_text()
    press(steady, "e")
    assert "clips seen" in steady.inner_text("#worth")


def test_an_address_of_an_error_lists_those_of_its_method(reviewed, open_page, steady):
    page = open_page(reviewed / "steady.html", address="#row=rule&frames=32-35")
    page.wait_for_function("homecage.player.frame === 32")
    assert page.locator("[aria-checked=true]").inner_text() == "A rule"
    assert page.evaluate("homecage.judged().id") == "rule"
    (item,) = page.locator("#clips li").all_inner_texts()
    assert "annotator 1 (truth): groom\n→ A rule: eat" in item
    press(page, "w")
    assert page.inner_text("#frame") == "30"
    # Also where the page is open, and was gone through: from the longest on.
    press(steady, "w w")
    assert steady.inner_text("#frame") == "60" and steady.is_visible("#progress")
    steady.evaluate("location.hash = 'row=net&frames=62-63'")
    steady.wait_for_function("homecage.player.frame === 62")
    assert steady.locator("[aria-checked=true]").inner_text() == "A net"
    assert steady.locator("#clips li").count() == 2
    press(steady, "w")
    assert steady.inner_text("#frame") == "40"


def test_the_last_frame_of_a_bout_is_shown_not_the_one_after_it(steady):
    for frame, shown in ((10, "5–29"), (59, "30–59"), (60, "60–89"), (0, "not labeled")):
        go(steady, frame)
        assert steady.inner_text("#bout") == shown
    go(steady, 6)
    press(steady, "x")
    go(steady, 5)
    assert steady.inner_text("#bout") == "5"
    assert steady.inner_text("#of") == "of 0–89"


# 2. The corrected row


def test_it_begins_as_annotator_1_or_as_the_method(reviewed, open_page, steady):
    assert bouts_of(steady) == TRUE
    assert bouts_of(open_page(reviewed / "ntsc.html")) == NET
    steady.select_option("#begin", "net")
    assert bouts_of(steady) == NET
    steady.locator("#begin").blur()
    press(steady, "Control+z")
    assert bouts_of(steady) == TRUE and steady.locator("#begin").input_value() == "annotator_1"


EDITS = [
    (10, "3", [[5, 30, 2], *TRUE[1:]]),  # Another behavior, by its number
    (2, "1", [[0, 5, 0], *TRUE]),  # A behavior where nothing was labeled
    (10, "Delete", TRUE[1:]),
    (10, "[", [[10, 30, 0], *TRUE[1:]]),  # What it leaves is nobody's
    (40, "[", [[5, 40, 0], [40, 60, 1], TRUE[2]]),  # What it leaves is its neighbor's
    (40, "]", [TRUE[0], [30, 41, 1], [41, 90, 2]]),
    (80, "]", [*TRUE[:2], [60, 81, 2]]),
    (45, "x", [TRUE[0], [30, 45, 1], [45, 60, 1], TRUE[2]]),
    (45, "x 3", [TRUE[0], [30, 45, 1], [45, 60, 2], TRUE[2]]),
    (45, "a", [TRUE[0], [30, 40, 1], [40, 50, 0], [50, 60, 1], TRUE[2]]),  # As the net says
]


def test_keys_correct_the_bout_that_is_shown_and_every_edit_is_taken_back(steady):
    for frame, keys, bouts in EDITS:
        go(steady, frame)
        press(steady, keys)
        assert bouts_of(steady) == bouts, keys
        for _ in keys.split():
            press(steady, "Control+z")
        assert bouts_of(steady) == TRUE and steady.is_disabled("#undo")
        for _ in keys.split():
            press(steady, "Control+y")
        assert bouts_of(steady) == bouts and steady.is_disabled("#redo"), keys
        for _ in keys.split():
            press(steady, "Control+z")


def test_a_chosen_bout_reaches_out_to_where_one_steps(steady):
    go(steady, 30)
    press(steady, "b Shift+ArrowLeft [")  # The next bout begins at 60, and now at 30.
    assert bouts_of(steady) == [TRUE[0], [30, 90, 2]]
    go(steady, 89)
    go(steady, 10)  # A jump out of it lets it go.
    press(steady, "]")
    assert bouts_of(steady)[0] == [5, 11, 0]


def test_a_row_that_is_chosen_is_what_is_taken(steady):
    go(steady, 32)
    press(steady, "ArrowUp")  # Annotator 2: eat until 33.
    press(steady, "a")
    assert bouts_of(steady) == [[0, 33, 0], [33, 60, 1], TRUE[2]]


def test_ends_are_dragged_and_a_drag_is_one_edit(steady):
    press(steady, "0")
    box = steady.locator(".stage").bounding_box()
    x_of = "frame => homecage.timeline.xOf(frame)"
    top = steady.evaluate("homecage.timeline.tracks.find((one) => one.row?.id === 'corrected').top")
    y = box["y"] + top + 10
    steady.mouse.move(box["x"] + steady.evaluate(x_of, 60) - 2, y)
    steady.mouse.down()
    for frame in (58, 52, 47):
        steady.mouse.move(box["x"] + steady.evaluate(x_of, frame + 0.5), y)
    steady.mouse.up()
    assert bouts_of(steady) == [TRUE[0], [30, 48, 1], [48, 90, 2]]
    press(steady, "Control+z")
    assert bouts_of(steady) == TRUE and steady.is_disabled("#undo")


def test_what_was_done_is_there_after_a_reload(steady):
    go(steady, 10)
    press(steady, "3 x Control+z n Enter")
    steady.reload()
    steady.wait_for_selector("html[data-ready]")
    assert bouts_of(steady) == [[5, 30, 2], *TRUE[1:]]
    assert "1 of" in steady.inner_text("#progress")
    press(steady, "Control+y")
    assert len(bouts_of(steady)) == 4
    press(steady, "Control+z Control+z")
    assert bouts_of(steady) == TRUE


def test_what_was_kept_and_is_damaged_is_left_behind(steady):
    press(steady, "n Enter")
    (key,) = steady.evaluate("Object.keys(localStorage)")
    for damaged in ("{", '{"edits": [{"from": "nobody"}], "undone": [], "seen": []}', "[]"):
        steady.evaluate("([key, value]) => localStorage.setItem(key, value)", [key, damaged])
        steady.reload()
        steady.wait_for_selector("html[data-ready]")
        assert bouts_of(steady) == TRUE and steady.is_disabled("#undo")
        assert "0 of" in steady.inner_text("#progress")


ANY_EDITS = """(seed) => {
  let state = seed;
  const pick = (n) => (state = (state * 48271) % 2147483647) % n;
  const row = new Row("a", "a", "method", [[3, 9, 0], [9, 20, 1], [26, 40, 2]]);
  const own = new Correction([row]);
  const history = [JSON.stringify(own.bouts)];
  const frames = (bouts) => {
    const all = Array(40).fill(-1);
    let last = 0;
    for (const [start, stop, k] of bouts) {
      if (start < last || stop <= start || stop > 40) throw new Error(JSON.stringify(bouts));
      all.fill(k, start, stop);
      last = stop;
    }
    return all;
  };
  for (let n = 0; n < 60; n++) {
    const [start, behavior, what] = [pick(40), pick(4) - 1, pick(5)];
    const bout = pick(Math.max(own.bouts.length, 1));
    const before = frames(own.bouts);
    if (what === 0) {
      const stop = start + 1 + pick(40 - start);
      own.replace(start, stop, behavior < 0 ? [] : [[start, stop, behavior]]);
      before.fill(behavior, start, stop);
      if (String(frames(own.bouts)) !== String(before)) throw new Error("replaced");
    } else if (what === 1) {
      own.split(start);
      if (String(frames(own.bouts)) !== String(before)) throw new Error("split");
    } else if (own.bouts.length) {
      if (what === 2) own.rename(bout, behavior);
      if (what === 3) own.setStart(bout, start);
      if (what === 4) own.setStop(bout, start);
      frames(own.bouts);
    }
    if (own.edits.length === history.length) history.push(JSON.stringify(own.bouts));
  }
  const last = history.length - 1;
  for (let n = last; n > 0; n--) {
    if (JSON.stringify(own.bouts) !== history[n]) throw new Error(`undone to ${n}`);
    own.undo();
  }
  if (own.undo() || JSON.stringify(own.bouts) !== history[0]) throw new Error("undone");
  while (own.redo());
  if (JSON.stringify(own.bouts) !== history[last]) throw new Error("done again");
  return last;
}"""


def test_any_edits_leave_bouts_in_order_and_are_all_taken_back(steady):
    for seed in range(1, 60):
        assert steady.evaluate(ANY_EDITS, seed) > 10


# 3. Out of the page


def save(page, form, folder):
    page.select_option("#format", form)
    with page.expect_download() as download:
        page.click("#save")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("video", ["steady", "ntsc", "varying"])
def test_each_file_is_read_by_our_reader_frame_for_frame(
    reviewed, study, open_page, tmp_path, video
):
    page = open_page(reviewed / f"{video}.html")
    for frame, keys in ((70, "x Delete"), (12, "3 x"), (42, "2")):
        go(page, frame)
        press(page, keys)
    wanted = codes_of(bouts_of(page))
    assert (wanted == -1).sum() >= 20
    time_s = study.read_times(video)
    choice = make_choice("annotator_1", study.names[video], f"{video}.mkv", {})
    for form, called, name in (
        ("csv", "table of intervals", f"{video}.csv"),
        ("boris", "BORIS project", f"{video}.boris"),
        ("mit", "MIT text", f"{video}.txt"),
    ):
        path = save(page, form, tmp_path)
        read = read_annotation_file(path, VOCABULARY, time_s, AnnotationOptions(), choice)
        assert (path.name, read.format, read.problems, read.warnings) == (name, called, (), ())
        codes = label_frames(read.bouts, N_FRAMES, VOCABULARY)
        assert codes.tolist() == wanted.tolist(), form


def test_what_was_not_corrected_comes_back_as_it_was(reviewed, study, steady, tmp_path):
    path = save(steady, "csv", tmp_path)
    choice = make_choice("annotator_1", "steady", "steady.mkv", {})
    read = read_annotation_file(path, VOCABULARY, None, AnnotationOptions(), choice)
    was = read_annotation(study.root / "annotations" / "annotator_1" / "steady.parquet", [*COLORS])
    assert label_frames(read.bouts, N_FRAMES, VOCABULARY).tolist() == was.tolist()


def test_a_boris_project_is_what_the_library_makes_of_it(steady, tmp_path):
    project = json.loads(save(steady, "boris", tmp_path).read_text(encoding="ascii"))
    (observation,) = project["observations"].values()
    assert observation["events"][:2] == [
        [pytest.approx(5 / 30, abs=6e-4), "", "eat", "", "", 5],
        [1.0, "", "eat", "", "", 30],
    ]
    assert observation["events"][-1][0] == 3.0
    (length_s,) = observation["media_info"]["length"].values()
    assert length_s == 3.001
    assert observation["file"] == {"1": ["../steady.mkv"]}


# 4. For everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_review(reviewed, open_page, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(reviewed / "steady.html", color_scheme=scheme)
    press(page, "n Enter")
    found = axe.Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not grave, [(one["id"], [node["html"] for node in one["nodes"]]) for one in grave]


def test_a_phone_shows_the_review_without_scrolling_aside(reviewed, open_page):
    page = open_page(
        reviewed / "steady.html", viewport={"width": 360, "height": 740}, has_touch=True
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.is_visible("#clips") and page.is_visible("#save")


# 4. All of it is seen


SHOWN = """() => {
  const box = (name) => [...document.querySelectorAll(name)].map((one) => {
    const range = document.createRange();
    range.selectNodeContents(one);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    return [left, top, right, bottom];
  });
  const { stage, tracks } = homecage.timeline;
  const { top } = stage.getBoundingClientRect();
  const cut = [...document.querySelectorAll(".labels button span, #clips span:not(.rest)")];
  return {
    beside: [".screen", "#clips", "#worth"].flatMap((name) => {
      const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
      return [[left, top, right, bottom]];
    }).concat(box(".now :is(th, td)"), box(".panel .controls, .clock")).filter(([l, , r]) => r > l),
    wide: document.documentElement.scrollWidth,
    cut: cut.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent),
    rows: tracks.filter((one) => one.row && top + one.top + one.height <= innerHeight).length,
  };
}"""
LONG = "TCN on twelve hand-made numbers"


def overlap(one, other):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > 1
        and min(one[3], other[3]) - max(one[1], other[1]) > 1
    )


@pytest.fixture(scope="session")
def long(reviewed, tmp_path_factory):
    """A page of six methods with long names, and of reasons that name them all."""
    folder = tmp_path_factory.mktemp("long")
    for path in reviewed.glob("steady.*"):
        shutil.copy2(path, folder)
    path = folder / "steady.data.js"
    told = json.loads(path.read_text().removeprefix("window.homecageData=").removesuffix(";\n"))
    told["behaviors"][0]["name"] = "micromovement"
    *people, net, rule = told["rows"]
    others = [rule | {"id": f"rule{n}"} for n in range(4)]
    told["rows"] = [*people, *(row | {"title": LONG} for row in (net, rule, *others))]
    for clip in told["review"]["clips"]:
        clip[-1] = f"{LONG} says eat, but {', '.join([LONG] * 3)} groom (1.2 s); {clip[-1] * 3}"
    path.write_text(f"window.homecageData={json.dumps(told)};")
    return folder / "steady.html"


@pytest.mark.parametrize("width", [360, 500, 1100, 1300, 1440, 1920])
def test_long_names_lie_over_nothing_and_leave_six_rows_in_sight(long, open_page, width):
    page = open_page(long, viewport={"width": width, "height": 900})
    for keys in ("", "n", "e"):
        press(page, keys)
        seen = page.evaluate(SHOWN)
        assert seen["wide"] <= width and (width < 500 or not seen["cut"])
        assert seen["rows"] >= 6 or width < 1300
        laid = seen["beside"]
        assert len(laid) > 20 and all(0 <= one[0] < one[2] <= width for one in laid)
        assert not [(a, b) for n, a in enumerate(laid) for b in laid[:n] if overlap(a, b)]
    go(page, 60)
    page.evaluate("homecage.model.behaviors[0].name = 'micromovement of the paws'")
    go(page, 10)
    swatch, name = (page.locator(f".look >> span >> nth={n}").bounding_box() for n in (0, 1))
    assert name["x"] >= swatch["x"] + swatch["width"]
    assert name["y"] < swatch["y"] + swatch["height"]
    assert page.locator(f".labels [title='{LONG}']").count() == 6
