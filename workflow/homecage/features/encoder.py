"""encoder: what an image encoder that others have trained says of each frame, brought to the clips.

As in CBAS, a program for home cages: a vector a frame, less the video's mean; and how it changes.

Letters: T frames, C clips, L frames of a clip, S frame size in pixels, B batch, E numbers a frame, D = 2 E.
"""

import logging
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import openvino as ov
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from openvino.preprocess import PrePostProcessor, ResizeAlgorithm

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import count_clips
from homecage.errors import ConfigError
from homecage.features.blocks import read_blocks, sample_frames
from homecage.features.options import EncoderOptions
from homecage.features.store import write_features
from homecage.running.inference import compile_graph
from homecage.running.precision import choose_precision, name_precision
from homecage.running.prefetch import prefetch
from homecage.storage.hashing import hash_file
from homecage.storage.stores import open_store

logger = logging.getLogger(__name__)

_SAMPLE = 256
"""Frames, evenly spread over a video, whose mean is taken off."""


def extract_encoder(
    *,
    frames: Path,
    encoder: Path,
    geometry: ClipGeometry,
    options: EncoderOptions,
    threads: int,
    output: Path,
) -> None:
    """Write the store of an image encoder's description of a video.

    Args:
        frames: the video's frame store.
        encoder: the ONNX file.
        geometry: length and stride of clips.
        options: what the encoder takes, and how to compute.
        threads: CPU threads.
        output: the store to write.

    Raises:
        ConfigError: the file is no ONNX model, or one that does not make a vector of each frame.
        ShortVideoError: the video does not fill one clip.
        StoreError: the frames are damaged.
    """
    pixels = open_store(frames, kind="frames", threads=threads)["frames"]
    n_frames, size_px = pixels.shape[:2]
    n_clips = count_clips(n_frames, geometry)
    precision = choose_precision(options.precision, torch.device("cpu"))
    encode = Encoder(encoder, options, size_px, precision, threads)
    mean = encode(sample_frames(pixels, _SAMPLE)).mean(axis=0)
    done = 0
    with write_features(
        output,
        representation="encoder",
        geometry=geometry,
        n_frames=n_frames,
        width=2 * encode.width,
    ) as writer:
        writer.attributes |= {
            "encoder_sha256": hash_file(encoder),
            "options": options.model_dump(mode="json", exclude={"file", "batch_size", "precision"}),
            "precision": name_precision(precision),
        }
        held = np.empty((0, encode.width), np.float32)  # From the next clip's first frame on.
        for block in prefetch(read_blocks(pixels)):
            held = np.concatenate([held, encode(block) - mean])
            clips = describe_clips(held, geometry)
            writer.append("x", clips.astype(np.float16))
            held = held[len(clips) * geometry.stride :]
            done += len(clips)
            logger.info("%s: %d of %d clips", frames.stem, done, n_clips)


