"""Stores give back what was written, or refuse."""

import hashlib
import json
import resource
import tracemalloc

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.errors import StoreError
from homecage.storage.stores import ArraySpec, open_store, write_store

SPECS = {"frames": ArraySpec((4, 4, 3), "uint8", 8, 32), "weight": ArraySpec((), "float64", 8, 32)}


def write(path, n_rows=100, kind="frames", seed=0):
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 255, (n_rows, 4, 4, 3), dtype=np.uint8)
    weight = np.arange(n_rows) / 30
    with write_store(path, kind=kind, arrays=SPECS) as writer:
        writer.append("frames", frames)
        writer.append("weight", weight)
        writer.attributes["path"] = "mouse.mpg"
    return frames, weight


SPEC_OF_NOISE = ArraySpec((64, 64, 3), "uint8", 2, 256)


def make_noise():
    return np.random.default_rng(0).integers(0, 255, (256, 64, 64, 3), dtype=np.uint8)


def hash_folder(folder):
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return [
        (str(file.relative_to(folder)), hashlib.sha256(file.read_bytes()).hexdigest())
        for file in files
    ]


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "mouse.zarr"
    write(path)
    return path


@settings(max_examples=25, deadline=None)
@given(lengths=st.lists(st.integers(0, 70), max_size=6))
def test_rows_come_back_however_they_were_cut_into_blocks(tmp_path_factory, lengths):
    path = tmp_path_factory.mktemp("stores") / "a.zarr"
    rows = np.arange(sum(lengths) * 3, dtype=np.float32).reshape(-1, 3)
    with write_store(path, kind="k", arrays={"x": ArraySpec((3,), "float32", 4, 16)}) as writer:
        start = 0
        for length in lengths:
            writer.append("x", rows[start : start + length])
            start += length
    array = open_store(path, kind="k")["x"]
    assert array.shape == rows.shape and array.dtype == rows.dtype and len(array) == len(rows)
    assert np.array_equal(array[:], rows)
    assert len(list((path / "x").glob("c.*"))) == -(-len(rows) // 16)


def test_rows_are_read_as_those_of_a_numpy_array(store, tmp_path):
    frames, weight = write(tmp_path / "same.zarr")
    opened = open_store(store, kind="frames")
    assert opened.attributes == {"path": "mouse.mpg"}
    assert set(opened.arrays) == {"frames", "weight"}
    assert np.array_equal(opened["frames"][5], frames[5])
    assert np.array_equal(opened["frames"][-3:], frames[-3:])
    assert np.array_equal(opened["frames"][30:38], frames[30:38])
    assert np.array_equal(opened["frames"][-1], frames[-1])
    assert opened["frames"][40:30].shape == opened["frames"][200:].shape == (0, 4, 4, 3)
    assert np.array_equal(opened["weight"][:], weight)
    with pytest.raises(IndexError):
        opened["frames"][100]
    with pytest.raises(IndexError, match="not every 2"):
        opened["frames"][::2]


@pytest.mark.parametrize("fill", [0.0, 1.0, np.nan])
def test_rows_all_alike_come_back(tmp_path, fill):
    rows = np.full(100, fill)
    rows[50] = 7.0
    with write_store(tmp_path / "a.zarr", kind="k", arrays={"x": SPECS["weight"]}) as writer:
        writer.append("x", rows)
    assert np.array_equal(open_store(tmp_path / "a.zarr", kind="k")["x"][:], rows, equal_nan=True)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    # Large enough for threads to finish chunks out of order, were there more than one.
    frames = make_noise()
    hashes = []
    for name in ("a", "b", "c"):
        with write_store(tmp_path / name, kind="k", arrays={"x": SPEC_OF_NOISE}) as writer:
            writer.append("x", frames)
        hashes.append(hash_folder(tmp_path / name))
    assert hashes[0] == hashes[1] == hashes[2]


def test_an_error_while_writing_leaves_nothing(tmp_path):
    with (
        pytest.raises(ZeroDivisionError),
        write_store(tmp_path / "a.zarr", kind="k", arrays=SPECS) as writer,
    ):
        writer.append("weight", np.zeros(100))
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_of_with_the_stores_name(tmp_path):
    # By the largest size of a file: the one limit that a test can set.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with (
            pytest.raises(OSError, match=r"File too large: '.*a\.zarr'"),
            write_store(tmp_path / "a.zarr", kind="k", arrays={"x": SPEC_OF_NOISE}) as writer,
        ):
            writer.append("x", make_noise())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_shard_that_is_removed_after_opening_is_not_read_as_zeros(store):
    array = open_store(store, kind="frames")["frames"]
    (store / "frames" / "c.1.0.0.0").unlink()
    assert array[30:32].any()
    with pytest.raises(StoreError, match=r"'frames' has lost its shard c\.1\.0\.0\.0"):
        array[30:33]


