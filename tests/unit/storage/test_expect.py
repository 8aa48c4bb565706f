"""A file that was made from something else is refused by name."""

from pathlib import Path

import pytest

from homecage.errors import StoreError
from homecage.storage.expect import expect

FOUND = {"representation": "fc6", "behaviors": ["rear", "walk"], "convnet_sha256": None}


def test_what_agrees_passes():
    expect(Path("a"), FOUND, representation="fc6", behaviors=("rear", "walk"), convnet_sha256=None)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"representation": "motion"}, 'a.zarr: its representation is "fc6", expected "motion"'),
        ({"behaviors": ("walk", "rear")}, r'is \["rear", "walk"\], expected \["walk", "rear"\]'),
        ({"convnet_sha256": "0f"}, 'its convnet_sha256 is null, expected "0f"'),
        ({"geometry": {"length": 8}}, r'says nothing of its geometry, expected \{"length": 8\}'),
    ],
)
def test_what_does_not_is_named(told, message):
    with pytest.raises(StoreError, match=message):
        expect(Path("a.zarr"), FOUND, **told)
