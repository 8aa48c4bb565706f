"""Trainings that wait, once they have saved their state, for what a test does to them.

So no test depends on how long a training takes. What makes them wait is code that cannot change a number,
and none of the fingerprint: they end in the bits of a training that nobody touched.
"""

from collections.abc import Iterable

from homecage.storage.checkpoints import EVERY_S
from tests.project import Project

_PAUSED = "HOMECAGE_TEST_PAUSED"
_SECOND = "00000001.pt"  # A training that goes on from it writes later ones, and waits no more.
_CODE = f"""

import signal

publish_at_once = publish


@contextmanager
def publish(path):
    with publish_at_once(path) as temporary:
        yield temporary
    paused = os.environ.get("{_PAUSED}", "").split(":")
    if path.name == "{_SECOND}" and str(path.parents[1]) in paused:
        signal.pause()
"""


def prepare(project: Project) -> None:
    """Make a project's trainings able to wait."""
    module = project.path / "workflow" / "homecage" / "storage" / "publish.py"
    module.write_text(module.read_text(encoding="utf-8") + _CODE, encoding="utf-8")


def pause(checkpoints: Iterable[str]) -> dict[str, str]:
    """Return the environment in which the trainings of some folders of checkpoints wait."""
    return {_PAUSED: ":".join(checkpoints), EVERY_S: "0"}


def is_waiting(project: Project, checkpoints: str) -> bool:
    """Whether a training has come to where it waits."""
    return any((project.path / checkpoints).glob(f"*/{_SECOND}"))
