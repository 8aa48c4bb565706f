import numpy as np
import pytest

from homecage.evaluate.distribution import count_behaviors
from homecage.storage.stores import ArraySpec, write_store
from homecage.storage.tables import read_tsv
from homecage.study.behaviors import BEHAVIORS


def write_clips(path, behaviors, lengths):
    spec = ArraySpec((), "int64", chunk=64, shard=64)
    with write_store(path, kind="clips", arrays={"length": spec}) as writer:
        writer.append("length", np.array(lengths))
        writer.attributes["behavior"] = behaviors
    return path


def count(study, clips):
    output = study.root / "distribution.tsv"
    count_behaviors(clips=clips, annotations=study.annotations, output=output)
    table = read_tsv(output)
    assert list(table.columns) == ["database", "behavior", "n_frames", "share"]
    return table.set_index(["database", "behavior"])


def test_frames_of_clips_and_annotations_are_counted(study):
    clips = [
        write_clips(study.root / "a.zarr", ["eat", "eat", "walk"], [10, 5, 1]),
        write_clips(study.root / "b.zarr", ["walk"], [4]),
    ]
    study.annotate("annotator_1", {"v": [0, 0, 1, -1], "w": [7, 7]})
    study.annotate("annotator_2", {"v": [5, -1, 5, 5]})
    table = count(study, clips)
    assert len(table) == 3 * len(BEHAVIORS)
    assert table.loc[("CD", "eat")].tolist() == [15, 0.75]
    assert table.loc[("CD", "walk")].tolist() == [5, 0.25]
    assert table.loc["FD", "n_frames"][["drink", "eat", "walk"]].tolist() == [2, 1, 2]
    # FD* counts what annotator 1 says of the frames that annotator 2 labeled too.
    assert table.loc["FD*", "n_frames"][["drink", "eat", "rear"]].tolist() == [1, 1, 0]
    for database in ("CD", "FD", "FD*"):
        assert table.loc[database, "share"].sum() == pytest.approx(1)


def test_databases_without_frames_have_no_rows(study):
    study.annotate("annotator_1", {"v": [0, 1]})
    assert set(count(study, []).index.get_level_values("database")) == {"FD"}
