"""Videos whose frames say their number in their pixels, and what annotators and methods say of them."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_video
from homecage.report.options import Palette, Titles
from homecage.storage.frame_tables import read_times, write_annotation, write_predictions
from homecage.viewer.copy import copy_video
from homecage.viewer.page import view_video

BITS = 12
BLOCK_PX = 16
WIDTH_PX, HEIGHT_PX = BITS * BLOCK_PX, 96
COLORS = {"eat": "#DDCC77", "groom": "#117733", "rest": "#BBBBBB"}
TITLES = {"net": "A net", "rule": "A rule"}
DATA_LABEL = "simulated: blocks that count frames"


def film(path: Path, ticks: Sequence[int], tick_s: Fraction) -> Path:
    """Film frames that show their number as white and black blocks, the lowest bit first.

    Args:
        path: the video, in Matroska, without loss.
        ticks: when each frame is shown, in ``tick_s``.
        tick_s: the unit of time.
    """
    numbers = np.arange(len(ticks))
    bits = (numbers[:, None] >> np.arange(BITS)) & 1  # (T, BITS)
    rows = bits.repeat(BLOCK_PX, axis=1).astype(np.uint8) * 255
    pixels = np.broadcast_to(rows[:, None], (len(ticks), HEIGHT_PX, WIDTH_PX))
    # Each is filmed one tick after the other, then shown when it is to be.
    shown = "+".join(f"eq(N,{n})*{tick}" for n, tick in enumerate(ticks))
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH_PX}x{HEIGHT_PX}"),
        *("-r", str(1 / tick_s), "-i", "-"),
        *("-vf", f"settb={tick_s},setpts='{shown}'", "-enc_time_base", str(tick_s)),
        *("-fps_mode", "passthrough", "-c:v", "ffv1", path),
    ]
    subprocess.run(command, input=pixels.tobytes(), check=True)
    return path


def say(n_frames: int, *bouts: tuple[int, int]) -> np.ndarray:
    """Return the behavior of each frame (T,): that of the last bout that has begun, -1 before the first."""
    codes = np.full(n_frames, -1, np.int8)
    for start, behavior in bouts:
        codes[start:] = behavior
    return codes


@dataclass
class Study:
    """Results from which pages are made, by the verbs of the rules."""

    root: Path
    names: dict[str, str] = field(default_factory=dict)

    def add(self, video: str, name: str, path: Path) -> int:
        """Decode and copy a video; return how many frames it has."""
        self.names[video] = name
        frames = self.root / "frames"
        decode_video(
            video=path,
            options=FramesOptions(size_px=32),
            crop="",
            frames=frames / f"{video}.zarr",
            times=frames / f"{video}.parquet",
            report=frames / f"{video}.json",
        )
        copy_video(
            video=path,
            times=frames / f"{video}.parquet",
            frames=FramesOptions(),
            output=self.root / "viewer" / f"{video}.mp4",
        )
        return self.read_times(video).size

    def read_times(self, video: str) -> np.ndarray:
        """Return when each frame (T,) of a video is shown."""
        return read_times(self.root / "frames" / f"{video}.parquet")

    def annotate(self, video: str, annotator: str, codes: np.ndarray) -> Path:
        """Write what an annotator says."""
        path = self.root / "annotations" / annotator / f"{video}.parquet"
        write_annotation(path, codes, [*COLORS])
        return path

    def predict(self, video: str, method: str, codes: np.ndarray, sure: np.ndarray) -> Path:
        """Write what a method says, and how sure (T,) it is."""
        path = self.root / "predictions" / method / f"{video}.parquet"
        rest = (1 - sure) / (len(COLORS) - 1)
        probability = np.repeat(rest[:, None], len(COLORS), axis=1)
        probability[np.arange(len(codes)), codes] = sure
        write_predictions(
            path, self.read_times(video), probability, [*COLORS], method=method, video=video
        )
        return path

    def view(
        self,
        video: str,
        annotations: list[Path],
        predictions: list[Path],
        crop: str = "",
        folder: str = "viewer",
        **review: Path,
    ) -> Path:
        """Make a video's page in a folder that has its copy."""
        sheet = self.root / "study" / "videos.tsv"
        sheet.parent.mkdir(exist_ok=True)
        lines = [f"{key}\t{name}\t{key}.mkv\t\t" for key, name in self.names.items()]
        sheet.write_text(
            "\n".join(["video\tname\tpath\tannotator_1\tannotator_2", *lines, ""]), encoding="utf-8"
        )
        page = self.root / folder / f"{video}.html"
        view_video(
            video=video,
            videos=sheet,
            times=self.root / "frames" / f"{video}.parquet",
            report=self.root / "frames" / f"{video}.json",
            annotations=annotations,
            predictions=predictions,
            palette=Palette(COLORS),
            titles=Titles(TITLES),
            method="net",
            data_label=DATA_LABEL,
            crop=crop,
            page=page,
            data=page.with_suffix(".data.js"),
            **review,
        )
        return page
