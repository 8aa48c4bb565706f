"""Labels mean one behavior each, in any spelling of theirs, or are refused with the nearest one."""

import pytest
from pydantic import ValidationError

from homecage.errors import UnknownBehaviorError
from homecage.study.behaviors import HOME_CAGE, Behavior, Vocabulary, choose_colors

VOCABULARY = Vocabulary(
    behaviors=(Behavior(name="Dig", labels=("di",)), Behavior(name="run")),
    ignored_labels=("sleep",),
)


@pytest.mark.parametrize("label", ["Dig", "dig", "DI", " di "])
def test_a_name_and_its_labels_mean_the_behavior(label):
    assert VOCABULARY.parse(label) == VOCABULARY.find(label) == "Dig"


def test_an_ignored_label_is_no_behavior():
    assert VOCABULARY.parse("Sleep") is None


def test_an_unknown_label_is_refused_with_the_nearest():
    with pytest.raises(UnknownBehaviorError, match=r"'runn'; expected one of: Dig, run; .* 'run'"):
        VOCABULARY.parse("runn")
    assert VOCABULARY.find("runn") is None


@pytest.mark.parametrize(
    ("behaviors", "ignored", "message"),
    [
        (("a", "A"), (), "'a' stands for both a and A"),
        (("a", "b"), ("B",), "'b' stands for both ignored_labels and b"),
        (("a",), (), "at least 2"),
        (("a\tb", "c"), (), "match pattern"),
    ],
)
def test_a_label_that_means_two_things_is_refused(behaviors, ignored, message):
    with pytest.raises(ValidationError, match=message):
        Vocabulary(behaviors=[{"name": name} for name in behaviors], ignored_labels=ignored)


def test_the_papers_behaviors_and_the_labels_of_its_data_set():
    mit = Vocabulary(behaviors=HOME_CAGE)
    assert mit.names == ("drink", "eat", "groom", "hang", "micromovement", "rear", "rest", "walk")
    short = {
        "d": "drink",
        "e": "eat",
        "g": "groom",
        "gb": "groom",
        "groomback": "groom",
        "ha": "hang",
    }
    short |= {
        "he": "micromovement",
        "head": "micromovement",
        "r": "rear",
        "rs": "rest",
        "w": "walk",
    }
    assert {label: mit.parse(label) for label in short} == short


def test_behaviors_without_a_color_take_one_that_nobody_has():
    names = [*"abcdefghijkl"]
    behaviors = [Behavior(name=n, color="#332288" if n == "c" else None) for n in names]
    colors = choose_colors(behaviors)
    assert [*colors] == names and colors["c"] == "#332288"
    assert len(set(colors.values())) == len(names)
    assert choose_colors(HOME_CAGE) == {b.name: b.color for b in HOME_CAGE}
