"""What an image encoder of a file says of frames and clips, and which files are refused."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tests.onnx_file import write_onnx

from homecage.clips.options import ClipGeometry
from homecage.errors import ConfigError, ShortVideoError
from homecage.features.encoder import Encoder, describe_clips, extract_encoder
from homecage.features.options import EncoderOptions
from homecage.features.store import read_features
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store

GEOMETRY = ClipGeometry()
OPTIONS = EncoderOptions(size_px=32, batch_size=5, precision="float32")
FLATTEN = [("Flatten", ["frames"], "vectors", {"axis": 1})]


def write_pixels(path, size_px=32, batch="any", **other):
    """Write an encoder whose vectors are the pixels that it sees."""
    told = {
        "inputs": {"frames": (batch, 3, size_px, size_px)},
        "nodes": FLATTEN,
        "outputs": {"vectors": (batch, 3 * size_px**2)},
    }
    return write_onnx(path, **told | other)


def write_linear(path, seed=0, width=6, elsewhere=""):
    """Write an encoder that multiplies the pixels of a frame by random weights."""
    weights = np.random.default_rng(seed).normal(size=(3 * 32**2, width))
    nodes = [
        ("Flatten", ["frames"], "flat", {"axis": 1}),
        ("MatMul", ["flat", "weights"], "vectors", {}),
    ]
    outputs = {"vectors": ("any", width)}
    told = {"weights": {"weights": weights}, "elsewhere": elsewhere}
    return write_pixels(path, nodes=nodes, outputs=outputs, **told)


def encode(path, frames, options=OPTIONS):
    return Encoder(path, options, frames.shape[1], torch.float32, threads=1)(frames)


def to_unit(vectors):
    return vectors / np.sqrt((vectors**2).mean(axis=1, keepdims=True))


def to_pixels(frames, options=OPTIONS):
    """Do by hand what is done to frames (T, S, S, 3) first: (T, 3, S, S)."""
    mean, scale = np.array(options.mean), np.array(options.scale)
    return ((frames / 255 - mean) / scale).transpose(0, 3, 1, 2)


def test_pixels_are_brought_to_the_encoders_mean_scale_and_order(tmp_path, random_frames):
    frames = random_frames(12)
    found = encode(write_pixels(tmp_path / "e.onnx"), frames)
    expected = to_unit(to_pixels(frames).reshape(12, -1))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size_px", [20, 56])
def test_frames_are_resized_as_pillow_does(tmp_path, random_frames, size_px):
    frames = random_frames(3)
    options = OPTIONS.model_copy(update={"size_px": size_px})
    found = encode(write_pixels(tmp_path / "e.onnx", size_px), frames, options)
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).float()
    resized = F.interpolate(pixels, (size_px, size_px), mode="bicubic", antialias=True)
    expected = to_unit(to_pixels(resized.permute(0, 2, 3, 1).numpy()).reshape(3, -1))
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.02)


def test_a_frame_is_described_the_same_in_any_batch(tmp_path, random_frames):
    frames = random_frames(11)
    path = write_linear(tmp_path / "e.onnx")
    whole = encode(path, frames)
    np.testing.assert_allclose((whole**2).mean(axis=1), 1, rtol=1e-5)
    for size in (1, 4, 11):
        options = OPTIONS.model_copy(update={"batch_size": size})
        np.testing.assert_allclose(encode(path, frames, options), whole, rtol=1e-4, atol=1e-5)


def test_a_clip_is_its_mean_and_how_it_changes():
    vectors = np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
    found = describe_clips(vectors, GEOMETRY)
    assert found.shape == (7, 6)
    for clip, described in enumerate(found):
        own = vectors[2 * clip : 2 * clip + 8]
        change = own[4:].mean(axis=0) - own[:4].mean(axis=0)
        np.testing.assert_allclose(described, [*own.mean(axis=0), *change], rtol=1e-4, atol=1e-6)
    assert describe_clips(vectors[:7], GEOMETRY).shape == (0, 6)


@pytest.fixture
def extract(tmp_path, write_frame_store):
    def run(frames, encoder, options=OPTIONS):
        store = write_frame_store(tmp_path / "frames" / "video.zarr", frames)
        output = tmp_path / "features" / "video.zarr"
        told = {"geometry": GEOMETRY, "options": options, "threads": 1}
        extract_encoder(frames=store, encoder=encoder, output=output, **told)
        return output

    return run


def read(path):
    told = {"geometry": GEOMETRY, "behaviors": [], "learned_sha256": []}
    return read_features(path, representation="encoder", **told)


@pytest.mark.parametrize("per_block", [7, 16, 1024])
def test_a_video_is_described_whole_less_its_mean(
    extract, tmp_path, random_frames, monkeypatch, per_block
):
    monkeypatch.setattr("homecage.features.blocks.FRAMES_PER_BLOCK", per_block)
    frames, encoder = random_frames(41), write_linear(tmp_path / "e.onnx")
    path = extract(frames, encoder)
    vectors = encode(encoder, frames)
    found = read(path)
    assert found.n_frames == 41 and found.x.shape == (17, 12)
    expected = describe_clips(vectors - vectors.mean(axis=0), GEOMETRY)
    np.testing.assert_allclose(found.x, expected, rtol=1e-2, atol=2e-3)


def test_the_store_says_which_file_made_it(extract, tmp_path, random_frames):
    encoder = write_linear(tmp_path / "e.onnx")
    options = OPTIONS.model_copy(update={"file": encoder})
    found = open_store(extract(random_frames(9), encoder, options), kind="features").attributes
    assert found["encoder_sha256"] == hash_file(encoder)
    assert found["options"] == {"size_px": 32, "mean": [*OPTIONS.mean], "scale": [*OPTIONS.scale]}


def refuse(write, problem, options=OPTIONS):
    def case(folder):
        return write(folder / "e.onnx"), problem, options

    return case


def write_text(path):
    path.write_text("not a model")
    return path


def write_half(path):
    data = write_linear(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def change(**update):
    return OPTIONS.model_copy(update=update)


def write_relu(path):
    made = {"nodes": [("Relu", ["frames"], "vectors", {})], "outputs": {"vectors": "abcd"}}
    return write_pixels(path, **made)


def write_two(path):
    nodes = [*FLATTEN, ("Relu", ["vectors"], "more", {})]
    outputs = {"vectors": ("any", 3072), "more": ("any", 3072)}
    return write_pixels(path, nodes=nodes, outputs=outputs)


def write_fixed_batch(path):
    return write_pixels(path, batch=1)


@pytest.mark.parametrize(
    "case",
    [
        refuse(lambda path: path, r"cannot be read as an ONNX .*: .*No such file"),
        refuse(write_text, r"cannot be read as an ONNX model; .*weights in the same file"),
        refuse(write_half, r"cannot be read as an ONNX model"),
        refuse(write_pixels, r"takes \[\?,3,32,32\]; expected \[5,3,64,64\]", change(size_px=64)),
        refuse(write_fixed_batch, r"takes \[1,3,32,32\]; expected \[5,3,32,32\].*batch_size"),
        refuse(write_relu, r"makes \[5,3,32,32\] of 5 frames; expected \[5,E\]"),
        refuse(write_two, r"has 1 input\(s\) and 2 output\(s\); expected one of each"),
    ],
)
def test_what_is_no_encoder_is_refused_by_one_message(extract, tmp_path, random_frames, case):
    path, problem, options = case(tmp_path)
    with pytest.raises(ConfigError, match=rf"^features\.encoder\.file: .*e\.onnx {problem}"):
        extract(random_frames(9), path, options)
    assert not (tmp_path / "features").exists()


def test_weights_in_another_file_are_refused(extract, tmp_path, random_frames, monkeypatch):
    encoder = write_linear(tmp_path / "e.onnx", elsewhere="e.onnx.data")
    monkeypatch.chdir(tmp_path)  # Where they would be found.
    with pytest.raises(ConfigError, match=r"e\.onnx cannot be read .*weights in the same file"):
        extract(random_frames(9), encoder)


def test_an_encoder_of_single_frames_is_used_frame_by_frame(tmp_path, random_frames):
    frames = random_frames(3)
    one = encode(write_fixed_batch(tmp_path / "1.onnx"), frames, change(batch_size=1))
    np.testing.assert_allclose(one, encode(write_pixels(tmp_path / "n.onnx"), frames), rtol=1e-4)


def test_what_is_no_number_is_refused(extract, tmp_path, random_frames):
    nodes = [("Log", ["frames"], "log", {}), ("Flatten", ["log"], "vectors", {"axis": 1})]
    encoder = write_pixels(tmp_path / "e.onnx", nodes=nodes)
    with pytest.raises(ConfigError, match=r"e\.onnx gives values that are no numbers"):
        extract(random_frames(9), encoder)
    assert not (tmp_path / "features").exists()


def test_a_short_video_is_refused(extract, tmp_path, random_frames):
    with pytest.raises(ShortVideoError):
        extract(random_frames(7), write_linear(tmp_path / "e.onnx"))
