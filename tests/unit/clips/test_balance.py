"""The plan of training and test clips, from a clipped database and from annotated videos."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.clips.balance import balance_clips, share_training, split_stretches
from homecage.clips.options import BalanceOptions, ClipGeometry
from homecage.clips.stretches import Stretch, list_bout_stretches
from homecage.errors import StoreError, StudyError
from homecage.storage.frame_tables import write_annotation
from homecage.storage.tables import read_tsv, write_tsv

BEHAVIORS = ["drink", "groom", "rest", "walk"]
OPTIONS = BalanceOptions()


def make_stretches(lengths_by_behavior):
    stretches, start = [], 0
    for behavior, lengths in lengths_by_behavior.items():
        for i, length in enumerate(lengths):
            stretches.append(Stretch("a", f"{behavior}{i}", behavior, start, start + length))
            start += length
    return stretches


stretch_lists = st.dictionaries(
    st.sampled_from(BEHAVIORS), st.lists(st.integers(8, 60), min_size=1, max_size=6), min_size=1
).map(make_stretches)


@given(stretch_lists, st.none() | st.integers(1, 99))
def test_every_present_behavior_gets_the_same_number_of_training_clips(stretches, asked):
    rows = share_training(stretches, BEHAVIORS, 8, asked)
    totals = Counter()
    for row in rows:
        totals[row["behavior"]] += row["clips"]
    assert set(totals) == {stretch.behavior for stretch in stretches}
    expected = asked or max(
        sum(s.stop - s.start >> 3 for s in stretches if s.behavior == b) for b in totals
    )
    assert [*totals.values()] == pytest.approx([expected] * len(totals), abs=1e-3)


@given(stretch_lists, st.integers(0, 5))
def test_no_stretch_is_on_both_sides_and_none_is_lost(stretches, seed):
    train, test = split_stretches(stretches, BEHAVIORS, 0.2, np.random.default_rng(seed))
    names = [stretch.name for stretch in train + test]
    assert sorted(names) == sorted(stretch.name for stretch in stretches)
    # Every behavior is trained on; every one with two stretches is tested, too.
    assert {s.behavior for s in train} == {s.behavior for s in stretches}
    several = {b for b, n in Counter(s.behavior for s in stretches).items() if n > 1}
    assert {s.behavior for s in test} == several


def test_a_stretch_counts_by_the_root_of_the_clips_that_begin_in_it():
    stretches = make_stretches({"walk": [8, 16, 32], "drink": [24]})
    parts = {row["stretch"]: row["clips"] for row in share_training(stretches, BEHAVIORS, 8, 90)}
    assert parts == {"walk0": 10, "walk1": 30, "walk2": 50, "drink0": 90}


def balance(folder, seed=0, **inputs):
    plan, counts = folder / "plan.tsv", folder / "counts.tsv"
    balance_clips(
        behaviors=BEHAVIORS,
        geometry=ClipGeometry(),
        options=OPTIONS,
        seed=seed,
        plan=plan,
        counts=counts,
        **inputs,
    )
    return plan, read_tsv(counts).set_index("behavior")


@pytest.fixture
def balance_store(tmp_path, write_clip_store, random_frames):
    """Balance one clip store of (behavior, frames)."""

    def run(clips, folder="plans", seed=0, name="NA"):
        store = write_clip_store(
            tmp_path / folder / f"{name}.zarr",
            [(f"c{i}", b, random_frames(n, seed=i)) for i, (b, n) in enumerate(clips)],
        )
        table = store.with_name("clips.tsv")
        return balance(tmp_path / folder, seed, clips=[store], table=table)

    return run


def test_the_plan_is_written_with_its_counts(balance_store):
    clips = [("walk", 40), ("walk", 33), ("groom", 5), ("groom", 8), ("rest", 16), ("", 30)]
    path, counts = balance_store(clips)
    plan = read_tsv(path)
    assert set(plan["store"]) == {"NA"}  # a name, and not a number that is missing
    assert set(plan["stretch"]) == {f"raw/NA/c{i}.mpg" for i in (0, 1, 3, 4)}
    assert counts.loc["groom", ["stretches", "too_short"]].tolist() == [2, 1]
    assert counts.loc["walk", "frames"] == 73
    assert counts.loc["drink"].tolist() == [0] * 7
    assert counts["stretches"].sum() == 5  # the clip without a behavior is none
    frames = {"raw/NA/c0.mpg": 40, "raw/NA/c1.mpg": 33, "raw/NA/c3.mpg": 8, "raw/NA/c4.mpg": 16}
    assert dict(zip(plan["stretch"], plan["stop"] - plan["start"], strict=True)) == frames
    train, test = (plan[plan["side"] == side].set_index("behavior") for side in ("train", "test"))
    assert [*train.index] == ["groom", "rest", "walk"] and [*test.index] == ["walk"]
    n_test = test.loc["walk", "stop"] - test.loc["walk", "start"]
    assert test.loc["walk", "clips"] == counts.loc["walk", "test_clips"] == n_test // 8
    for behavior, own in train.iterrows():
        assert own["clips"] == counts.loc[behavior, "train_clips"] == (73 - n_test) // 8
        n_starts = own["stop"] - own["start"] - 7
        assert counts.loc[behavior, "train_clips_distinct"] == n_starts


def test_the_same_seed_gives_the_same_plan(balance_store):
    clips = [*[("walk", n) for n in (40, 33, 27, 19, 11)], ("rest", 16)]
    plans = [
        balance_store(clips, folder, seed)[0].read_bytes()
        for folder, seed in (("1", 0), ("2", 0), ("3", 1))
    ]
    assert plans[0] == plans[1] != plans[2]


def test_the_behavior_is_the_one_in_the_table(tmp_path, balance_store):
    path, _ = balance_store([("walk", 40), ("walk", 33), ("rest", 16)])
    table = tmp_path / "plans" / "clips.tsv"
    table.write_text(table.read_text().replace("rest", "groom"))
    corrected, counts = balance(tmp_path, clips=[tmp_path / "plans" / "NA.zarr"], table=table)
    assert corrected.read_text() == path.read_text().replace("rest", "groom")
    assert counts.loc[["rest", "groom"], "stretches"].tolist() == [0, 1]


def test_a_table_of_other_clips_or_behaviors_is_refused(tmp_path, balance_store):
    balance_store([("walk", 40), ("rest", 16)])
    store, table = tmp_path / "plans" / "NA.zarr", tmp_path / "plans" / "clips.tsv"
    whole = table.read_text()
    table.write_text(whole.replace("c1.mpg", "c9.mpg"))
    with pytest.raises(StoreError, match=r"NA\.zarr: holds raw/NA/c1\.mpg, which is not in"):
        balance(tmp_path, clips=[store], table=table)
    table.write_text(whole.replace("rest", "dig"))
    with pytest.raises(StoreError, match=r"clips\.tsv: found the behavior 'dig', .* drink, groom"):
        balance(tmp_path, clips=[store], table=table)


def test_clips_all_too_short_are_refused(tmp_path, balance_store):
    with pytest.raises(StudyError, match="none of the 2 clips or bouts has the 8 frames"):
        balance_store([("walk", 7), ("rest", 5)])
    assert not (tmp_path / "plans" / "plan.tsv").exists()


runs = st.lists(st.tuples(st.integers(-1, 3), st.integers(1, 40)), min_size=1, max_size=12)


@given(runs)
def test_stretches_of_an_annotation_are_its_bouts(tmp_path_factory, runs):
    path = tmp_path_factory.mktemp("annotation") / "video.1.parquet"
    codes = np.repeat(*zip(*runs, strict=True)).astype(np.int8)
    write_annotation(path, codes, BEHAVIORS)
    covered = np.full(len(codes), -1)
    for stretch in list_bout_stretches(path, BEHAVIORS):
        assert stretch.store == "video.1"
        assert stretch.name == f"{stretch.start}-{stretch.stop}"
        covered[stretch.start : stretch.stop] = BEHAVIORS.index(stretch.behavior)
        assert stretch.stop == len(codes) or codes[stretch.stop] != codes[stretch.start]
    assert np.array_equal(covered, codes)


def test_stretches_are_of_the_frames_of_the_store_where_that_is_of_another_rate(tmp_path):
    codes, n_shown = np.repeat([0, -1, 2], 5), np.tile([0, 2, 1], 5)
    write_annotation(tmp_path / "a.parquet", codes, BEHAVIORS, n_shown)
    stretches = list_bout_stretches(tmp_path / "a.parquet", BEHAVIORS)
    assert [(s.behavior, s.start, s.stop) for s in stretches] == [
        ("drink", 0, n_shown[:5].sum()),
        ("rest", n_shown[:10].sum(), n_shown.sum()),
    ]


def test_stretches_of_videos_are_bouts(tmp_path):
    rng = np.random.default_rng(0)
    videos = {}
    for video in ("a", "b"):
        videos[video] = rng.integers(-1, 4, 40).repeat(rng.integers(3, 30, 40))
        write_annotation(tmp_path / f"{video}.parquet", videos[video], BEHAVIORS)
    plan, counts = balance(tmp_path, annotations=[tmp_path / "a.parquet", tmp_path / "b.parquet"])
    table = read_tsv(plan)
    assert set(table["store"]) == {"a", "b"} and set(table["side"]) == {"train", "test"}
    for row in table.itertuples():
        own = videos[row.store][row.start : row.stop]
        assert (own == BEHAVIORS.index(row.behavior)).all() and len(own) >= 8
    frames = {
        name: sum((codes == k).sum() for codes in videos.values())
        for k, name in enumerate(BEHAVIORS)
    }
    assert counts["frames"].to_dict() == frames


def test_clips_that_a_full_video_shows_are_left_out(tmp_path, write_clip_store, random_frames):
    stores = [
        write_clip_store(
            tmp_path / f"{folder}.zarr", [(f"c{i}", "walk", random_frames(20)) for i in range(4)]
        )
        for folder in ("one", "two", "three")
    ]
    leakage = tmp_path / "leakage.tsv"
    rows = [
        ("content", "one", "raw/one/c1.mpg"),
        ("still", "one", "raw/one/c2.mpg"),
        ("content", "video", ""),
        ("name", "two", ""),
        ("animal", "three", ""),
    ]
    write_tsv(leakage, pd.DataFrame(rows, columns=["kind", "recording", "clip"]))
    inputs = {"clips": stores, "table": tmp_path / "clips.tsv"}
    plan, _ = balance(tmp_path, **inputs, leakage=leakage)
    kept = {f"raw/one/c{i}.mpg" for i in (0, 2, 3)} | {f"raw/three/c{i}.mpg" for i in range(4)}
    assert set(read_tsv(plan)["stretch"]) == kept
    plan, _ = balance(tmp_path, **inputs)
    assert len(read_tsv(plan)) == 12
