"""Video and ethogram in step: exact frames, playing, keys, jumps, zoom, and words for a missing file."""

import re
import shutil

import pytest

from tests.browser.conftest import N_FRAMES
from tests.filming import BITS, BLOCK_PX, DATA_LABEL, HEIGHT_PX, WIDTH_PX

READ = f"""() => {{
  const video = document.getElementById("video");
  const canvas = new OffscreenCanvas({WIDTH_PX}, {HEIGHT_PX});
  const ctx = canvas.getContext("2d", {{ willReadFrequently: true }});
  ctx.drawImage(video, 0, 0, {WIDTH_PX}, {HEIGHT_PX});
  let number = 0;
  for (let bit = 0; bit < {BITS}; bit++)
    if (ctx.getImageData((bit + 0.5) * {BLOCK_PX}, {HEIGHT_PX // 2}, 1, 1).data[0] > 127) number += 2 ** bit;
  return number;
}}"""
SETTLED = """() => !document.getElementById("video").seeking && homecage.player.wanted === null
  && document.getElementById("video").readyState >= 2"""


def settle(page):
    """Wait until the video shows what was asked for; return the number in its pixels."""
    page.wait_for_function(SETTLED)
    return page.evaluate(READ)


def said(page):
    """Return the frame that the page says it shows."""
    return int(page.inner_text("#frame"))


@pytest.fixture
def steady(study, open_page):
    page = open_page(study.root / "viewer" / "steady.html")
    settle(page)
    return page


def test_a_page_opens_from_disk_and_says_what_it_shows(steady):
    assert steady.title() == "A steady one · homecage"
    assert steady.inner_text("h1") == "A steady one" and DATA_LABEL in steady.inner_text("header")
    heads = steady.locator("#now th").all_inner_texts()
    assert heads == ["annotator 1 (truth)", "annotator 2", "A net", "A rule"]
    assert steady.locator("#videos option").all_inner_texts() == [
        "A steady one",
        "A ntsc one",
        "A varying one",
    ]
    assert steady.locator("#videos").input_value() == "steady.html"
    assert not steady.is_visible("#trouble")


@pytest.mark.parametrize("video", ["steady", "ntsc", "varying"])
def test_the_frame_that_is_asked_for_is_shown(study, open_page, video):
    page = open_page(study.root / "viewer" / f"{video}.html")
    times = study.read_times(video)
    for frame in (0, 1, 2, 88, 89, 47, 46, 45, 13, 14, 60, 11, 12, 36, 24, 71):
        page.evaluate("frame => homecage.seekTo(frame)", frame)
        assert (settle(page), said(page)) == (frame, frame)
        hours, minutes, seconds = page.inner_text("#time").split(":")
        assert 3600 * int(hours) + 60 * int(minutes) + float(seconds) == pytest.approx(
            times[frame], abs=6e-4
        )
        assert page.evaluate("time => homecage.model.frameAt(time)", times[frame]) == frame


@pytest.mark.parametrize("video", ["ntsc", "varying"])
def test_what_is_played_is_what_is_said(study, open_page, video):
    page = open_page(study.root / "viewer" / f"{video}.html")
    settle(page)
    for key in ("s", "s", "Space"):
        page.keyboard.press(key)
    page.wait_for_function("homecage.player.frame > 5")
    assert page.inner_text("#play") == "Pause"
    page.keyboard.press("Space")
    page.wait_for_function("!homecage.player.playing")
    assert settle(page) == said(page) > 5
    page.keyboard.press("End")
    page.evaluate(
        """() => {
          window.seen = [];
          homecage.addEventListener("frame", () => seen.push(homecage.player.frame));
        }"""
    )
    page.select_option("#speed", "4")
    page.click("#play")  # From the end it begins again.
    page.wait_for_function("seen.length > 2 && seen.at(-1) === 89 && !homecage.player.playing")
    assert settle(page) == 89
    seen = page.evaluate("seen")
    assert seen[0] == 0 and seen == sorted(seen)


def test_arrows_step_by_a_frame_and_by_a_second(steady):
    for key, frame in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("Shift+ArrowRight", 32),
        ("ArrowLeft", 31),
        ("Shift+ArrowLeft", 1),
        ("End", 89),
        ("ArrowRight", 89),
        ("Home", 0),
        ("ArrowLeft", 0),
    ):
        steady.keyboard.press(key)
        assert (settle(steady), said(steady)) == (frame, frame)
    steady.click("#forward")
    assert settle(steady) == 1


def test_steps_that_come_faster_than_the_video_end_where_they_should(steady):
    for _ in range(25):
        steady.keyboard.press("ArrowRight")
    assert (settle(steady), said(steady)) == (25, 25)


