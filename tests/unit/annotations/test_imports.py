"""Annotations become tables of the video's frames, and people a method like the others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.annotations.bouts import Bout
from homecage.annotations.imports import import_annotation, predict_human
from homecage.annotations.options import AnnotationOptions
from homecage.annotations.read import label_frames
from homecage.errors import AnnotationError, StoreError
from homecage.storage.frame_tables import (
    UNLABELED,
    Resampling,
    read_annotation,
    read_predictions,
    read_shown_annotation,
    write_annotation,
    write_times,
)
from homecage.study.behaviors import Behavior, Vocabulary
from homecage.study.choice import Choice

BEHAVIORS = ["walk", "groom", "rest"]
VOCABULARY = Vocabulary(
    behaviors=(
        Behavior(name="walk"),
        Behavior(name="groom", labels=("gb",)),
        Behavior(name="rest"),
    ),
    ignored_labels=("out of sight",),
)


@pytest.fixture
def times(tmp_path):
    write_times(tmp_path / "times.parquet", np.arange(20) / 30)
    return tmp_path / "times.parquet"


def import_text(tmp_path, times, text, choice=None, **options):
    annotation, output = tmp_path / "a.txt", tmp_path / "annotations" / "mouse.parquet"
    annotation.write_text(text)
    import_annotation(
        annotation=annotation,
        times=times,
        vocabulary=VOCABULARY,
        options=AnnotationOptions(**options),
        choice=choice or Choice(),
        output=output,
    )
    return read_annotation(output, BEHAVIORS).tolist()


def test_an_annotation_is_imported_for_every_frame(tmp_path, times):
    text = "frame: 3-10 walk\nframe: 11-14 out of sight\nframe: 15-18 gb\n"
    expected = [UNLABELED] * 2 + [0] * 8 + [UNLABELED] * 4 + [1] * 4 + [UNLABELED] * 2
    assert import_text(tmp_path, times, text) == expected


def test_what_a_store_of_another_rate_shows_is_labeled_as_the_frame_that_it_shows(tmp_path, times):
    text = "frame: 3-10 walk\nframe: 15-18 gb\n"
    plain = import_text(tmp_path, times, text)
    n_shown = np.tile([1, 0, 2, 1], 5)
    write_times(times, np.arange(20) / 30, Resampling(n_shown, np.arange(20)))
    assert import_text(tmp_path, times, text) == plain  # The video's own frames.
    annotation = tmp_path / "annotations" / "mouse.parquet"
    shown = read_shown_annotation(annotation, BEHAVIORS)
    np.testing.assert_array_equal(shown, np.repeat(plain, n_shown))
    write_annotation(annotation, np.array(plain), BEHAVIORS)
    assert read_shown_annotation(annotation, BEHAVIORS).tolist() == plain


def test_time_without_a_bout_may_be_a_behavior_but_what_is_ignored_is_none(tmp_path, times):
    text = "frame: 3-10 walk\nframe: 11-14 out of sight\nframe: 15-18 gb\n"
    expected = [2] * 2 + [0] * 8 + [UNLABELED] * 4 + [1] * 4 + [2] * 2
    assert import_text(tmp_path, times, text, without_bout="rest") == expected


def test_the_first_in_priority_holds_the_frames_that_behaviors_share(tmp_path, times):
    text = "frame: 1-10 walk\nframe: 5-20 gb\nframe: 8-12 out of sight\n"
    walk_first = [0] * 10 + [1] * 10
    assert import_text(tmp_path, times, text, priority=["walk", "groom"]) == walk_first
    assert import_text(tmp_path, times, text, priority=["groom", "walk"]) == [0] * 4 + [1] * 16
    with pytest.raises(AnnotationError, match="line 2: the bout 5-20 groom overlaps the bout 1-10"):
        import_text(tmp_path, times, text, priority=["groom", "rest"])


def test_one_of_several_annotators_is_imported(tmp_path, times):
    text = "start_frame,stop_frame,behavior,annotator\n0,20,walk,A\n0,20,rest,B\n"
    assert import_text(tmp_path, times, text, Choice(annotator="B")) == [2] * 20
    with pytest.raises(AnnotationError, match=r"2 annotators: 'A' \(1 bout\), 'B' \(1 bout\)"):
        import_text(tmp_path, times, text)


def test_an_annotation_longer_than_the_decoded_video_is_refused(tmp_path, times):
    with pytest.raises(AnnotationError, match=r"line 1: .* which has 20 frames"):
        import_text(tmp_path, times, "frame: 3-21 walk\n")
    assert not (tmp_path / "annotations").exists()


def test_an_ignored_label_beyond_the_video_is_refused_like_any_other(tmp_path, times):
    with pytest.raises(AnnotationError, match=r"3-21 \(an ignored label\) reaches beyond"):
        import_text(tmp_path, times, "frame: 3-21 out of sight\n")


def predict(tmp_path, times, codes):
    write_annotation(tmp_path / "a.parquet", np.array(codes, dtype=np.int8), BEHAVIORS)
    predict_human(
        annotation=tmp_path / "a.parquet",
        times=times,
        behaviors=BEHAVIORS,
        video="mouse",
        output=tmp_path / "h.parquet",
    )
    return read_predictions(tmp_path / "h.parquet", BEHAVIORS, method="human", video="mouse")


def test_people_predict_with_certainty(tmp_path, times):
    codes = np.arange(20) % 4 - 1
    prediction = predict(tmp_path, times, codes)
    labeled = codes != UNLABELED
    assert np.array_equal(prediction.codes, codes)
    assert np.array_equal(prediction.probability[labeled], np.eye(3)[codes[labeled]])
    assert np.isnan(prediction.probability[~labeled]).all()
    assert np.allclose(prediction.time_s, np.arange(20) / 30)


def test_an_annotation_of_another_video_is_refused(tmp_path, times):
    with pytest.raises(StoreError, match=r"a\.parquet: 19 frames, but .*times\.parquet has 20"):
        predict(tmp_path, times, [0] * 19)


runs = st.lists(st.tuples(st.integers(UNLABELED, 2), st.integers(1, 9)), max_size=20)


@given(runs=runs, ignored=st.booleans())
def test_each_frame_has_the_behavior_of_its_bout(runs, ignored):
    codes = np.repeat([code for code, _ in runs], [n for _, n in runs])
    stops = np.cumsum([n for _, n in runs], dtype=int).tolist()
    bouts = [
        Bout(stop - n, stop, None if code == UNLABELED else BEHAVIORS[code])
        for (code, n), stop in zip(runs, stops, strict=True)
        if ignored or code != UNLABELED  # No bout, or one of an ignored label: the same.
    ]
    found = label_frames(bouts, len(codes), VOCABULARY)
    assert np.array_equal(found, codes) and found.dtype == np.int8
