"""Folds: every group is held out once, is never divided, and validates about as often as any other."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.errors import ConfigError, StudyError
from homecage.study.folds import (
    Fold,
    find_divided,
    hold_out_none,
    plan_folds,
    tabulate_folds,
)
from homecage.study.options import FoldOptions
from homecage.study.study import Video


def make_videos(animals):
    return tuple(
        Video(f"v{i}", Path(f"v{i}.mpg"), {}, {"animal": animal})
        for i, animal in enumerate(animals)
    )


@given(
    st.lists(st.sampled_from(["M1", "M2", "M3", "M4", "M5", "M6"]), min_size=6, max_size=20),
    st.sampled_from(["video", "animal"]),
    st.none() | st.integers(2, 6),
    st.integers(1, 2),
    st.integers(0, 5),
)
def test_folds_divide_the_videos_and_no_group(animals, by, number, validation, seed):
    videos = make_videos(animals)
    group_of = {v.key: v.columns["animal"] if by == "animal" else v.key for v in videos}
    n_groups = len(set(group_of.values()))
    options = FoldOptions(by=by, number=number, validation=validation)
    held_out_at_most = -(-n_groups // (number or n_groups))
    if (number or 0) > n_groups or n_groups - held_out_at_most <= validation:
        with pytest.raises(ConfigError, match="folds: found"):
            plan_folds(videos, options, seed)
        return
    folds = plan_folds(videos, options, seed)
    assert len(folds) == (number or n_groups) == len({fold.name for fold in folds})
    assert sorted(key for fold in folds for key in fold.held_out) == sorted(group_of)
    for fold in folds:
        roles = [
            {group_of[key] for key in role}
            for role in (fold.held_out, fold.validation, fold.training)
        ]
        assert all(roles) and len(roles[1]) == validation
        assert sum(map(len, roles)) == len(set.union(*roles)) == n_groups
        assert sorted([*fold.held_out, *fold.validation, *fold.training]) == sorted(group_of)
    if number is None:
        validates = Counter(group_of[key] for fold in folds for key in {*fold.validation})
        per_group = Counter(group_of.values())
        assert {validates[group] / per_group[group] for group in per_group} == {validation}


def test_leave_one_out_folds_bear_the_names_of_their_groups():
    folds = plan_folds(
        make_videos(["M 2", "M 1", "M 1", "M 3"]), FoldOptions(by="animal", validation=1), 0
    )
    assert [fold.name for fold in folds] == ["M_1", "M_2", "M_3"]
    assert folds[0].held_out == ("v1", "v2")


def test_the_plan_is_that_of_the_seed():
    videos = make_videos("abcdefgh")
    assert plan_folds(videos, FoldOptions(), 3) == plan_folds(videos, FoldOptions(), 3)
    assert plan_folds(videos, FoldOptions(), 3) != plan_folds(videos, FoldOptions(), 4)


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(
        ConfigError, match=r"folds\.by: found 'cage'; expected one of: video, animal"
    ):
        plan_folds(make_videos("abcd"), FoldOptions(by="cage"), 0)


def test_a_video_of_no_group_is_refused_by_name():
    with pytest.raises(StudyError, match="v2: nothing in column 'animal'"):
        plan_folds(make_videos(["a", "b", "", "c"]), FoldOptions(by="animal"), 0)


def test_a_group_spelled_in_two_ways_would_be_on_two_sides_and_is_refused_with_both():
    with pytest.raises(StudyError, match="'M1' and 'm 1' look like one group"):
        plan_folds(make_videos(["M1", "m 1", "M2", "M3"]), FoldOptions(by="animal"), 0)


def test_an_animal_on_both_sides_of_a_fold_is_found():
    videos = make_videos(["a", "a", "b", "c", "d"])
    assert find_divided(videos, plan_folds(videos, FoldOptions(), 0), "animal") == ["a"]
    by_animal = plan_folds(videos, FoldOptions(by="animal", validation=1), 0)
    assert find_divided(videos, by_animal, "animal") == []


def test_the_plan_as_a_table_has_every_video_once_in_each_fold():
    folds = plan_folds(make_videos("abcd"), FoldOptions(validation=1), 0)
    lines = [line.split("\t") for line in tabulate_folds(folds).splitlines()]
    assert lines[0] == ["fold", "video", "role"]
    assert len(lines) == 1 + 4 * 4
    assert Counter((fold, role) for fold, _, role in lines[1:])["v0", "training"] == 2


@given(st.integers(4, 12), st.integers(1, 2), st.integers(0, 5))
def test_fewer_labeled_videos_are_among_more_and_stop_the_training_alike(
    n_videos, validation, seed
):
    options = FoldOptions(validation=validation)
    for fold in plan_folds(make_videos(["M"] * n_videos), options, seed):
        assert fold.limit(None, seed) == fold == fold.limit(n_videos - 1, seed)
        before: set[str] = set()
        for number in range(validation + 1, n_videos):
            limited = fold.limit(number, seed)
            assert limited.held_out == fold.held_out and limited.validation == fold.validation
            assert len(limited.training) + validation == number
            assert before < {*limited.training} <= {*fold.training}
            before = {*limited.training}
        for number in (validation, n_videos):
            with pytest.raises(ConfigError, match=f"labeled_videos: found {number}; fold v"):
                fold.limit(number, seed)


def test_what_learns_from_all_videos_bears_no_folds_name():
    videos = make_videos("abcd")
    folds = plan_folds(videos, FoldOptions(validation=1), 0)
    everything = hold_out_none(videos, folds)
    assert everything == Fold("all", (), (), ("v0", "v1", "v2", "v3"))
    taken = (*folds, Fold("all", (), (), ()), Fold("all_", (), (), ()))
    assert hold_out_none(videos, taken).name == "all__"
