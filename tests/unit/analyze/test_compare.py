"""Differences of groups: what stands beside them, and what is not tested."""

import numpy as np
import pandas as pd
import pytest

from homecage.analyze.compare import WITHIN, compare_pairs, tabulate_means
from homecage.analyze.options import AnalysisOptions
from homecage.errors import HomecageError
from homecage.storage.tables import read_tsv

DEFAULT = AnalysisOptions()


def table(*columns, names=("rest", "walk")):
    index = pd.MultiIndex.from_tuples(
        [(name,) for name in names[: len(columns)]], names=["behavior"]
    )
    return pd.DataFrame(np.array(columns, float).T, columns=index)


def compare(values, groups, errors=None, options=DEFAULT):
    errors = values * np.nan if errors is None else errors
    return compare_pairs(values, errors, list(groups), options)


def test_a_difference_by_hand():
    row = compare(table([1, 2, 3, 4, 11, 12, 13, 14]), "aaaabbbb").iloc[0]
    assert (row["behavior"], row["group"], row["other"]) == ("rest", "b", "a")
    assert (row["n"], row["n_other"], row["mean"], row["mean_other"]) == (4, 4, 12.5, 2.5)
    assert row["difference"] == 10 and row["low"] < 10 < row["high"]
    assert row["p"] == row["p_corrected"] == row["smallest_p"] == pytest.approx(2 / 70)
    assert (row["test"], row["within_error"], row["note"]) == ("exact", "n/a", "")


@pytest.mark.parametrize(
    ("groups", "note"),
    [
        (
            "aabb",
            "not tested: 2 and 2 animals, fewer than 3 in a group; no p below 0.33 is possible",
        ),
        (
            "abbbbb",
            "not tested: 5 and 1 animals, fewer than 3 in a group; no p below 0.17 is possible",
        ),
        ("aaabbb", "not tested: 3 and 3 animals; no p below 0.1 is possible"),
    ],
)
def test_too_few_animals_are_not_tested_and_it_is_said(groups, note):
    row = compare(table(range(len(groups))), groups).iloc[0]
    assert np.isnan(row["p"]) and np.isnan(row["p_corrected"])
    assert (row["test"], row["note"]) == ("none", note)
    assert np.isfinite(row["difference"])


def test_how_many_animals_a_test_needs_is_an_option():
    values = table([1, 2, 11, 12, 13, 14, 15])
    assert compare(values, "aabbbbb", options=AnalysisOptions(least_animals=2))["p"][0] < 0.05
    few = compare(table(range(8)), "aaaabbbb", options=AnalysisOptions(least_animals=5))
    assert "fewer than 5 in a group" in few["note"][0]


def test_a_behavior_that_few_animals_show_is_not_tested_beside_others():
    shown = [np.nan, np.nan, 3, 4, 5, 6, 7, 8]
    rows = compare(table(range(8), shown), "aaaabbbb")
    assert rows["test"].tolist() == ["exact", "none"]
    expected = (
        "not tested: 4 and 2 animals, fewer than 3 in a group; of these alone no p below 0.067 is"
    )
    assert rows["note"][1].startswith(expected)


def test_the_error_is_what_the_method_gets_wrong_of_an_animal():
    """Errors of 2 % and 4 %, 3.2 % in the square mean: 5 ± 2 % may be that, 6 may not."""
    of_two = [0.02, 0.04, np.nan, np.nan] * 2
    base = np.array([0.3, 0.31, 0.32, 0.33])
    values = table(*([*base, *base + more] for more in (0.05, 0.06, -0.06)), names="xyz")
    rows = compare(values, "aaaabbbb", table(of_two, of_two, of_two, names="xyz"))
    assert rows["n_annotated"].tolist() == rows["n_annotated_other"].tolist() == [2] * 3
    assert rows["bias"].tolist() == pytest.approx([0.03] * 3)
    assert rows["spread"].tolist() == pytest.approx([np.std([2, 4, 2, 4], ddof=1) / 100] * 3)
    assert rows["error"].tolist() == pytest.approx([np.sqrt(0.001)] * 3)
    assert rows["within_error"].tolist() == ["yes", "no", "no"]
    assert rows["note"].tolist() == [WITHIN, "", ""]


