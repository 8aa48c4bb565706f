"""What is written: the MIT layout, real streams, the same bytes for the same seed."""

import subprocess
from collections import Counter
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from homecage.errors import ConfigError, VideoError
from homecage.simulate.annotation import simulate_annotation
from homecage.simulate.behaviors import BEHAVIORS, LABELS
from homecage.simulate.clips import simulate_clips
from homecage.simulate.dataset import simulate
from homecage.simulate.encode import write_mpeg
from homecage.simulate.motion import Segment, true_modes
from homecage.simulate.names import clip_folder_names, names_annotated_twice, video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.plan import EXEMPLARY, count_session_frames, plan_clips
from homecage.simulate.process import Bout, true_bouts
from homecage.simulate.session import open_session
from homecage.simulate.sheet import plot_contact_sheet
from homecage.simulate.videos import simulate_video

TINY = SimulationOptions(
    videos=3, seconds=1.0, videos_annotated_twice=2, clip_folders=1, clips_per_folder=8
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("simulated") / "dataset"
    simulate(options=TINY, output=output)
    return output


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_the_layout_is_mit(dataset: Path) -> None:
    names = sorted(contents(dataset))
    full = [f"full_database/{video}.mpg" for video in video_names(TINY)]
    first = [f"full_database/Annotator_group_1/{video}.txt" for video in video_names(TINY)]
    twice = names_annotated_twice(TINY)
    second = [f"full_database/Annotator_group_2/{video}.txt" for video in twice]
    folder = clip_folder_names(TINY)[0]
    clips = [f"clipped_database/{folder}/{clip.name}" for clip in plan_clips(folder, TINY)]
    assert names == sorted([*full, *first, *second, *clips, "SIMULATED.txt"])
    assert "simulated" in (dataset / "SIMULATED.txt").read_text()


def test_pieces_made_alone_equal_the_whole(dataset: Path, tmp_path: Path) -> None:
    # In reverse order, so that no piece can lean on another's randomness.
    whole = contents(dataset)
    folder = clip_folder_names(TINY)[0]
    simulate_clips(folder=folder, options=TINY, output=tmp_path / "clips")
    for name, data in contents(tmp_path / "clips").items():
        assert data == whole[f"clipped_database/{folder}/{name}"]
    video = video_names(TINY)[-1]
    simulate_video(video=video, options=TINY, output=tmp_path / "video.mpg")
    assert (tmp_path / "video.mpg").read_bytes() == whole[f"full_database/{video}.mpg"]
    for annotator, name in ((1, video), (2, names_annotated_twice(TINY)[-1])):
        output = tmp_path / f"{annotator}.txt"
        simulate_annotation(video=name, annotator=annotator, options=TINY, output=output)
        expected = whole[f"full_database/Annotator_group_{annotator}/{name}.txt"]
        assert output.read_bytes() == expected


def test_another_seed_gives_other_bytes(dataset: Path, tmp_path: Path) -> None:
    other = TINY.model_copy(update={"seed": 1})
    video = video_names(TINY)[0]
    simulate_video(video=video, options=other, output=tmp_path / "video.mpg")
    assert (tmp_path / "video.mpg").read_bytes() != (
        dataset / "full_database" / f"{video}.mpg"
    ).read_bytes()


def test_streams_are_those_of_the_mit_data_set(dataset: Path) -> None:
    path = dataset / "full_database" / f"{video_names(TINY)[0]}.mpg"
    shown = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert "Input #0, mpeg" in shown
    assert "mpeg1video" in shown and "320x240" in shown and "29.97 fps" in shown
    assert "Audio" not in shown
    assert "frame=   30 " in shown


def test_a_video_shows_a_mouse_in_its_cage(dataset: Path) -> None:
    video = video_names(TINY)[0]
    reader = cv2.VideoCapture(str(dataset / "full_database" / f"{video}.mpg"))
    frames = []
    while (read := reader.read())[0]:
        frames.append(read[1].astype(int))
    assert len(frames) == 30
    session = open_session(video, TINY, 30)
    still = session.scene.see(session.bumps[0].camera).still
    empty = cv2.cvtColor(still, cv2.COLOR_YUV2BGR_I420).astype(int)
    for frame in frames:
        changed = np.abs(frame - empty).max(axis=2) > 40
        assert 400 < changed.sum() < 12_000  # a mouse is some 3 % of the picture
        assert np.median(np.abs(frame - empty)) < 15


@pytest.mark.parametrize("seed", (0, 1))
def test_clips_hold_every_behavior_and_every_spelling(seed: int) -> None:
    options = SimulationOptions(seed=seed)
    clips = [clip for folder in clip_folder_names(options) for clip in plan_clips(folder, options)]
    assert len({clip.name for clip in clips}) == len(clips)
    labels = [clip.name.removesuffix(".mpg").split("_")[-2] for clip in clips]
    assert {*labels} == {label for spellings in LABELS.values() for label in spellings}
    for clip, label in zip(clips, labels, strict=True):
        assert label in LABELS[clip.behavior]
    counts = Counter(clip.behavior for clip in clips)
    assert len(counts) == len(BEHAVIORS) and min(counts.values()) == counts["drink"] >= 20
    lengths = [clip.stop - clip.start for clip in clips]
    assert 30 <= np.mean(lengths) <= 60 and min(lengths) < 20 and max(lengths) > 100
    prefixes = {clip.name.split("_")[0] for clip in clips}
    assert prefixes > set(clip_folder_names(options))
    assert prefixes.isdisjoint(video_names(options))


@pytest.mark.parametrize("seed", (0, 1))
def test_clips_are_exemplary(seed: int) -> None:
    options = SimulationOptions(seed=seed)
    folder = clip_folder_names(options)[0]
    acted: dict[str, list[tuple[Bout, list[Segment]]]] = {}
    for clip in plan_clips(folder, options):
        if clip.session not in acted:
            bouts = true_bouts(clip.session, options, count_session_frames())
            modes = true_modes(clip.session, options, bouts)
            acted[clip.session] = list(zip(bouts, modes, strict=True))
        (found,) = [
            (bout, segments)
            for bout, segments in acted[clip.session]
            if bout.start < clip.start < bout.stop
        ]
        bout, segments = found
        assert bout.behavior == clip.behavior
        assert bout.start + 4 <= clip.start < clip.stop <= bout.stop - 4
        seen = {mode for start, stop, mode in segments if start < clip.stop and stop > clip.start}
        assert seen <= EXEMPLARY[clip.behavior]


def test_even_the_smallest_folder_has_every_behavior() -> None:
    clips = plan_clips(clip_folder_names(TINY)[0], TINY)
    assert sorted(clip.behavior for clip in clips) == sorted(BEHAVIORS)


def test_an_encoder_that_fails_says_so(tmp_path: Path) -> None:
    frames = [np.zeros((360, 320), np.uint8)] * 4
    with pytest.raises(VideoError, match=r"nowhere.*ffmpeg could not write it"):
        write_mpeg(frames, tmp_path / "nowhere" / "video.mpg")


def test_the_contact_sheet_has_a_tile_for_each_behavior(tmp_path: Path) -> None:
    options = TINY.model_copy(update={"seconds": 20.0})
    plot_contact_sheet(options=options, output=tmp_path / "sheet.png")
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture is not None and picture.shape[1] > 8 * 200
    assert len(np.unique(picture)) > 100


def test_nothing_that_exists_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "video.mpg").touch()
    for output in (tmp_path, tmp_path / "video.mpg"):
        with pytest.raises(ConfigError, match="exists; name a new folder"):
            simulate(options=TINY, output=output)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
