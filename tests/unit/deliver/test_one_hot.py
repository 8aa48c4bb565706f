import numpy as np
import pandas as pd
import pytest

from homecage.annotations.imports import import_annotation
from homecage.annotations.options import AnnotationOptions
from homecage.deliver.bouts import Scoring
from homecage.deliver.one_hot import encode, export_one_hot
from homecage.deliver.options import ExportOptions
from homecage.storage.frame_tables import read_annotation, write_times
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import Choice


def test_a_file_is_as_deepethogram_writes_it(lab):
    lab.predict("v1", [0, 2, 2, -1])
    export_one_hot(
        predictions=lab.predictions,
        behaviors=list(lab.behaviors),
        method=lab.method,
        options=ExportOptions(),
        output=lab.root,
    )
    assert (lab.root / "v1_labels.csv").read_text() == (
        ",background,drink,rear,rest,never\n"
        "0,0,1,0,0,0\n"
        "1,0,0,0,1,0\n"
        "2,0,0,0,1,0\n"
        "3,-1,-1,-1,-1,-1\n"
    )


def test_labels_come_back_as_an_annotation(lab):
    codes = [0, 2, 2, -1, -1, 1, 0, 0, 2]
    lab.predict("v1", codes)
    export_one_hot(
        predictions=lab.predictions,
        behaviors=list(lab.behaviors),
        method=lab.method,
        options=ExportOptions(),
        output=lab.root,
    )
    write_times(lab.root / "times.parquet", np.arange(9) / 25)
    import_annotation(
        annotation=lab.root / "v1_labels.csv",
        times=lab.root / "times.parquet",
        vocabulary=Vocabulary(behaviors=tuple(Behavior(name=name) for name in lab.behaviors)),
        options=AnnotationOptions(),
        choice=Choice(),
        output=lab.root / "annotation.parquet",
    )
    assert read_annotation(lab.root / "annotation.parquet", lab.behaviors).tolist() == codes


@pytest.mark.parametrize("behaviors", [("a", "background", "b"), ("background", "a", "b")])
def test_a_behavior_called_background_is_the_first_column(behaviors):
    codes = np.array([0, 1, 2, 1], np.int8)
    table = encode(Scoring(behaviors, codes, np.ones((4, 3), np.float32), np.arange(4.0)))
    assert list(table) == ["background", "a", "b"]
    assert table.to_numpy().argmax(axis=1).tolist() == [
        ["background", "a", "b"].index(behaviors[code]) for code in codes
    ]
    assert isinstance(table, pd.DataFrame) and (table.sum(axis=1) == 1).all()
