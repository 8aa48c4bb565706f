"""Overlay videos, decoded again: every frame over the panel that belongs to it."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from homecage.deliver.bouts import Scoring
from homecage.deliver.options import ExportOptions
from homecage.deliver.overlay import MIN_WIDTH_PX, export_overlay
from homecage.deliver.panel import Panel
from homecage.errors import PredictionError, VideoError
from homecage.frames.options import FramesOptions
from homecage.report.options import Palette
from homecage.storage.frame_tables import write_annotation

COLORS = {"drink": "#0000FF", "rear": "#FF0000", "rest": "#00AA00", "never": "#888888"}
CODES = [0] * 10 + [1] * 10 + [2] * 5
TRUE = [1] * 10 + [2] * 10 + [-1] * 5


def run_ffmpeg(*arguments):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def film(path: Path, size: str, *how: str) -> Path:
    """Film 25 frames, each a little brighter than the one before."""
    source = f"color=black:s={size}:r=25:d=1,geq=lum='16+8*N':cb=128:cr=128"
    run_ffmpeg("-f", "lavfi", "-i", source, *how, path)
    return path


def decode(path: Path, height: int) -> np.ndarray:
    """Return the frames (T, height, width, 3) of a video."""
    raw = run_ffmpeg("-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    return np.frombuffer(raw, np.uint8).reshape(len(CODES), height, -1, 3)


def export(lab, video, codes=CODES, truth=TRUE):
    lab.predict("v1", codes)
    annotation = None
    if truth is not None:
        annotation = lab.root / "truth.parquet"
        write_annotation(annotation, np.array(truth), lab.behaviors)
    output = lab.root / "v1.overlay.mp4"
    export_overlay(
        video=video,
        predictions=lab.path("v1"),
        annotation=annotation,
        palette=Palette(COLORS),
        method=lab.method,
        frames=FramesOptions(),
        options=ExportOptions(),
        output=output,
    )
    return output


def make_panel(truth, width=MIN_WIDTH_PX):
    codes = np.array(CODES, np.int8)
    probability = np.eye(4, dtype=np.float32)[codes] * 0.9 + 0.025
    scoring = Scoring(tuple(COLORS), codes, probability, np.arange(25) / 25)
    return Panel(scoring, truth, COLORS, width, window_s=1.0)


def find_color(pixels: np.ndarray, color: str) -> np.ndarray:
    """Tell where (height, width, 3) is about of a color."""
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return (np.abs(pixels.astype(int) - wanted) < 60).all(axis=-1)


@pytest.mark.parametrize("size, width, height", [("400x200", 400, 200), ("65x49", 320, 50)])
def test_every_frame_is_there_over_what_was_said_of_it(lab, size, width, height):
    output = export(lab, film(Path.cwd() / "v.mkv", size, "-c:v", "ffv1"))
    panel = make_panel(np.array(TRUE, np.int8), width).height_px
    frames = decode(output, height + panel)
    assert frames.shape == (25, height + panel, width, 3)
    own_width = int(size.split("x")[0])
    middle = frames[:, 10 : height - 10, width // 2 - own_width // 4 : width // 2]
    # The frame: gray as it was filmed.
    assert np.abs(middle.mean(axis=(1, 2, 3)) - np.arange(25) * 8 * 255 / 219).max() < 3
    # The first line of the panel: a patch of the predicted color; the second: of the true one.
    for frame in (0, 9, 10, 19, 20):
        for line, code in ((0, CODES[frame]), (1, TRUE[frame])):
            row = frames[frame, height + 16 * line : height + 16 * (line + 1)]
            seen = {name for name, color in COLORS.items() if find_color(row, color).sum() > 60}
            assert seen - {"never"} == ({[*COLORS][code]} if code >= 0 else set())
    assert (
        b"h264"
        in subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", output], capture_output=True
        ).stderr
    )


def test_bars_are_probabilities_and_strips_scroll_past_now():
    panel = make_panel(None)
    pictures = {frame: panel.draw(frame) for frame in (0, 12, 24, 12)}
    np.testing.assert_array_equal(panel.draw(12), pictures[12])  # Drawing leaves nothing behind.
    red = {frame: find_color(picture, COLORS["rear"]) for frame, picture in pictures.items()}
    # Below the line with the name: the bars, of which that of rear is the second.
    top, height = 2 * 16 + 4 + 16, 16
    bar = {frame: seen[top : top + height].any(axis=0).sum() for frame, seen in red.items()}
    assert bar[12] > 20 * bar[0] > 0 and bar[0] == bar[24]
    # The strip of 25 frames: of those that are rear, ten, the first is ten frames from the middle at 0.
    row = red[0].shape[0] - 16 - 3 * 16 - 10
    (first,), (tenth,) = (red[frame][row].nonzero() for frame in (0, 12))
    per_frame = len(tenth) / 10
    assert first.min() - tenth.min() == pytest.approx(12 * per_frame, abs=2)
    assert (pictures[0][row, 120:180] == 255).all()  # Nothing is before the first frame.


def test_predictions_stand_alone_where_nothing_is_known_to_be_true(lab):
    output = export(lab, film(Path.cwd() / "v.mkv", "320x240"), truth=None)
    assert decode(output, 240 + make_panel(None).height_px).shape[0] == 25
    assert make_panel(None).height_px < make_panel(np.array(TRUE, np.int8)).height_px


def test_another_video_than_the_one_that_was_predicted_is_refused(lab):
    video = film(Path.cwd() / "v.mkv", "320x240")
    for codes in (CODES[:-2], [*CODES, 0]):
        with pytest.raises(
            VideoError, match=rf"v\.mkv: 25 frames were decoded, but .* has {len(codes)}"
        ):
            export(lab, video, codes=codes, truth=None)
        assert not (lab.root / "v1.overlay.mp4").exists()
    with pytest.raises(PredictionError, match=r"25 frames, but the annotation .* has 24"):
        export(lab, video, truth=TRUE[1:])


def test_what_is_no_video_is_refused_with_the_decoders_words(lab):
    text = Path.cwd() / "v.mpg"
    text.write_text("no video")
    with pytest.raises(VideoError, match=r"v\.mpg: no frame could be decoded \(.*Invalid data"):
        export(lab, text)
