from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.errors import DatasetError
from homecage.study.folds import make_fold

names = st.lists(st.text("abcxyz", min_size=1, max_size=4), min_size=3, max_size=15, unique=True)


@given(names, st.integers(0, 9))
def test_every_other_video_has_one_role_and_the_held_out_one_has_none(videos, seed):
    held_out, *others = videos
    fold = make_fold(others, held_out, 1, seed)
    assert sorted([*fold.training, *fold.validation]) == sorted(others)
    assert len(fold.validation) == 1


@given(names, st.integers(0, 9))
def test_the_order_of_videos_does_not_matter(videos, seed):
    held_out, *others = videos
    assert make_fold(others, held_out, 1, seed) == make_fold(others[::-1], held_out, 1, seed)


def test_each_video_validates_equally_often():
    videos = [f"v{i}" for i in range(12)]
    folds = [make_fold([v for v in videos if v != held], held, 2, seed=0) for held in videos]
    counts = Counter(video for fold in folds for video in fold.validation)
    assert counts == dict.fromkeys(videos, 2)


def test_too_few_videos_are_refused():
    with pytest.raises(DatasetError, match="3 videos are too few to hold one out, validate on 2"):
        make_fold(["a", "b"], "c", 2, seed=0)
