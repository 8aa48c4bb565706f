"""Names can be planned with, without simulating."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from homecage.simulate.names import (
    clip_folder_names,
    is_night,
    names_annotated_twice,
    source_names,
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
    sources = [source for folder in clipped for source in source_names(folder)]
    assert len({*full, *sources}) == len(full) + len(sources)
    assert all(name.isalnum() and name.isascii() for name in [*full, *clipped, *sources])
    both = names_annotated_twice(options)
    assert len(set(both)) == len(both) == min(twice, videos)
    assert set(both) <= set(full)


def test_a_folder_holds_clips_of_other_sources_too() -> None:
    folder = clip_folder_names(SimulationOptions())[0]
    assert source_names(folder)[0] == folder
    assert len(source_names(folder)) > 1


def test_naming_imports_nothing_heavy() -> None:
    program = (
        "import sys, homecage.simulate.names;"
        "print([m for m in ('numpy', 'cv2', 'torch', 'ffmpeg') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
