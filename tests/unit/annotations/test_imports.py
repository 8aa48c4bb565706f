"""Annotations become tables of the video's frames, and people a method like the others."""

import numpy as np
import pytest

from homecage.annotations.imports import import_annotation, predict_human
from homecage.errors import AnnotationError, StoreError
from homecage.storage.frame_tables import (
    PROBABILITIES,
    read_annotation,
    read_predictions,
    write_annotation,
)
from homecage.study.behaviors import BEHAVIORS, UNLABELED


@pytest.fixture
def frames(tmp_path, write_frame_store, random_frames):
    return write_frame_store(tmp_path / "mouse.zarr", random_frames(20))


def test_an_annotation_is_imported_for_every_frame(tmp_path, frames):
    (tmp_path / "a.txt").write_text("frame: 3-10 walk\nframe: 11-18 gb\n")
    output = tmp_path / "annotations" / "mouse.parquet"
    import_annotation(annotation=tmp_path / "a.txt", frames=frames, output=output)
    walk, groom = BEHAVIORS.index("walk"), BEHAVIORS.index("groom")
    expected = [UNLABELED] * 2 + [walk] * 8 + [groom] * 8 + [UNLABELED] * 2
    assert read_annotation(output).tolist() == expected


def test_an_annotation_longer_than_the_decoded_video_is_refused(tmp_path, frames):
    (tmp_path / "a.txt").write_text("frame: 3-21 walk\n")
    output = tmp_path / "mouse.parquet"
    with pytest.raises(AnnotationError, match=r"line 1: .* which has 20 frames"):
        import_annotation(annotation=tmp_path / "a.txt", frames=frames, output=output)
    assert not output.exists()


def test_people_predict_with_certainty(tmp_path, frames):
    codes = np.arange(20, dtype=np.int8) % 9 - 1
    write_annotation(tmp_path / "a.parquet", codes)
    predict_human(annotation=tmp_path / "a.parquet", frames=frames, output=tmp_path / "h.parquet")
    table = read_predictions(tmp_path / "h.parquet")
    labeled = codes != UNLABELED
    assert np.array_equal(table["behavior"].isna(), ~labeled)
    assert list(table["behavior"][labeled]) == [BEHAVIORS[code] for code in codes[labeled]]
    probability = table[list(PROBABILITIES)].to_numpy()
    assert np.array_equal(probability[labeled], np.eye(8)[codes[labeled]])
    assert np.isnan(probability[~labeled]).all()
    assert np.allclose(table["time_s"], np.arange(20) / 30)


def test_an_annotation_of_another_video_is_refused(tmp_path, frames):
    write_annotation(tmp_path / "a.parquet", np.zeros(19, dtype=np.int8))
    with pytest.raises(StoreError, match=r"19 frames, but .* has 20"):
        predict_human(
            annotation=tmp_path / "a.parquet", frames=frames, output=tmp_path / "h.parquet"
        )
