"""Whose videos they are, as a sheet says it."""

from datetime import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from homecage.analyze.cohort import make_cohort, read_cohort
from homecage.analyze.options import AnalysisOptions
from homecage.errors import ConfigError, StoreError, StudyError
from homecage.study.study import Study, Video

DEFAULT = AnalysisOptions()


def study(columns: str, *rows: str) -> Study:
    names = tuple(columns.split())
    videos = [
        Video(f"v {n}", Path(f"{n}.mpg"), {}, dict(zip(names, row.split(","), strict=True)))
        for n, row in enumerate(rows)
    ]
    return Study("lab", tuple(videos), columns=names)


def test_a_sheet_is_read_and_read_again(tmp_path):
    cohort = make_cohort(
        study("animal group start", "m1,b,2024-05-01T19:00", "m2,a,", "m1,,2024-05-01T07:00"),
        DEFAULT,
    )
    assert cohort.unit == "animal" and cohort.groups == ("b", "a")
    assert [one.group for one in cohort.recordings] == ["b", "a", "b"]
    assert {animal: [one.name for one in own] for animal, own in cohort.by_animal.items()} == {
        "m1": ["v 2", "v 0"],
        "m2": ["v 1"],
    }
    path = tmp_path / "cohort.tsv"
    path.write_text(cohort.tabulate())
    assert read_cohort(path) == cohort


def test_without_a_column_of_animals_each_video_is_one():
    cohort = make_cohort(study("group", "a", "b"), DEFAULT)
    assert cohort.unit == "video"
    assert [one.animal for one in cohort.recordings] == ["v 0", "v 1"]
    named = make_cohort(study("mouse", "m1", "m1"), AnalysisOptions(animal="mouse"))
    assert list(named.by_animal) == ["m1"]


def test_an_animal_in_two_groups_is_refused_by_name():
    with pytest.raises(StudyError) as caught:
        make_cohort(study("animal group", "m1,a", "m1,b", "m2,a", "m1,b"), DEFAULT)
    found = "animal 'm1': found in 2 groups, 'a' (by v 0), 'b' (by v 1, v 3); expected one"
    assert found in str(caught.value)
    without = AnalysisOptions(group=None)
    assert make_cohort(study("animal group", "m1,a", "m1,b"), without).groups == ()


def test_a_sheet_of_another_form_is_refused(tmp_path):
    path = tmp_path / "cohort.tsv"
    path.write_text("video\tanimal\nv1\tm1\n")
    with pytest.raises(
        StoreError, match=r"cohort\.tsv: .*expected a line for each video, with columns"
    ):
        read_cohort(path)
    head = "video\tname\tanimal\tgroup\tstart\tunit\n"
    path.write_text(head + "v1\tv 1\tm1\ta\t2024-05-01\tanimal\n")
    with pytest.raises(
        StoreError, match=r"0\.start: .* 2024-05-01 without a time of day; expected a line"
    ):
        read_cohort(path)
    path.write_text(head + "v1\tv 1\tm1\ta\t\tanimal\nv2\tv 2\tm1\tb\t\tanimal\n")
    with pytest.raises(
        StoreError, match="animal 'm1': found groups a by v 1, b by v 2; expected one"
    ):
        read_cohort(path)


def test_starts_are_by_one_clock():
    cohort = make_cohort(
        study("animal start", "m1,2024-05-01T19:00+02:00", "m1,2024-05-02T06:00+00:00"), DEFAULT
    )
    assert [one.start for one in cohort.recordings] == [
        datetime(2024, 5, 1, 19),
        datetime(2024, 5, 2, 8),
    ]
    with pytest.raises(StudyError, match="a time zone in the start of v 0 and none in that of v 1"):
        make_cohort(study("animal start", "m1,2024-05-01T19:00Z", "m1,2024-05-02T06:00"), DEFAULT)
    with pytest.raises(
        StudyError, match="v 1: found 'noon' in the column 'start'; expected a date"
    ):
        make_cohort(study("animal start", "m1,2024-05-01T19:00", "m1,noon"), DEFAULT)
    message = "v 0: found '2024-05-01' in the column 'start'; expected a date and time"
    with pytest.raises(StudyError, match=message):
        make_cohort(study("animal start", "m1,2024-05-01"), DEFAULT)


def test_what_the_configuration_names_must_be_there():
    with pytest.raises(
        ConfigError, match=r"analysis\.group: found 'genotype'; expected a column .*: animal"
    ):
        make_cohort(study("animal", "m1"), AnalysisOptions(group="genotype"))
    with pytest.raises(
        ConfigError, match=r"analysis\.reference: found 'c'; expected one of .*: a, b"
    ):
        make_cohort(study("group", "a", "b"), AnalysisOptions(reference="c"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bin_min": 7}, "expected minutes that a day divides into"),
        ({"lights_on": "07:00"}, "expected both, or neither"),
        ({"lights_on": "07:00", "lights_off": "07:00"}, "expected two times"),
        ({"lights_on": "7 am", "lights_off": "19:00"}, "should match pattern"),
        ({"shortest_period_h": 30}, "expected less than longest_period_h, 30"),
    ],
)
def test_options_that_mean_nothing_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        AnalysisOptions(**wrong)


def test_a_clock_without_quotes_is_what_it_says():
    """YAML 1.1 reads 19:00 as 19 * 60, and 07:00 as text."""
    assert AnalysisOptions(lights_on="07:00", lights_off=19 * 60).lights_off == "19:00"
