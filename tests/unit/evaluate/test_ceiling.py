"""The ceiling: a rule that is told the truth about each clip, and learns what it means elsewhere."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from homecage.clips.options import ClipGeometry
from homecage.clips.tiling import clip_of_frame, labeled_frames
from homecage.errors import PredictionError
from homecage.evaluate.ceiling import SHRINKAGE, answer, state_ceiling, tabulate_posterior
from homecage.storage.frame_tables import UNLABELED, write_annotation
from homecage.storage.tables import read_tsv, write_tsv

BEHAVIORS = ["drink", "rest", "walk"]
GEOMETRY = ClipGeometry()
MODES, PLACES = ("lap", "doze", "gait"), ("spout", "open")


def make_videos(n_frames: int = 400) -> dict[str, pd.DataFrame]:
    """Modes that mean a behavior four times in five; lapping is drinking only at the spout."""
    generator = np.random.default_rng(0)
    videos = {}
    for video in ("a", "b", "c"):
        mode = np.repeat(generator.integers(0, 3, n_frames // 20), 20)
        place = np.repeat(generator.integers(0, 2, n_frames // 20), 20)
        code = np.where((mode == 0) & (place == 1), 1, mode)
        odd = np.repeat(generator.random(n_frames // 20) < 0.2, 20)
        code = np.where(odd, 2 - code, code)
        code[:30] = UNLABELED
        videos[video] = pd.DataFrame(
            {"mode": np.array(MODES)[mode], "place": np.array(PLACES)[place], "code": code}
        )
    return videos


def write(root: Path, videos: dict[str, pd.DataFrame]) -> tuple[list[Path], list[Path]]:
    truths, annotations = [], []
    for video, table in videos.items():
        truths.append(root / "truth" / f"{video}.tsv")
        annotations.append(root / "annotator_1" / f"{video}.parquet")
        for path in (truths[-1], annotations[-1]):
            path.parent.mkdir(exist_ok=True)
        write_tsv(truths[-1], table[["mode", "place"]])
        write_annotation(annotations[-1], table["code"].to_numpy(), BEHAVIORS)
    return truths, annotations


def test_the_answers_are_those_of_counting(tmp_path: Path) -> None:
    videos = make_videos()
    told = {v: [(m,) for m in table["mode"]] for v, table in videos.items()}
    labels = {v: table["code"].to_numpy(np.int8) for v, table in videos.items()}
    answers = answer(told, labels, 3, GEOMETRY)
    for video, table in videos.items():
        pairs: Counter[tuple[str, int]] = Counter()
        for other in videos.keys() - {video}:
            for frame in labeled_frames(len(table), GEOMETRY):
                pairs[videos[other]["mode"][frame], videos[other]["code"][frame]] += 1
        prior = np.array([sum(pairs[mode, k] for mode in MODES) for k in range(3)])
        prior = prior / prior.sum()
        expected: dict[str, list[int]] = {"frames": [], "behaviors": []}
        for frame in labeled_frames(len(table), GEOMETRY):
            own = np.array([pairs[table["mode"][frame], k] for k in range(3)])
            shares = (own + SHRINKAGE * prior) / (own.sum() + SHRINKAGE)
            expected["frames"].append(int(shares.argmax()))
            expected["behaviors"].append(int((shares / prior).argmax()))
        for level, said in expected.items():
            spread = np.array(said)[clip_of_frame(len(table), GEOMETRY)]
            np.testing.assert_array_equal(answers[level][video], spread)


def test_who_is_told_the_place_too_does_better(tmp_path: Path) -> None:
    truths, annotations = write(tmp_path, make_videos())
    state_ceiling(
        truths=truths,
        annotations=annotations,
        behaviors=BEHAVIORS,
        geometry=GEOMETRY,
        output=tmp_path / "ceiling.tsv",
    )
    table = read_tsv(tmp_path / "ceiling.tsv")
    assert list(table) == ["told", "frames_of", "level", "average", "accuracy", "n_frames"]
    assert set(table["n_frames"]) == {3 * 370}  # labeled ones only
    accuracy = table.set_index(["told", "level", "average"])["accuracy"]
    for level in ("frames", "behaviors"):
        assert (
            accuracy["mode and place", level, "pooled"] > accuracy["mode", level, "pooled"] + 0.03
        )
    assert 0.7 < accuracy["mode and place", "frames", "videos"] < 0.9


def test_a_video_teaches_nothing_about_itself() -> None:
    videos = make_videos()
    told = {v: [(m,) for m in table["mode"]] for v, table in videos.items()}
    labels = {v: table["code"].to_numpy(np.int8) for v, table in videos.items()}
    changed = np.where(labels["a"] == UNLABELED, UNLABELED, 2 - labels["a"]).astype(np.int8)
    others = answer(told, labels | {"a": changed}, 3, GEOMETRY)
    own = answer(told, labels, 3, GEOMETRY)
    for level in own:
        np.testing.assert_array_equal(own[level]["a"], others[level]["a"])
        assert any((own[level][v] != others[level][v]).any() for v in "bc")


def test_what_was_never_seen_leans_on_what_it_is_part_of() -> None:
    cells: list[tuple[str, ...]] = [("doze",), ("doze", "open"), ("lap",), ("lap", "open")]
    counts = np.array([[0.0, 30], [0, 0], [0, 0], [0, 0]])
    table, prior = tabulate_posterior(counts, cells)
    np.testing.assert_allclose(table, np.tile([0.0, 1.0], (4, 1)))
    counts = np.array([[10.0, 30], [0, 0], [10, 0], [1, 0]])
    table, prior = tabulate_posterior(counts, cells)
    np.testing.assert_allclose(prior, [0.4, 0.6])
    np.testing.assert_allclose(table[1], table[0])
    np.testing.assert_allclose(table[2], (np.array([10, 0]) + SHRINKAGE * prior) / (10 + SHRINKAGE))


def test_a_truth_of_another_length_is_refused(tmp_path: Path) -> None:
    videos = make_videos()
    truths, annotations = write(tmp_path, videos)
    write_tsv(truths[1], videos["b"][["mode", "place"]][:-1])
    with pytest.raises(PredictionError, match=r"b\.tsv.*399 frames.*400"):
        state_ceiling(
            truths=truths,
            annotations=annotations,
            behaviors=BEHAVIORS,
            geometry=GEOMETRY,
            output=tmp_path / "ceiling.tsv",
        )