def test_speeds_are_of_real_time_also_where_frames_come_at_varying_times(study, open_page, steady):
    rate = "document.getElementById('video').playbackRate"
    speeds = steady.locator("#speed option").all_inner_texts()
    assert speeds == ["0.25 ×", "0.5 ×", "1 ×", "2 ×", "4 ×", "8 ×"]
    for text, speed in zip(speeds, (0.25, 0.5, 1, 2, 4, 8), strict=True):
        steady.select_option("#speed", label=text)
        assert steady.evaluate(rate) == speed
    steady.locator("#speed").blur()
    for key, speed in (("f", 8), ("s", 4), ("s", 2), ("f", 4)):
        steady.keyboard.press(key)
        assert (steady.evaluate(rate), steady.locator("#speed").input_value()) == (
            speed,
            str(speed),
        )
    varying = open_page(study.root / "viewer" / "varying.html")
    settle(varying)
    times = study.read_times("varying")
    mean = (N_FRAMES - 1) / (times[-1] - times[0])
    for frame in (20, 41):
        varying.evaluate("frame => homecage.seekTo(frame)", frame)
        around = 8 / (times[frame + 4] - times[frame - 4])
        assert varying.evaluate(rate) == pytest.approx(around / mean, rel=0.03)


def test_keys_jump_to_bouts_disagreements_and_doubts(steady):
    # The net's bouts begin at 0, 30, 40, 50, 63; it is wrong in 40 to 50 and 60 to 63, and doubts 20 to 25.
    for keys, frames in (
        ("b b b", [30, 40, 50]),
        ("B", [40]),
        ("Home d d d", [0, 40, 60, 60]),
        ("D D", [40, 40]),
        ("Home c c C", [0, 20, 20, 20]),
        ("w w w W", [40, 60, 60, 40]),
    ):
        found = []
        for key in keys.split():
            steady.keyboard.press(f"Shift+{key}" if key.isupper() else key)
            found.append(said(steady))
        assert found == frames, keys
    assert "Disagreement 1 of 2 by length, 10 frames: frame 40" in steady.inner_text("#live")
    steady.keyboard.press("Home")
    steady.keyboard.press("ArrowUp")  # Annotator 2, whose only change is at 33.
    steady.keyboard.press("b")
    assert said(steady) == 33
    assert steady.inner_text("#live") == "annotator 2: groom, frame 33"
    steady.keyboard.press("b")
    assert steady.inner_text("#live") == "No later bout"
    steady.select_option("#threshold", "0.4")
    steady.click("#next-doubt")
    assert steady.inner_text("#live") == "No later low confidence"


def test_the_errors_of_the_method_that_is_selected_are_shown(steady):
    runs = "[...homecage.timeline.disagreements]"
    assert steady.evaluate(runs) == [[40, 50], [60, 63]]
    assert steady.inner_text("#judged") == "Disagreement: A net and annotator 1 (truth)"
    steady.get_by_role("radio", name="A rule").click()
    assert steady.evaluate(runs) == [[30, 35]]
    assert steady.inner_text("#judged") == "Disagreement: A rule and annotator 1 (truth)"
    steady.get_by_role("radio", name="annotator 2").click()  # No method: nothing changes.
    steady.keyboard.press("w")
    assert said(steady) == 30
    # Of the 85 frames that annotator 1 labels; annotator 2 says eat to 33 and groom to the end.
    agreements = steady.locator("#now td:last-child").all_inner_texts()
    assert agreements == ["", "61.2 %", "84.7 %", "94.1 %"]


def test_an_address_names_a_row_and_frames(steady):
    """As the page on the whole experiment does: of the worst error of a method."""
    steady.evaluate("location.hash = 'row=rule&frames=30-35'")
    steady.wait_for_function("homecage.player.frame === 30")
    assert settle(steady) == said(steady) == 30
    assert steady.inner_text("#judged") == "Disagreement: A rule and annotator 1 (truth)"
    steady.reload()
    steady.wait_for_function("homecage.player.frame === 30")
    assert settle(steady) == 30
    steady.evaluate("location.hash = 'row=nobody&frames=35-900'")
    assert said(steady) == 30


def test_without_annotation_methods_disagree_with_each_other(study, open_page):
    page = open_page(study.root / "viewer" / "ntsc.html")
    # The net and the rule differ from 30 to 35, 40 to 50 and 60 to 63.
    runs = page.evaluate("[...homecage.timeline.disagreements]")
    assert runs == [[30, 35], [40, 50], [60, 63]]
    # What was looked at is framed: the left half.
    box, frame = page.locator("#video").bounding_box(), page.locator("#crop").bounding_box()
    assert frame["x"] == pytest.approx(box["x"], abs=1)
    assert frame["width"] == pytest.approx(box["width"] / 2, abs=1)


def test_what_is_said_of_a_frame_stands_beside_it_and_under_the_pointer(steady):
    steady.evaluate("homecage.seekTo(45)")
    cells = steady.locator("#now tr").all_inner_texts()
    assert [re.sub(r"\s+", " ", cell).strip() for cell in cells] == [
        "annotator 1 (truth) groom",
        "annotator 2 groom 61.2 %",
        "A net eat p 0.90 84.7 %",
        "A rule groom 94.1 %",
    ]
    box = steady.locator(".stage").bounding_box()
    steady.mouse.move(box["x"] + (2 + 0.5) / N_FRAMES * box["width"], box["y"] + 40)
    assert steady.inner_text(".tip").splitlines() == [
        "0:00:00.067  ·  frame 2",
        "annotator 1 (truth): not labeled",
        "annotator 2: eat",
        "A net: eat (p 0.90)",
        "A rule: eat",
    ]


