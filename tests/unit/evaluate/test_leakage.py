"""The leakage audit, on recordings of which it is known what they share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homecage.evaluate import leakage
from homecage.evaluate.leakage import (
    WINDOW,
    Animals,
    audit_leakage,
    correlate,
    cut_liveliest,
    measure_changes,
    number_frame,
)
from homecage.storage.frame_tables import Resampling, write_times
from homecage.storage.tables import read_tsv


def film(n_frames, seed, cage=None):
    """Return a dark square on a random walk through a cage of its own (T, 32, 32, 3)."""
    frames = np.repeat(
        np.random.default_rng(cage or seed).integers(90, 160, (1, 32, 32, 3)), n_frames, axis=0
    )
    rng = np.random.default_rng(seed + 1000)
    place = np.cumsum(rng.integers(-3, 4, (n_frames, 2)), axis=0) % 26
    for frame, (row, column) in zip(frames, place, strict=True):
        frame[row : row + 6, column : column + 6] = 20
    return frames.astype(np.uint8)


def encode_again(frames, noise=3.0):
    """Blur, dim and disturb frames as another encoding does."""
    disturbed = 0.8 * frames + 15 + np.random.default_rng(0).normal(0, noise, frames.shape)
    return np.clip(disturbed, 0, 255).astype(np.uint8)


@pytest.fixture
def audit(tmp_path, write_frame_store, write_clip_store):
    """Audit videos and folders of clips; return the findings that are not ``still``."""

    def run(videos, clips, animals=()):
        stores = []
        for name, frames in videos.items():
            stores.append(write_frame_store(tmp_path / "frames" / f"{name}.zarr", frames))
            write_times(tmp_path / "frames" / f"{name}.parquet", np.arange(len(frames)) / 30)
        folders = [
            write_clip_store(
                tmp_path / "clips" / f"{folder}.zarr",
                [(name, "walk", frames) for name, frames in own.items()],
            )
            for folder, own in clips.items()
        ]
        output = tmp_path / "leakage.tsv"
        audit_leakage(clips=folders, frames=stores, animals=Animals(dict(animals)), output=output)
        return read_tsv(output)

    return run


VIDEOS = {"a": film(900, 1), "b": film(700, 2)}


def test_a_clip_that_was_cut_from_a_video_and_encoded_again_is_found_in_its_place(
    audit, monkeypatch
):
    monkeypatch.setattr(leakage, "BLOCK", 100)
    shared = encode_again(VIDEOS["b"][333:393])
    found = audit(VIDEOS, {"c": {"own": film(60, 3), "shared": shared}})
    (row,) = found.to_dict("records")
    assert (row["kind"], row["recording"], row["video"]) == ("content", "c", "b")
    assert row["clip"] == "raw/c/shared.mpg" and row["correlation"] > 0.9
    assert 333 <= row["video_frame"] <= 393 - WINDOW


def test_a_finding_names_the_frame_of_the_video_where_its_store_is_of_another_rate(tmp_path):
    times = tmp_path / "a.parquet"
    write_times(times, np.arange(4) / 30)
    assert number_frame(tmp_path / "a.zarr", 3) == 3
    write_times(times, np.arange(4) / 30, Resampling(np.array([1, 0, 2, 1]), np.arange(4)))
    assert [number_frame(tmp_path / "a.zarr", place) for place in range(4)] == [0, 2, 2, 3]


def test_recordings_that_share_nothing_share_nothing(audit):
    clips = {str(seed): film(60, seed) for seed in range(10, 40)}
    assert not len(audit(VIDEOS, {"c": clips}))


def test_who_walks_alike_in_another_cage_is_another(audit):
    clips = {"alike": film(900, 1, cage=7)[300:360], "here": film(900, 1, cage=1)[300:360]}
    (row,) = audit(VIDEOS, {"c": clips}).to_dict("records")
    assert row["clip"] == "raw/c/here.mpg"


def test_two_videos_of_one_recording_are_one_finding(audit):
    again = {"late": encode_again(VIDEOS["a"][450:])}
    (row,) = audit(VIDEOS | again, {}).to_dict("records")
    assert (row["kind"], {row["recording"], row["video"]}) == ("content", {"a", "late"})


def test_what_does_not_move_is_said_not_to_be_sought(audit):
    still = encode_again(np.repeat(VIDEOS["a"][:1], 60, axis=0), noise=1.5)
    short = VIDEOS["a"][100:105]
    found = audit(VIDEOS, {"c": {"still": still, "short": short, "one": short[:1]}})
    assert list(found["kind"]) == ["still"] * 3 and len(set(found["clip"])) == 3


def test_names_and_animals_are_findings_of_their_own(audit):
    videos = {"rec20080229A": VIDEOS["a"], "rec20080229F": VIDEOS["b"], "c": film(60, 5)}
    found = audit(
        videos,
        {"rec20080229": {"own": film(60, 6)}},
        dict(zip(videos, ["M1", "M2", "M1"], strict=True)),
    )
    named = found[found["kind"] == "name"]
    assert {*zip(named["recording"], named["video"], strict=True)} == {
        ("rec20080229", "rec20080229A"),
        ("rec20080229", "rec20080229F"),
        ("rec20080229A", "rec20080229F"),
    }
    (animal,) = found[found["kind"] == "animal"].to_dict("records")
    assert {animal["recording"], animal["video"]} == {"rec20080229A", "c"}
    assert animal["found"] == "both show M1"


@given(st.integers(0, 170), st.integers(0, 1000), st.integers(8, 30))
@settings(max_examples=25, deadline=None)
def test_correlation_is_that_of_brute_force_and_highest_at_the_place(start, seed, length):
    changes = measure_changes(film(201, seed))
    query = changes[start : start + length][None]
    correlation = correlate(query, changes)[:, 0]
    for place in range(0, len(changes) - length + 1, 13):
        own = changes[place : place + length]
        expected = (own * query[0]).sum() / np.linalg.norm(own) / np.linalg.norm(query[0])
        assert correlation[place] == pytest.approx(expected, abs=1e-4)
    assert (
        correlation[start] == pytest.approx(1, abs=1e-4)
        and correlation[start] >= max(correlation) - 1e-4
    )


def test_a_second_that_is_kept_keeps_nothing_else_in_memory():
    frames = np.random.default_rng(0).integers(0, 256, (300, 32, 32, 3), dtype=np.uint8)
    query = cut_liveliest("a", "", frames)
    assert query.changes.shape[0] == WINDOW
    assert query.changes.base is None
