"""Names can be planned with, without simulating."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.simulate.names import (
    clip_folder_names,
    house,
    is_night,
    names_annotated_twice,
    session_names,
    video_names,
)
from homecage.simulate.options import SimulationOptions


def test_default_names_are_unmistakably_simulated() -> None:
    names = video_names(SimulationOptions())
    assert len(names) == len(set(names)) == 12
    assert names[0] == "sim01day" and names[8] == "sim09night"
    assert sum(is_night(name) for name in names) == 4


@given(videos=st.integers(3, 60), twice=st.integers(0, 80), folders=st.integers(1, 30))
def test_names_are_distinct_and_safe(videos: int, twice: int, folders: int) -> None:
    options = SimulationOptions(videos=videos, videos_annotated_twice=twice, clip_folders=folders)
    full, clipped = video_names(options), clip_folder_names(options)
    sessions = [name for folder in clipped for name in session_names(folder)]
    assert len({*full, *sessions}) == len(full) + len(sessions)
    assert all(name.isalnum() and name.isascii() for name in [*full, *clipped, *sessions])
    both = names_annotated_twice(options)
    assert len(set(both)) == len(both) == min(twice, videos)
    assert set(both) <= set(full)


def test_a_folder_holds_clips_of_other_sessions_too() -> None:
    folder = clip_folder_names(SimulationOptions())[0]
    assert session_names(folder)[0] == folder
    assert len(session_names(folder)) > 1


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("names", ("numpy", "cv2", "torch", "ffmpeg")),
        ("plan", ("cv2", "torch", "ffmpeg", "pandas")),
    ],
)
def test_planning_imports_nothing_heavy(module: str, heavy: tuple[str, ...]) -> None:
    program = (
        f"import sys, homecage.simulate.{module};print([m for m in {heavy} if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"


def test_a_mouse_has_several_sessions_in_one_cage_and_none_is_in_videos_and_clips() -> None:
    options = SimulationOptions()
    full = [house(name, options) for name in video_names(options)]
    folders = clip_folder_names(options)
    clipped = [house(name, options) for folder in folders for name in session_names(folder)]
    for housed in (full, clipped):
        cages = {(one.animal, one.cage) for one in housed}
        assert len(cages) == len({animal for animal, _ in cages}) == len(housed) / 2
        assert len({(one.animal, one.session) for one in housed}) == len(housed)
        # Both ways round, and a cage is always the same way round.
        assert {one.mirrored for one in housed} == {True, False}
        assert len({(one.cage, one.mirrored) for one in housed}) == len({c for _, c in cages})
    assert {one.animal for one in full}.isdisjoint(one.animal for one in clipped)
    assert {one.cage for one in full}.isdisjoint(one.cage for one in clipped)
    assert len({one.cage for one in full}) < len({one.animal for one in full})
