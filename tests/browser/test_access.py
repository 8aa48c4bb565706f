"""The pages by keyboard, by day and by night colors, and at the width of a phone."""

import pytest

axe = pytest.importorskip("axe_playwright_python.sync_playwright")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(study, open_page, scheme):
    page = open_page(study.root / "viewer" / "steady.html", color_scheme=scheme)
    page.keyboard.press("w")
    for key in (None, "?"):
        if key:
            page.keyboard.press(key)
        found = axe.Axe().run(page).response["violations"]
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not grave, [(one["id"], [node["html"] for node in one["nodes"]]) for one in grave]


def test_night_colors_are_dark_and_day_colors_are_light(study, open_page):
    for scheme, dark in (("light", False), ("dark", True)):
        page = open_page(study.root / "viewer" / "steady.html", color_scheme=scheme)
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        level = [int(part) for part in color[4:-1].split(",")]
        assert (max(level) < 60) is dark and (min(level) > 200) is not dark


def test_a_phone_shows_all_of_it_without_scrolling_aside(study, open_page):
    page = open_page(
        study.root / "viewer" / "steady.html",
        viewport={"width": 360, "height": 740},
        has_touch=True,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.locator(".stage").bounding_box()
    assert box["width"] > 200
    # The video stays in sight of the ethograms; two fingers zoom, one scrolls.
    page.locator("#legend").scroll_into_view_if_needed()
    assert page.locator("#video").bounding_box()["y"] >= 0
    box = page.locator(".stage").bounding_box()
    touch = page.context.new_cdp_session(page)

    def send(kind, *places):
        points = [{"x": box["x"] + x, "y": box["y"] + 150, "id": n} for n, x in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    view = "[homecage.timeline.view.from, homecage.timeline.view.to]"
    send("touchStart", 100)
    send("touchStart", 100, 140)
    send("touchMove", 90, 150)
    send("touchMove", 80, 160)
    send("touchEnd")
    start, stop = page.evaluate(view)
    assert stop - start == pytest.approx(45, abs=1) and start > 0
    send("touchStart", 150)
    for x in (140, 120, 100):
        send("touchMove", x)
    send("touchEnd")
    assert page.evaluate(view)[0] > start


def test_every_control_is_reached_by_tab(study, open_page):
    page = open_page(study.root / "viewer" / "steady.html")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.id || document.activeElement.dataset.row")
        )
    wanted = page.evaluate(
        "[...document.querySelectorAll('main button[id], select, input')].map(one => one.id)"
    )
    assert set(wanted) - {"keys-close"} <= reached
    assert "net" in reached  # The rows are one stop, at the chosen one.