def test_an_array_that_is_not_there_is_named(store):
    with pytest.raises(StoreError, match="has no array 'x', only: frames, weight"):
        open_store(store, kind="frames")["x"]


def test_rows_of_another_form_are_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="'frames' takes rows"),
        write_store(tmp_path / "a.zarr", kind="k", arrays=SPECS) as writer,
    ):
        writer.append("frames", np.zeros((5, 4, 4), dtype=np.uint8))
    with (
        pytest.raises(ValueError, match=r"float64, got .* float32"),
        write_store(tmp_path / "a.zarr", kind="k", arrays=SPECS) as writer,
    ):
        writer.append("weight", np.zeros(5, dtype=np.float32))


def test_a_shard_is_whole_chunks():
    with pytest.raises(ValueError, match="not whole chunks"):
        ArraySpec((), "float64", 8, 36)


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(StoreError, match=r"a\.zarr: no such store"):
        open_store(tmp_path / "a.zarr", kind="frames")
    (tmp_path / "a.zarr").write_text("")
    with pytest.raises(StoreError, match="not a store"):
        open_store(tmp_path / "a.zarr", kind="frames")
    (tmp_path / "b.zarr").mkdir()
    with pytest.raises(StoreError, match=r"zarr\.json is missing"):
        open_store(tmp_path / "b.zarr", kind="frames")


def test_another_kind_is_refused(store):
    with pytest.raises(StoreError, match=r"expected a store of features .*, found frames"):
        open_store(store, kind="features")


def test_a_foreign_zarr_group_is_refused(tmp_path):
    zarr.create_group(tmp_path / "a.zarr", zarr_format=3)
    with pytest.raises(StoreError, match="found no homecage store"):
        open_store(tmp_path / "a.zarr", kind="frames")


