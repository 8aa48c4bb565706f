"""A finished run, to change and to plan again."""

import shutil
from pathlib import Path

import pytest

from tests.project import Project


@pytest.fixture
def edited(simulated: Project, tmp_path: Path) -> Project:
    """A copy of the finished run, to change and to plan again."""
    shutil.copytree(simulated.path, tmp_path / "edited", symlinks=True)
    return Project(tmp_path / "edited")
