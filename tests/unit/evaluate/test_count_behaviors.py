import numpy as np
import pandas as pd
import pytest

from homecage.errors import PredictionError, StoreError
from homecage.evaluate.distribution import count_behaviors
from homecage.storage.stores import ArraySpec, write_store
from homecage.storage.tables import read_tsv, write_tsv


def count(study, folders):
    """Count the frames of folders of clips (path, behavior, length) and of the annotations."""
    clips, rows = [], []
    for folder in folders:
        path = study.root / f"{len(clips)}.zarr"
        spec = ArraySpec((), "int64", chunk=64, shard=64)
        with write_store(path, kind="clips", arrays={"length": spec}) as writer:
            writer.append("length", np.array([length for _, _, length in folder]))
            writer.attributes["path"] = [clip for clip, _, _ in folder]
        clips.append(path)
        rows += [{"path": clip, "behavior": behavior} for clip, behavior, _ in folder]
    write_tsv(study.root / "clips.tsv", pd.DataFrame(rows[::-1], columns=["path", "behavior"]))
    return count_frames(study, clips)


def count_frames(study, clips):
    output = study.root / "distribution.tsv"
    count_behaviors(
        clips=clips,
        table=study.root / "clips.tsv",
        annotations=study.annotations,
        behaviors=study.behaviors,
        output=output,
    )
    table = read_tsv(output)
    assert list(table.columns) == ["database", "behavior", "n_frames", "share"]
    return table.set_index(["database", "behavior"])


def test_frames_of_clips_and_annotations_are_counted(study):
    study.annotate("annotator_1", {"v": [0, 0, 1, -1], "w": [5, 5]})
    study.annotate("annotator_2", {"v": [4, -1, 4, 4]})
    ignored = ("a/4.mpg", "", 100)
    first = [("a/1.mpg", "eat", 10), ("a/2.mpg", "eat", 5), ignored, ("a/3.mpg", "walk", 1)]
    table = count(study, [first, [("b/1.mpg", "walk", 4)]])
    assert len(table) == 3 * len(study.behaviors)
    assert table.loc[("CD", "eat")].tolist() == [15, 0.75]
    assert table.loc[("CD", "walk")].tolist() == [5, 0.25]
    assert table.loc["FD", "n_frames"][["drink", "eat", "walk"]].tolist() == [2, 1, 2]
    # FD* counts what annotator 1 says of the frames that annotator 2 labeled too.
    assert table.loc["FD*", "n_frames"][["drink", "eat", "rest"]].tolist() == [1, 1, 0]
    for database in ("CD", "FD", "FD*"):
        assert table.loc[database, "share"].sum() == pytest.approx(1)


def test_databases_without_frames_have_no_rows(study):
    study.annotate("annotator_1", {"v": [0, 1]})
    assert set(count(study, []).index.get_level_values("database")) == {"FD"}


def test_a_clip_that_the_study_does_not_list_is_refused(study):
    study.annotate("annotator_1", {"v": [0, 1]})
    count(study, [[("old.mpg", "eat", 1), ("new.mpg", "eat", 2)]])
    write_tsv(study.root / "clips.tsv", pd.DataFrame({"path": ["new.mpg"], "behavior": ["eat"]}))
    with pytest.raises(StoreError, match=r"0\.zarr: holds the clip old\.mpg, which .*clips\.tsv"):
        count_frames(study, [study.root / "0.zarr"])


def test_annotations_of_unequal_length_are_refused(study):
    study.annotate("annotator_1", {"v": [0, 1]}).annotate("annotator_2", {"v": [0]})
    with pytest.raises(PredictionError, match=r"annotator_2/v\.parquet: 1 frames, but .* has 2"):
        count(study, [])