class Encoder:
    """Makes a vector of each frame."""

    def __init__(
        self,
        path: Path,
        options: EncoderOptions,
        frame_px: int,
        precision: torch.dtype,
        threads: int,
    ) -> None:
        """Read the model, and let it take frames of so many pixels.

        Raises:
            ConfigError: the file is no ONNX model, or one that does not make a vector of each frame.
        """
        self._batch_size = options.batch_size
        model = read_model(path, options)
        self.width = int(model.output().shape[1])
        """E."""
        steps = PrePostProcessor(model)
        frames = steps.input()
        frames.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        frames.tensor().set_spatial_static_shape(frame_px, frame_px)
        frames.model().set_layout(ov.Layout("NCHW"))
        seen = frames.preprocess().convert_element_type(ov.Type.f32)
        if frame_px != options.size_px:
            seen.resize(ResizeAlgorithm.RESIZE_BICUBIC_PILLOW)
        seen.mean([255 * value for value in options.mean])
        seen.scale([255 * value for value in options.scale])
        steps.output().tensor().set_element_type(ov.Type.f32)
        self._request = compile_graph(steps.build(), precision, threads)
        self._path = path

    def __call__(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the vectors (T, E) of frames (T, S, S, 3), each of mean square 1; zeros stay zeros.

        Raises:
            ConfigError: the encoder gives something that is no number.
        """
        parts = [np.empty((0, self.width), np.float32)]
        for start in range(0, len(frames), self._batch_size):
            own = frames[start : start + self._batch_size]
            fill = np.repeat(own[-1:], self._batch_size - len(own), axis=0)
            (found,) = self._request.infer([np.concatenate([own, fill])]).values()
            parts.append(found[: len(own)].copy())
        vectors = np.concatenate(parts)
        if not np.isfinite(vectors).all():
            raise ConfigError(
                f"features.encoder.file: {self._path} gives values that are no numbers; expected "
                "finite ones: check features.encoder.mean and scale, or set its precision to float32"
            )
        size = np.sqrt((vectors**2).mean(axis=1, keepdims=True))
        related: NDArray[np.float32] = np.divide(vectors, size, out=vectors, where=size > 0)
        return related


def read_model(path: Path, options: EncoderOptions) -> ov.Model:
    """Read a model that takes batches of frames (B, 3, size_px, size_px) and makes vectors (B, E).

    All of it must be in the one file, by whose hash it is known.

    Raises:
        ConfigError: the file holds no ONNX model, or another one.
    """
    try:
        data = path.read_bytes()
        # OpenVINO would look for weights in other files beside a path, or else in the working directory.
        with TemporaryDirectory() as empty, chdir(empty):
            model = ov.Core().read_model(data)
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"features.encoder.file: {path} cannot be read as an ONNX model; expected one with its "
            f"weights in the same file (docs/method.md, Baselines): {_say(error)}"
        ) from None
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ConfigError(
            f"features.encoder.file: {path} has {len(model.inputs)} input(s) and "
            f"{len(model.outputs)} output(s); expected one of each: frames, and a vector of each. "
            "Export it otherwise (docs/method.md, Baselines)"
        )
    taken = ov.PartialShape([options.batch_size, 3, options.size_px, options.size_px])
    found = model.input().partial_shape
    try:
        if not found.compatible(taken):
            raise RuntimeError
        model.reshape(taken)
    except RuntimeError:
        raise ConfigError(
            f"features.encoder.file: {path} takes {found}; expected {taken}: frames, colors, rows and "
            "columns. Set features.encoder.size_px and batch_size to what it takes, or export it "
            "otherwise (docs/method.md, Baselines)"
        ) from None
    made = model.output().partial_shape
    if made.is_dynamic or len(made) != 2 or made[0] != options.batch_size:
        raise ConfigError(
            f"features.encoder.file: {path} makes {made} of {options.batch_size} frames; expected "
            f"[{options.batch_size},E], a vector of each. Export one that gives the class token alone "
            "(docs/method.md, Baselines)"
        )
    return model


def describe_clips(vectors: NDArray[np.float32], geometry: ClipGeometry) -> NDArray[np.float32]:
    """Describe the clips that frames' vectors (T, E) fill, (C, D).

    First the mean over a clip's frames, then that over its later half less that over its earlier half.
    """
    if len(vectors) < geometry.length:
        return np.empty((0, 2 * vectors.shape[1]), np.float32)
    clips = sliding_window_view(vectors, geometry.length, axis=0)[:: geometry.stride]  # (C, E, L)
    half = geometry.length // 2
    earlier, later = clips[..., :half].mean(axis=2), clips[..., half:].mean(axis=2)
    return np.concatenate([(earlier + later) / 2, later - earlier], axis=1)


def _say(error: Exception) -> str:
    """Return what an error says, without the lines of OpenVINO's own source that it went through."""
    lines = [line.strip() for line in str(error).splitlines()]
    return " ".join(line for line in lines if line and not line.startswith("Exception from "))