@pytest.mark.parametrize("metadata", ["zarr.json", "frames/zarr.json"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xff", b'{"attributes": {"homecage": 1}}']
)
def test_damaged_metadata_is_refused(store, metadata, content):
    (store / metadata).write_bytes(content)
    with pytest.raises(StoreError, match="run snakemake again"):
        open_store(store, kind="frames")


def test_metadata_that_disagrees_is_refused(store):
    path = store / "frames" / "zarr.json"
    path.write_text(path.read_text().replace("100", "196"))
    with pytest.raises(StoreError, match=r"'frames': zarr\.json is missing or damaged"):
        open_store(store, kind="frames")


def test_a_missing_shard_is_refused(store):
    (store / "frames" / "c.1.0.0.0").unlink()
    with pytest.raises(StoreError, match=r"'frames' lacks 1 shards, first c\.1\.0\.0\.0"):
        open_store(store, kind="frames")


def test_a_missing_array_is_refused(store):
    for file in (store / "weight").iterdir():
        file.unlink()
    (store / "weight").rmdir()
    with pytest.raises(StoreError, match="'weight' lacks"):
        open_store(store, kind="frames")


def test_a_surplus_shard_is_refused(store):
    (store / "frames" / "c.9.0.0.0").write_bytes(b"")
    with pytest.raises(StoreError, match=r"not its own: c\.9\.0\.0\.0"):
        open_store(store, kind="frames")


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_shard_of_another_size_is_refused(store, cut):
    shard = store / "frames" / "c.0.0.0.0"
    size = shard.stat().st_size
    shard.write_bytes(shard.read_bytes()[:cut])
    with pytest.raises(StoreError, match=f"has {cut} bytes, expected {size}"):
        open_store(store, kind="frames")


def test_no_flipped_bit_is_read_as_data(tmp_path):
    """Each byte of a shard in turn; rows are read of one chunk, of parts of two, and of all."""
    path = tmp_path / "mouse.zarr"
    frames, _ = write(path, n_rows=24)
    shard = path / "frames" / "c.0.0.0.0"
    content = shard.read_bytes()
    array = open_store(path, kind="frames")["frames"]
    bits = np.random.default_rng(0).integers(0, 8, len(content))
    refused = dict.fromkeys([(8, 16), (5, 13), (0, 24)], 0)
    for place, bit in enumerate(bits):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        shard.write_bytes(damaged)
        for start, stop in refused:
            try:
                assert np.array_equal(array[start:stop], frames[start:stop])
            except StoreError:
                refused[start, stop] += 1
    # Nearly all bytes of the chunks that are read, and of the index, say something of the rows.
    n_index = 16 * 4 + 4
    n_chunk = (len(content) - n_index) // 3
    for (start, stop), n_chunks in {(8, 16): 1, (5, 13): 2, (0, 24): 3}.items():
        assert refused[start, stop] >= n_index + n_chunks * n_chunk - 3


def test_attributes_are_json(store):
    attributes = json.loads((store / "zarr.json").read_text())["attributes"]
    assert attributes["path"] == "mouse.mpg"
    assert attributes["homecage"]["kind"] == "frames"


@settings(max_examples=25, deadline=None)
@given(
    n_rows=st.integers(0, 70),
    dtype=st.sampled_from(["uint8", "float16", "float64", "int64"]),
    tail=st.sampled_from([(), (3,)]),
    share=st.sampled_from([0.0, 0.05, 1.0]),
    zero=st.sampled_from([0.0, -0.0]),
)
def test_any_zarr_reads_the_same_rows(tmp_path_factory, n_rows, dtype, tail, share, zero):
    folder = tmp_path_factory.mktemp("stores")
    rng = np.random.default_rng(n_rows)
    rows = rng.integers(1, 9, (n_rows, *tail)).astype(dtype)
    rows[rng.random(rows.shape) >= share] = zero
    spec = ArraySpec(tail, dtype, 4, 16)
    with write_store(folder / "a.zarr", kind="k", arrays={"x": spec}) as writer:
        writer.append("x", rows)
    own = open_store(folder / "a.zarr", kind="k", threads=2)["x"][:]
    zarr_s = zarr.open_array(folder / "a.zarr" / "x", mode="r")
    assert "zarrs" not in type(zarr_s.async_array.codec_pipeline).__module__
    assert own.tobytes() == zarr_s[:].tobytes() == rows.tobytes()


def test_memory_does_not_grow_with_the_rows(tmp_path):
    spec = ArraySpec((64, 64, 3), "uint8", 8, 4096)  # A shard is 128 blocks.
    block = np.ones((32, 64, 64, 3), dtype=np.uint8)
    peaks = []
    for n_blocks in (4, 24):
        tracemalloc.start()
        with write_store(tmp_path / "a.zarr", kind="k", arrays={"x": spec}) as writer:
            for _ in range(n_blocks):
                writer.append("x", block)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + block.nbytes  # Of which the longer one has 20 more.
    assert peaks[0] < 8 * block.nbytes


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_rows_are_never_read(tmp_path_factory, data):
    """Wherever a bit flips in a store, and whichever rows are asked for: the true ones, or an error."""
    path = tmp_path_factory.mktemp("stores") / "mouse.zarr"
    frames, _ = write(path, n_rows=data.draw(st.sampled_from([5, 32, 45])))
    file = data.draw(st.sampled_from(sorted(path.rglob("*.*.*")) + sorted(path.rglob("*.json"))))
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(content)
    ends = st.integers(0, len(frames))
    selection = data.draw(st.builds(slice, ends, ends) | st.integers(0, len(frames) - 1))
    try:
        store = open_store(path, kind="frames")
        read = store["frames"][selection]
    except StoreError as error:
        assert str(path) in str(error) and "run snakemake again" in str(error)
    else:
        assert store.attributes["path"] == "mouse.mpg"
        assert np.array_equal(read, frames[selection])
        assert file.parent != path  # Nothing in the store's own description goes unnoticed.
