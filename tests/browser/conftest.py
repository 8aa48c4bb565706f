"""A browser, and the pages of a small study opened in it."""

import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.filming import Study, film, say

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
N_FRAMES = 90
RATES = {"steady": Fraction(30), "ntsc": Fraction(30000, 1001)}
VARYING_MS = np.cumsum([0, *np.tile([20, 40, 33, 120, 33], N_FRAMES)])[:N_FRAMES].tolist()
"""When the frames of the third video are shown."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; skipped, by name, where there is none or it cannot be started."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is not installed: tests/browser/install.sh")
    with playwright.sync_playwright() as started:
        # A page from disk may play a video and not read its pixels; these tests do.
        arguments = ["--no-sandbox", "--allow-file-access-from-files"]
        try:
            browser = started.chromium.launch(executable_path=program, args=arguments)
        except playwright.Error as error:
            pytest.skip(f"{program} cannot be started: {error}")
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page from disk; errors in it fail the test, and so does whatever is not from disk."""
    contexts, troubles = [], []

    def open_one(
        path: Path, *, address: str = "", expected: str = "", ready: bool = True, **how: Any
    ) -> Any:
        how.setdefault("viewport", {"width": 1280, "height": 900})
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)

        def note(text: str) -> None:
            if not expected or expected not in text:
                troubles.append(text)

        page.on("pageerror", lambda error: note(str(error)))
        page.on("console", lambda said: said.type in ("error", "warning") and note(said.text))
        page.on(
            "request", lambda asked: asked.url.startswith(("file:", "data:")) or note(asked.url)
        )
        page.goto(path.as_uri() + address)
        if ready:
            page.wait_for_selector("html[data-ready]")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Three videos, at 30 and 29.97 frames/s and at a varying rate, and all that is said of them.

    What annotator 1 says: eat from 5 on, groom from 30, rest from 60. The net is right but from 40 to 50,
    where it says eat, and from 60 to 63, where it still says groom; it doubts frames 20 to 25.
    """
    root = tmp_path_factory.mktemp("study")
    study = Study(root)
    true = say(N_FRAMES, (5, 0), (30, 1), (60, 2))
    net = say(N_FRAMES, (0, 0), (30, 1), (40, 0), (50, 1), (63, 2))
    rule = say(N_FRAMES, (0, 0), (35, 1), (60, 2))
    sure = np.full(N_FRAMES, 0.9)
    sure[20:25] = 0.45
    ticks = {name: (range(N_FRAMES), 1 / rate) for name, rate in RATES.items()}
    ticks["varying"] = (VARYING_MS, Fraction(1, 1000))
    for video, (shown, tick_s) in ticks.items():
        ending = "mkv" if video == "varying" else "avi"
        assert (
            study.add(video, f"A {video} one", film(root / f"{video}.{ending}", shown, tick_s))
            == N_FRAMES
        )
    for video in ticks:
        annotations = [study.annotate(video, "annotator_1", true)]
        if video == "steady":
            annotations.append(study.annotate(video, "annotator_2", say(N_FRAMES, (0, 0), (33, 1))))
        if video == "ntsc":  # Nobody has looked at it.
            annotations = []
        predictions = [
            study.predict(video, "net", net, sure),
            study.predict(video, "rule", rule, np.full(N_FRAMES, 0.6)),
        ]
        study.view(video, annotations, predictions, crop="0,0,96,96" if video == "ntsc" else "")
    return study
