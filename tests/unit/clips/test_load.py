"""Reading clips: of their own stretch alone, in the order asked for."""

import numpy as np
import pytest
import torch

from homecage.clips.balance import balance_clips
from homecage.clips.draw import Clips, list_clips
from homecage.clips.load import FRAMES_PER_BLOCK, ClipReader
from homecage.clips.options import BalanceOptions, ClipGeometry
from homecage.errors import StoreError
from homecage.storage.stores import open_store

BEHAVIORS = ["drink", "groom", "rest"]


@pytest.fixture
def read(tmp_path, write_clip_store, random_frames):
    """Make a reader of two folders of clips."""
    behaviors = ["drink", "rest", "rest", "rest"]
    stores = [
        write_clip_store(
            tmp_path / f"{folder}.zarr",
            [(f"{folder}{i}", b, random_frames(17 + 9 * i, i)) for i, b in enumerate(behaviors)],
        )
        for folder in ("m", "n")
    ]
    balance_clips(
        clips=stores,
        table=tmp_path / "clips.tsv",
        behaviors=BEHAVIORS,
        geometry=ClipGeometry(),
        options=BalanceOptions(),
        seed=0,
        plan=tmp_path / "plan.tsv",
        counts=tmp_path / "counts.tsv",
    )

    def make(side="train", behaviors=BEHAVIORS, stores=stores, **told):
        return ClipReader(stores, tmp_path / "plan.tsv", side, behaviors, 8, **told)

    return make


def frames_of(tmp_path, stretch):
    return open_store(tmp_path / f"{stretch.store}.zarr", kind="clips")["frames"]


@pytest.mark.parametrize("side", ["train", "test"])
def test_a_clip_is_its_frames_and_its_behavior(read, tmp_path, side):
    reader = read(side)
    clips = list_clips(reader.side, 8)
    batch = reader.read(clips)
    for i, (number, start) in enumerate(zip(clips.stretch, clips.start, strict=True)):
        stretch = reader.side.stretches[number]
        assert np.array_equal(batch.clips[i], frames_of(tmp_path, stretch)[start : start + 8])
        assert BEHAVIORS[batch.codes[i]] == stretch.behavior


@pytest.mark.parametrize("before", [1, 3])
def test_frames_before_a_clip_are_of_its_stretch_or_copies_of_its_first(read, tmp_path, before):
    reader = read(before=before)
    for number, stretch in enumerate(reader.side.stretches):
        own = frames_of(tmp_path, stretch)[stretch.start : stretch.stop]
        starts = np.arange(len(own) - 7)
        batch = reader.read(Clips(np.full(len(starts), number), stretch.start + starts))
        for start in starts:
            expected = own[np.clip(np.arange(start - before, start + 8), 0, None)]
            assert np.array_equal(batch.clips[start], expected)


@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("side", ["train", "test"])
def test_held_frames_give_the_same_clips(read, side, before):
    reader, holder = read(side, before=before), read(side, before=before)
    holder.hold(torch.device("cpu"))
    assert holder._held.nbytes == holder.n_bytes
    starts = [(i, s) for i, own in enumerate(reader.side.stretches) for s in own.cut(8, step=1)]
    order = np.random.default_rng(0).permutation(starts)
    expected, found = (of.read(Clips(order[:, 0], order[:, 1])) for of in (reader, holder))
    assert torch.equal(found.clips, expected.clips) and torch.equal(found.codes, expected.codes)


def test_batches_come_in_the_order_asked_for(read):
    reader = read(threads=3)
    listed = list_clips(reader.side, 8)
    order = np.random.default_rng(0).permutation(len(listed))
    clips = Clips(listed.stretch[order], listed.start[order])
    whole = reader.read(clips)
    for size in (1, 4, len(clips), len(clips) + 3):
        batches = list(reader.batches(clips, size))
        assert {len(batch.codes) for batch in batches[:-1]} <= {size}
        assert np.array_equal(np.concatenate([b.clips for b in batches]), whole.clips)
        assert np.array_equal(np.concatenate([b.codes for b in batches]), whole.codes)


def test_blocks_are_all_frames_of_the_stretches(read, tmp_path, monkeypatch):
    for size in (5, FRAMES_PER_BLOCK):
        monkeypatch.setattr("homecage.clips.load.FRAMES_PER_BLOCK", size)
        reader = read()
        expected = [frames_of(tmp_path, s)[s.start : s.stop] for s in reader.side.stretches]
        blocks = list(reader.blocks())
        assert max(map(len, blocks)) <= size
        assert np.array_equal(np.concatenate(blocks), np.concatenate(expected))


def test_a_plan_of_other_stores_or_behaviors_is_refused(read):
    with pytest.raises(StoreError, match=r"plan\.tsv: names the behavior 'drink', .*: groom, rest"):
        read(behaviors=["groom", "rest"])
    with pytest.raises(StoreError, match=r"plan\.tsv: names the store 'm', which is not given"):
        read(stores=[])