def test_differences_that_the_method_makes_seldom_pass_for_more():
    """It is off by 5 % in one group alone, which makes the whole difference: of half of them it is less."""
    passed = 0
    for seed in range(100):
        wrong = np.random.default_rng(seed).normal([0] * 6 + [0.05] * 6, 0.02)
        values, errors = table(0.3 + wrong), table(np.where(np.arange(12) % 3, np.nan, wrong))
        passed += compare(values, "a" * 6 + "b" * 6, errors)["within_error"][0] == "no"
    assert passed < 20


def test_of_a_group_with_one_annotated_animal_the_error_is_not_known():
    values = table([1, 2, 3, 4, 11, 12, 13, 14])
    row = compare(values, "aaaabbbb", table([0.1, 0.1, 0.1, 0.1, 0.1, *[np.nan] * 3])).iloc[0]
    assert (row["n_annotated"], row["n_annotated_other"]) == (1, 4)
    assert row["error"] == pytest.approx(0.1)
    assert row["within_error"] == "n/a"


def test_the_error_is_of_the_two_groups_alone():
    values = table([1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24])
    errors = table([0.1, -0.1] * 4 + [9.0, 9] * 2)
    rows = compare(values, "aaaabbbbcccc", errors).set_index(["group", "other"])
    assert rows.loc[("b", "a"), "error"] == pytest.approx(0.1)
    assert rows.loc[("c", "b"), "error"] == pytest.approx(9)


def test_a_difference_that_the_method_makes_itself_is_marked():
    """It says 3 % too much in one group and 3 % too little in the other: 6 %, more than of any animal."""
    errors = table([0.03] * 4 + [-0.03] * 4)
    row = compare(table([0.45, 0.46, 0.44, 0.45, 0.4, 0.41, 0.39, 0.4]), "aaaabbbb", errors).iloc[0]
    assert row["difference"] == pytest.approx(-0.05)
    assert row["error"] == pytest.approx(0.06)
    assert row["within_error"] == "yes"


def test_three_groups_are_compared_in_pairs_and_corrected_for_them():
    values = table([*range(5), *range(10, 15), *range(20, 25)])
    groups = ["a"] * 5 + ["b"] * 5 + ["c"] * 5
    rows = compare(values, groups)
    assert list(zip(rows["group"], rows["other"], strict=True)) == [
        ("b", "a"),
        ("c", "a"),
        ("c", "b"),
    ]
    assert rows["p"].tolist() == pytest.approx([2 / 252] * 3)
    assert rows["p_corrected"].tolist() == pytest.approx([6 / 252] * 3)
    rows = compare(values, groups, options=AnalysisOptions(reference="b"))
    assert list(zip(rows["group"], rows["other"], strict=True)) == [("a", "b"), ("c", "b")]
    assert rows["p_corrected"].tolist() == pytest.approx([4 / 252] * 2)


def test_one_group_has_means_and_no_difference():
    values = table([1, 2, 3])
    assert compare(values, "aaa").empty
    means = tabulate_means(values, list("aaa"))
    assert means[["group", "n", "mean", "sd"]].to_numpy().tolist() == [["a", 3, 2.0, 1.0]]


def test_without_groups_nothing_is_compared(mice, lab):
    for name in ("animals", "transitions"):
        table = read_tsv(mice.root / f"{name}.tsv").assign(group="n/a")
        table.to_csv(lab.root / f"{name}.tsv", sep="\t", index=False, na_rep="n/a")
    with pytest.raises(HomecageError, match=r"animals\.tsv: found no animal of a group"):
        lab.compare()


def test_a_planted_difference_is_found_and_its_neighbors_named(mice):
    rows = read_tsv(mice.root / "groups.tsv").set_index(["measure", "behavior"])
    groom = rows.loc[("share", "groom")]
    assert groom["difference"] > 0 and groom["p_corrected"] < 0.05 and groom["unit"] == "animal"
    assert rows.loc[("share", "drink")]["p_corrected"] > 0.05
    transitions = read_tsv(mice.root / "group_transitions.tsv")
    assert len(transitions) == 8 * 7
    means = read_tsv(mice.root / "group_means.tsv")
    own = means[(means["measure"] == "share") & (means["group"] == "treated")]
    assert own["mean"].sum() == pytest.approx(1)
