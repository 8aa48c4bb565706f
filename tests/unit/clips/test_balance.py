from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.balance import SourceClip, balance_clips, cut_train, split_sources
from homecage.clips.options import BalanceOptions, ClipOptions
from homecage.errors import DatasetError
from homecage.study.behaviors import BEHAVIORS

OPTIONS = BalanceOptions()


def make_sources(lengths_by_behavior):
    sources, offset = [], 0
    for behavior, lengths in lengths_by_behavior.items():
        for i, length in enumerate(lengths):
            sources.append(SourceClip("a", f"{behavior}{i}", behavior, offset, length))
            offset += length
    return sources


source_lists = st.dictionaries(
    st.sampled_from(BEHAVIORS), st.lists(st.integers(8, 60), min_size=1, max_size=6), min_size=1
).map(make_sources)


@given(source_lists, st.integers(0, 5))
def test_every_present_behavior_gets_the_same_number_of_training_clips(sources, seed):
    rows = cut_train(sources, 8, OPTIONS, np.random.default_rng(seed))
    counts = Counter(row["behavior"] for row in rows)
    assert set(counts) == {source.behavior for source in sources}
    assert len(set(counts.values())) == 1


@given(source_lists, st.integers(0, 5))
def test_clips_stay_inside_their_source(sources, seed):
    by_name = {source.name: source for source in sources}
    for row in cut_train(sources, 8, OPTIONS, np.random.default_rng(seed)):
        source = by_name[row["clip"]]
        assert source.offset <= row["start"] <= source.offset + source.length - 8


@given(source_lists, st.integers(0, 5))
def test_no_source_is_on_both_sides_and_none_is_lost(sources, seed):
    sides = split_sources(sources, 0.2, np.random.default_rng(seed))
    names = [source.name for side in sides.values() for source in side]
    assert sorted(names) == sorted(source.name for source in sources)
    # Every behavior is trained on; every one with two sources is tested, too.
    assert {s.behavior for s in sides["train"]} == {s.behavior for s in sources}
    several = {b for b, n in Counter(s.behavior for s in sources).items() if n > 1}
    assert {s.behavior for s in sides["test"]} == several


def test_the_rarer_behavior_is_cut_more_densely():
    sources = make_sources({"walk": [80] * 4, "drink": [24]})
    rows = cut_train(sources, 8, OPTIONS, np.random.default_rng(0))
    starts = {b: [row["start"] for row in rows if row["behavior"] == b] for b in ("walk", "drink")}
    assert len(starts["walk"]) == len(starts["drink"]) == 40
    assert len(set(starts["walk"])) == 40  # without overlap, hence without repetition
    assert np.diff(sorted(starts["walk"])).min() == 8
    assert len(set(starts["drink"])) == 17  # a clip at every frame of the only source


def write_and_balance(tmp_path, write_clip_store, random_frames, clips, seed=0):
    store = write_clip_store(
        tmp_path / "NA.zarr",
        [(f"c{i}", b, random_frames(n, seed=i)) for i, (b, n) in enumerate(clips)],
    )
    plan, counts = tmp_path / "plan.tsv", tmp_path / "counts.tsv"
    balance_clips(
        clips=[store], geometry=ClipOptions(), options=OPTIONS, seed=seed, plan=plan, counts=counts
    )
    return plan, pd.read_csv(counts, sep="\t").set_index("behavior")


def test_the_plan_is_written_with_its_counts(tmp_path, write_clip_store, random_frames):
    clips = [("walk", 40), ("walk", 33), ("groom", 5), ("groom", 8), ("rest", 16)]
    plan_path, counts = write_and_balance(tmp_path, write_clip_store, random_frames, clips)
    plan = pd.read_csv(plan_path, sep="\t", keep_default_na=False)
    assert set(plan["folder"]) == {"NA"}
    assert counts.loc["groom", ["source_clips", "too_short"]].tolist() == [2, 1]
    assert counts.loc["walk", "frames"] == 73
    assert counts.loc["hang", "train_clips"] == 0
    for behavior in BEHAVIORS:
        own = plan[plan["behavior"] == behavior]
        assert counts.loc[behavior, "train_clips"] == (own["side"] == "train").sum()
        assert counts.loc[behavior, "test_clips"] == (own["side"] == "test").sum()
    test = plan[plan["side"] == "test"]
    assert (test["brightness"] == 0).all() and (test["contrast"] == 1).all()


def test_the_same_seed_gives_the_same_plan(tmp_path, write_clip_store, random_frames):
    clips = [("walk", 40), ("walk", 33), ("rest", 16)]
    texts = []
    for folder, seed in (("1", 0), ("2", 0), ("3", 1)):
        (tmp_path / folder).mkdir()
        plan, _ = write_and_balance(
            tmp_path / folder, write_clip_store, random_frames, clips, seed=seed
        )
        texts.append(plan.read_bytes())
    assert texts[0] == texts[1] != texts[2]


def test_clips_all_too_short_are_refused(tmp_path, write_clip_store, random_frames):
    with pytest.raises(DatasetError, match="none of the 2 clips has the 8 frames"):
        write_and_balance(tmp_path, write_clip_store, random_frames, [("walk", 7), ("rest", 5)])
    assert not (tmp_path / "plan.tsv").exists()
