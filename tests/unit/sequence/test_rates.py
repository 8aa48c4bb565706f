"""Videos of different frame rates, by the verbs: at one rate their clips show, and are called, the same."""

import numpy as np
import pytest
from tests.unit.frames.conftest import run_ffmpeg

from homecage.annotations.imports import import_annotation
from homecage.annotations.options import AnnotationOptions
from homecage.clips.options import ClipGeometry
from homecage.features.motion import extract_motion
from homecage.frames.options import FramesOptions
from homecage.frames.store import decode_video
from homecage.sequence.sequences import Reader
from homecage.storage.frame_tables import read_annotation
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import Choice

BEHAVIORS = ["dig", "nap"]
VOCABULARY = Vocabulary(behaviors=tuple(Behavior(name=name) for name in BEHAVIORS))
GEOMETRY = ClipGeometry()


@pytest.mark.parametrize("fps", [25, 30])
def test_the_clips_of_one_scene_are_alike_at_25_and_30_frames_a_second(tmp_path, fps):
    """A square that moves from 2 s on, which is when an annotation, in seconds, says that it digs."""
    annotation = tmp_path / "scored.csv"
    annotation.write_text("start_s,stop_s,behavior\n0,2,nap\n2,4,dig\n")
    videos = {}
    for rate in (25, 30):
        name = f"v{rate}"
        paths = {key: tmp_path / key / name for key in ("frames", "report", "labels", "motion")}
        scene = f"color=gray:s=64x64:r={rate}:d=4[g];color=black:s=9x9:r={rate}:d=4[b];"
        scene += "[g][b]overlay=x='if(lt(t,2),20,20+20*sin(9*(t-2)))':y=20"
        video = tmp_path / f"{name}.mkv"
        run_ffmpeg("-f", "lavfi", "-i", scene, "-c:v", "ffv1", video)
        frames, times = (
            paths["frames"].with_suffix(".zarr"),
            paths["frames"].with_suffix(".parquet"),
        )
        decode_video(
            video=video,
            options=FramesOptions(size_px=32, fps=fps),
            frames=frames,
            times=times,
            report=paths["report"],
        )
        labels = paths["labels"].with_name(f"{name}.parquet")
        import_annotation(
            annotation=annotation,
            times=times,
            vocabulary=VOCABULARY,
            options=AnnotationOptions(),
            choice=Choice(),
            output=labels,
        )
        # The annotation itself is of the file's own frames.
        own = read_annotation(labels, BEHAVIORS)
        assert own.tolist() == [1] * 2 * rate + [0] * 2 * rate
        features = paths["motion"].with_name(f"{name}.zarr")
        extract_motion(frames=frames, geometry=GEOMETRY, output=features)
        videos[rate] = Reader(["motion"], BEHAVIORS, GEOMETRY, []).read(name, [features], labels)
    one, other = videos.values()
    begins = [int((video.codes == 0).nonzero()[0, 0]) for video in (one, other)]
    # 4 s have 2 fps - 3 clips, and the file of 25 ends 1/150 s before that of 30.
    assert abs(len(one.x) - len(other.x)) <= 1 and abs(len(one.x) - (2 * fps - 3)) <= 1
    assert abs(begins[0] - begins[1]) <= 1 and abs(begins[0] - (fps - 1)) <= 1
    # What moves begins to in the clips so called.
    change = [video.x[:, 0].float().numpy() for video in (one, other)]
    for begin, own in zip(begins, change, strict=True):
        assert np.median(own[begin + 2 :]) > np.median(own[: begin - 4])
