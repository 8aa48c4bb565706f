"""What the speed card compares is the same work: at a small size, on the CPU."""

import numpy as np
import pytest
import torch

from homecage.convnet.options import NetworkOptions
from tests.bench.extract import CPU, make_ours, make_reference

NETWORK = NetworkOptions(channels=(4, 8, 8, 8, 8), descriptor=16)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last_3d])
@pytest.mark.parametrize("where", ["memory", "store"])
def test_both_describe_all_clips_alike(
    tmp_path, write_frame_store, random_frames, where, layout, precision
):
    source = 21  # clips
    if where == "store":
        source = write_frame_store(tmp_path / "mouse.zarr", random_frames(2 * 20 + 8, size_px=32))
    ours = make_ours(source, CPU, NETWORK, 32)()
    reference = make_reference(source, CPU, 4, precision, layout, NETWORK, 32)()
    for found, expected in zip(ours, reference, strict=True):
        assert len(found) == len(expected) == 21
        assert np.linalg.norm(found - expected) / np.linalg.norm(expected) < 2e-2