def test_the_ethogram_is_zoomed_scrolled_and_clicked(steady):
    def view():
        return steady.evaluate("[homecage.timeline.view.from, homecage.timeline.view.to]")

    box = steady.locator(".stage").bounding_box()
    middle = box["y"] + 40
    steady.mouse.click(box["x"] + (70 + 0.5) / N_FRAMES * box["width"], middle)
    assert (settle(steady), said(steady)) == (70, 70)
    steady.keyboard.press("+")
    start, stop = view()
    assert stop - start == pytest.approx(45) and start < 70 < stop
    steady.mouse.move(box["x"] + box["width"] / 2, middle)
    steady.mouse.down()
    steady.mouse.move(box["x"] + 0.75 * box["width"], middle, steps=3)
    steady.mouse.up()
    assert view()[0] == pytest.approx(start - 45 / 4, abs=0.5)
    assert said(steady) == 70  # A drag is no click.
    under = steady.evaluate("homecage.timeline.frameAtX(300)")
    steady.mouse.move(box["x"] + 300, middle)
    steady.mouse.wheel(0, -120)
    assert view()[1] - view()[0] < 40
    assert abs(steady.evaluate("homecage.timeline.frameAtX(300)") - under) <= 1
    steady.keyboard.press("0")
    assert view() == [0, N_FRAMES]
    steady.keyboard.press("+")
    steady.keyboard.press("Home")  # The view follows.
    assert view()[0] == 0


def test_what_was_clicked_gives_the_keyboard_back(steady):
    steady.keyboard.press("s")
    steady.keyboard.press("s")  # It is not to end meanwhile.
    for used in ("#next-bout", "#traces", "#help"):
        steady.click(used)
        steady.keyboard.press("Escape")
        steady.keyboard.press("Space")
        steady.wait_for_function("homecage.player.playing")
        steady.keyboard.press("Space")
        steady.wait_for_function("!homecage.player.playing")
    assert not steady.is_checked("#traces")
    steady.focus("#next-bout")  # By Tab: then it is the button's.
    steady.keyboard.press("Home")
    steady.keyboard.press("Space")
    assert said(steady) == 30 and not steady.evaluate("homecage.player.playing")


@pytest.mark.parametrize("text, frame", [("31", 31), ("0:01.5", 45), ("1.5s", 45), ("9999", 89)])
def test_a_frame_or_a_time_is_gone_to(steady, text, frame):
    steady.keyboard.press("g")
    steady.keyboard.type(text)
    steady.keyboard.press("Enter")
    assert (settle(steady), said(steady)) == (frame, frame)


def test_help_lists_all_keys_and_lets_none_through(steady):
    steady.keyboard.press("?")
    assert steady.is_visible("#keys")
    text = steady.inner_text("#keys")
    for told in (
        "play, pause",
        "next, previous disagreement",
        "next, previous low confidence",
        "zoom in, out",
    ):
        assert told in text
    steady.keyboard.press("ArrowRight")
    assert said(steady) == 0
    steady.keyboard.press("Escape")
    assert not steady.is_visible("#keys")


def test_drawing_is_bounded_by_the_width_and_not_by_the_bouts(steady):
    n_drawn = steady.evaluate(
        """() => {
          const bouts = Array.from({ length: 200000 }, (_, i) =>
            [13 * i, 13 * i + 1 + (i % 12), (i >> 8) % 3]);
          const row = new Row("long", "A day", "method", bouts);
          const { timeline } = homecage;
          let n = 0;
          const ctx = new Proxy({}, {
            get: (_, name) => name === "fillRect" ? () => n++ : name === "createPattern" ?
              () => ({ setTransform() {} }) : () => ({ width: 1 }),
            set: () => true,
          });
          timeline._drawRow(ctx, row, { top: 0, height: 20 }, { from: 0, to: 2600000 }, 1000, true);
          return n;
        }"""
    )
    assert 500 < n_drawn <= 1000


def test_a_page_without_its_video_or_its_data_says_so_in_words(study, open_page, tmp_path):
    for ending in ("html", "data.js"):
        shutil.copy(study.root / "viewer" / f"steady.{ending}", tmp_path)
    page = open_page(tmp_path / "steady.html", expected="ERR_FILE_NOT_FOUND")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "The video cannot be played" in page.inner_text("#trouble")
    assert "steady.mp4 must lie beside this page" in page.inner_text("#trouble")
    page.keyboard.press("d")
    assert said(page) == 40  # The ethogram is there all the same.
    (tmp_path / "steady.data.js").unlink()
    page = open_page(tmp_path / "steady.html", expected="ERR_FILE_NOT_FOUND", ready=False)
    assert page.inner_text("#trouble").startswith("The data of this page are missing")
    (tmp_path / "steady.data.js").write_text('window.homecageData={"version":999};')
    page = open_page(tmp_path / "steady.html", expected="ERR_FILE_NOT_FOUND", ready=False)
    assert "of another version of homecage: make the page again" in page.inner_text("#trouble")
