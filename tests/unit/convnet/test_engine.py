"""Engines: every clip once, and the fast ones against the plain one."""

from itertools import count

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.convnet import engine as engines
from homecage.convnet.engine import FrameEngine, PlainEngine, batch_frames
from homecage.convnet.network import Convnet, Shape, initialize
from homecage.convnet.openvino_engine import OpenVinoEngine
from homecage.convnet.options import NetworkOptions
from homecage.convnet.torch_engine import TorchEngine

F32, BF16 = torch.float32, torch.bfloat16


INPUTS = ("rgb", "gray+difference")


def make_convnet(length=8, size_px=32, channels=(2, 3, 3, 4, 4), seed=4, seen=INPUTS[0]):
    options = NetworkOptions(input=seen, channels=channels, descriptor=6)
    network = Convnet(Shape(length, size_px, ("rear", "rest", "walk"), options))
    initialize(network, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for layer in network.convolutions:  # biases that are not zero
            layer.bias.uniform_(-0.3, 0.3, generator=torch.Generator().manual_seed(seed))
    network.mean.copy_(torch.tensor([104.25, 117.5, 96.0]))
    return network.eval()


def make_frames(n_frames, size_px=32, seed=0):
    shape = (n_frames, size_px, size_px, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def split(frames, sizes):
    start = 0
    for size in sizes:
        yield frames[start : start + size]
        start += size
    yield frames[start:]


def describe(engine, blocks):
    """Return fc6 (C, D) and probability (C, K) of all clips."""
    described = list(engine.describe(blocks))
    return (
        np.concatenate([d.fc6 for d in described]),
        np.concatenate([d.probability for d in described]),
    )


def relative_error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def fast_engines(convnet, geometry, batch_size, precision):
    yield TorchEngine(convnet, geometry, batch_size, precision)
    yield OpenVinoEngine(convnet, geometry, batch_size, precision, threads=1)


@given(
    st.integers(8, 60),
    st.lists(st.integers(1, 20), max_size=5),
    st.integers(1, 6),
    st.integers(1, 5),
    st.integers(0, 2),
)
def test_batches_hold_every_clip_once_in_order_for_any_blocks(
    n_frames, sizes, batch_size, stride, n_before
):
    geometry = ClipGeometry(stride=stride)
    frames = np.arange(n_frames, dtype=np.uint8).reshape(-1, 1, 1, 1)
    starts = []
    for batch, n_clips in batch_frames(split(frames, sizes), geometry, batch_size, n_before):
        length = (n_clips - 1) * stride + geometry.length
        assert len(batch) == n_before + (batch_size - 1) * stride + geometry.length
        first = int(batch[n_before, 0, 0, 0])
        expected = first + np.arange(-n_before, length)
        assert np.array_equal(batch[: n_before + length, 0, 0, 0], expected.clip(0))
        starts += [first + i * stride for i in range(n_clips)]
    assert starts == [i * stride for i in range(count_clips(n_frames, geometry))]


@settings(max_examples=8)
@given(st.integers(8, 40), st.lists(st.integers(1, 20), max_size=3), st.sampled_from(INPUTS))
def test_blocks_change_no_number(n_frames, sizes, seen):
    convnet, frames = make_convnet(seen=seen), make_frames(n_frames)
    for engine in (
        PlainEngine(convnet, ClipGeometry(), batch_size=4),
        FrameEngine(make_convnet(length=1, seen=seen), ClipGeometry(), batch_size=4),
        *fast_engines(convnet, ClipGeometry(), 4, F32),
    ):
        whole, parts = describe(engine, [frames]), describe(engine, split(frames, sizes))
        assert np.array_equal(whole[0], parts[0]) and np.array_equal(whole[1], parts[1])


def test_results_are_waited_for_when_the_next_batches_are_under_way(monkeypatch):
    events, numbers = [], count()

    def note(tensors, fetch=engines.fetch):
        number, wait = next(numbers), fetch(tensors)
        events.append(f"begin {number}")

        def noted():
            events.append(f"wait {number}")
            return wait()

        return noted

    monkeypatch.setattr(engines, "fetch", note)
    describe(PlainEngine(make_convnet(), ClipGeometry(), batch_size=2), [make_frames(8 + 2 * 7)])
    assert events == [
        *("begin 0", "begin 1", "begin 2", "wait 0", "begin 3", "wait 1"),
        *("wait 2", "wait 3"),
    ]


class Alone(TorchDispatchMode):
    """Lets no tensor be used that is not on the meta device."""

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        result = operation(*arguments, **(options or {}))
        tensors = [x for x in tree_leaves([arguments, result]) if isinstance(x, torch.Tensor)]
        assert all(tensor.is_meta for tensor in tensors), operation
        return result


@pytest.mark.parametrize("batch_size", [1, 2, 7, 16])
def test_once_a_batch_is_on_the_device_nothing_is_sent_there_or_asked_of_it(
    monkeypatch, batch_size
):
    # A tensor of the meta device has no values: whatever depends on one raises.
    convnet = make_convnet().to("meta")
    engine = TorchEngine(convnet, ClipGeometry(), batch_size, BF16)
    pixels = torch.empty(2 * batch_size + 6, 32, 32, 3, dtype=torch.uint8, device="meta")
    monkeypatch.setattr(torch, "tensor", None)  # would send numbers
    with Alone():
        fc6 = engine.activate_fc6(convnet.scale(pixels[None])[0])
    assert fc6.shape == (batch_size, 6)


@pytest.mark.parametrize("seen", INPUTS)
def test_each_clip_is_described_by_itself_and_by_the_frame_before(seen):
    convnet, frames = make_convnet(seen=seen), make_frames(21)
    fc6, probability = describe(PlainEngine(convnet, ClipGeometry(), batch_size=3), [frames])
    n_before = convnet.shape.network.frames_before
    for k in range(7):
        numbers = np.arange(2 * k - n_before, 2 * k + 8).clip(0)  # before the first: the first
        clip = torch.from_numpy(frames[numbers])[None]
        with torch.inference_mode():
            activation = convnet.activate_fc6(convnet.scale(clip))[0]
            softmax = F.softmax(convnet(clip)[0], dim=0)
        np.testing.assert_allclose(fc6[k], activation / activation.norm(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(probability[k], softmax, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(fc6, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("seen", INPUTS)
@pytest.mark.parametrize("stride", [2, 3, 8])
def test_a_2d_convnet_describes_a_clip_by_the_mean_of_its_frames(seen, stride):
    convnet, frames = make_convnet(length=1, seen=seen), make_frames(29)
    geometry = ClipGeometry(stride=stride, label_offset=0)
    fc6, probability = describe(FrameEngine(convnet, geometry, batch_size=3), [frames])
    assert len(fc6) == count_clips(29, geometry)
    n_before = convnet.shape.network.frames_before
    numbers = [np.arange(t - n_before, t + 1).clip(0) for t in range(29)]
    with torch.inference_mode():
        each = convnet.activate_fc6(convnet.scale(torch.from_numpy(frames[numbers])))
    for clip, (found, shown) in enumerate(zip(fc6, probability, strict=True)):
        mean = each[clip * stride : clip * stride + 8].mean(dim=0)
        np.testing.assert_allclose(found, mean / mean.norm(), rtol=1e-4, atol=1e-6)
        softmax = F.softmax(convnet.score(mean[None])[0], dim=0).detach()
        np.testing.assert_allclose(shown, softmax, rtol=1e-4)


@settings(max_examples=15)
@given(
    length=st.sampled_from([8, 16, 24, 40]),
    stride=st.integers(1, 9),
    extra=st.integers(0, 23),
    batch_size=st.integers(1, 7),
    size_px=st.sampled_from([32, 64]),
    channels=st.tuples(*[st.integers(1, 5)] * 5),
    seed=st.integers(0, 99),
    seen=st.sampled_from(INPUTS),
)
def test_sharing_changes_no_number_beyond_rounding(
    length, stride, extra, batch_size, size_px, channels, seed, seen
):
    geometry = ClipGeometry(length=length, stride=min(stride, length), label_offset=0)
    convnet = make_convnet(length, size_px, channels, seed, seen)
    frames = make_frames(length + extra, size_px, seed)
    plain = describe(PlainEngine(convnet, geometry, batch_size), [frames])
    for engine in fast_engines(convnet, geometry, batch_size, F32):
        for found, expected in zip(describe(engine, [frames]), plain, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seen", INPUTS)
@pytest.mark.parametrize("n_frames", [8, 9, 11, 22, 23])
def test_the_shortest_videos_and_the_borders_of_batches(n_frames, seen):
    convnet, geometry = make_convnet(seen=seen), ClipGeometry()
    frames = make_frames(n_frames)
    plain = describe(PlainEngine(convnet, geometry, batch_size=64), [frames])
    assert len(plain[0]) == count_clips(n_frames, geometry)
    for batch_size in (1, 2, 8, 64):
        for engine in fast_engines(convnet, geometry, batch_size, F32):
            for found, expected in zip(describe(engine, [frames]), plain, strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("seen", INPUTS)
def test_bfloat16_stays_near_float32(seen):
    convnet = make_convnet(size_px=64, channels=(16, 32, 32, 32, 32), seen=seen)
    frames = make_frames(30, 64)
    plain, _ = describe(PlainEngine(convnet, ClipGeometry(), 4), [frames])
    in_bf16 = [PlainEngine(convnet, ClipGeometry(), 4, BF16)]
    for engine in [*in_bf16, *fast_engines(convnet, ClipGeometry(), 4, BF16)]:
        fc6, _ = describe(engine, [frames])
        assert 1e-5 < relative_error(fc6, plain) < 1e-2, type(engine).__name__


@pytest.mark.parametrize("make", [PlainEngine, TorchEngine, OpenVinoEngine])
def test_a_zero_descriptor_stays_zero(make):
    convnet = make_convnet()
    with torch.no_grad():
        convnet.fc6.weight.zero_()
        convnet.fc6.bias.fill_(-1)
    more = {PlainEngine: (), TorchEngine: (F32,), OpenVinoEngine: (F32, 1)}[make]
    fc6, probability = describe(make(convnet, ClipGeometry(), 2, *more), [make_frames(10)])
    assert (fc6 == 0).all()
    assert probability.sum(axis=1) == pytest.approx(1)
