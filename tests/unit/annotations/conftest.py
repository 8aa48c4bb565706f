"""Reading a text, or a file of another project, as the annotation of a video of even frames."""

from pathlib import Path

import numpy as np
import pytest

from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import read_annotation_file
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import Choice

FORMATS = Path(__file__).parents[4] / "shared" / "data" / "formats"
"""Files from other people's projects, which are read where they are."""


def find_fixture(name):
    """Return one of them, or skip the test, by its name."""
    if not (path := FORMATS / name).exists():
        pytest.skip(f"the annotation file shared/data/formats/{name} is not here")
    return path


@pytest.fixture
def read(tmp_path):
    """Read a text, the bytes of a file, or a file, with these behaviors, as one of ``n_frames`` frames."""

    def read_as(
        source, behaviors="walk rest", n_frames=1000, rate_fps=25.0, *, ignored=(), **asked
    ):
        if isinstance(source, Path):
            path = source
        else:
            path = tmp_path / "a.txt"
            path.write_bytes(source if isinstance(source, bytes) else source.encode())
        names = behaviors.split() if isinstance(behaviors, str) else behaviors
        vocabulary = Vocabulary(
            behaviors=tuple(Behavior(name=name) for name in names), ignored_labels=ignored
        )
        options = {key: asked.pop(key) for key in AnnotationOptions.model_fields if key in asked}
        time_s = None if n_frames is None else np.arange(n_frames) / rate_fps
        return read_annotation_file(
            path, vocabulary, time_s, AnnotationOptions(**options), Choice(**asked)
        )

    return read_as


def list_bouts(annotation):
    """Return (start, stop, behavior) of a file without problems, in the order of time."""
    assert not annotation.problems, annotation.problems
    found = [(bout.start, bout.stop, bout.behavior) for bout in annotation.bouts]
    return sorted(found, key=lambda bout: bout[:2])


def list_problems(annotation):
    """Return the problems, without their file."""
    return [str(problem).partition(": ")[2] for problem in annotation.problems]
