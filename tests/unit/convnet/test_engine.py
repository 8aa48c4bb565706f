import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.clips.options import ClipOptions
from homecage.clips.tiling import count_clips
from homecage.convnet.engine import PlainEngine, batch_clips, describe_clips
from homecage.convnet.network import Convnet, Shape, initialize
from homecage.convnet.options import NetworkOptions


def make_convnet():
    options = NetworkOptions(
        channels=(2, 3, 3, 4, 4), descriptor=6, initialization="he", pixel_scale=64
    )
    network = Convnet(Shape(8, 32, options))
    initialize(network, torch.Generator().manual_seed(3))
    return network.eval()


def split(frames, sizes):
    start = 0
    for size in sizes:
        yield frames[start : start + size]
        start += size
    yield frames[start:]


@given(
    st.integers(8, 60),
    st.lists(st.integers(1, 20), max_size=5),
    st.integers(1, 6),
    st.integers(1, 5),
)
def test_batches_hold_every_clip_once_in_order_for_any_blocks(n_frames, sizes, batch_size, stride):
    geometry = ClipOptions(stride=stride)
    frames = np.arange(n_frames, dtype=np.int64).reshape(-1, 1, 1, 1)
    clips = np.concatenate(list(batch_clips(split(frames, sizes), geometry, batch_size)))[
        ..., 0, 0, 0
    ]
    starts = np.arange(count_clips(n_frames, geometry)) * stride
    assert np.array_equal(clips, starts[:, None] + np.arange(8))


@settings(deadline=None, max_examples=10)
@given(st.integers(8, 40), st.lists(st.integers(1, 20), max_size=3))
def test_blocks_change_no_number(n_frames, sizes):
    frames = np.random.default_rng(n_frames).integers(0, 256, (n_frames, 32, 32, 3), dtype=np.uint8)
    engine = PlainEngine(make_convnet(), ClipOptions(), batch_size=4)
    whole, parts = (
        [
            np.concatenate([d.fc6 for d in described]),
            np.concatenate([d.probability for d in described]),
        ]
        for described in (
            list(engine.describe([frames])),
            list(engine.describe(split(frames, sizes))),
        )
    )
    assert np.array_equal(whole[0], parts[0]) and np.array_equal(whole[1], parts[1])


def test_each_clip_is_described_by_itself():
    convnet = make_convnet()
    frames = np.random.default_rng(0).integers(0, 256, (21, 32, 32, 3), dtype=np.uint8)
    described = list(PlainEngine(convnet, ClipOptions(), batch_size=3).describe([frames]))
    fc6 = np.concatenate([d.fc6 for d in described])
    probability = np.concatenate([d.probability for d in described])
    for k in range(7):
        clip = torch.from_numpy(frames[2 * k : 2 * k + 8])[None]
        with torch.inference_mode():
            activation = convnet.activate_fc6(convnet.scale(clip))[0]
            softmax = F.softmax(convnet(clip)[0], dim=0)
        np.testing.assert_allclose(fc6[k], activation / activation.norm(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(probability[k], softmax, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(fc6, axis=1), 1, rtol=1e-5)


def test_a_zero_descriptor_stays_zero():
    convnet = make_convnet()
    with torch.no_grad():
        convnet.fc6.weight.zero_()
        convnet.fc6.bias.fill_(-1)
    described = describe_clips(convnet, torch.zeros((2, 8, 32, 32, 3), dtype=torch.uint8))
    assert (described.fc6 == 0).all()
    assert described.probability.sum(axis=1) == pytest.approx(1)
