"""The time left, from jobs that have ended, an earlier run and what jobs ask for."""

import pytest

from homecage.running.forecast import Forecast, Planned


def plan(rule, n, threads=1, minutes=10, benchmark=None):
    return [Planned(rule, threads, minutes, benchmark)] * n


def test_a_job_takes_what_those_of_its_rule_took():
    forecast = Forecast(plan("decode", 10))
    for work in (20, 40):
        forecast.finish("decode", work)
    # Eight of 30 s are left, of which one has run for 10 s; two ran at a time.
    assert forecast.estimate([("decode", 10)], elapsed_s=35) == pytest.approx((8 * 30 - 10) / 2)


def test_before_anything_is_known_nothing_is_said():
    forecast = Forecast(plan("decode", 2) + plan("train", 1))
    assert forecast.estimate([], elapsed_s=0) is None
    assert forecast.estimate([("decode", 3)], elapsed_s=3) is None


def test_an_earlier_run_says_how_long_a_rule_takes(tmp_path):
    benchmark = tmp_path / "train.tsv"
    benchmark.write_text("s\th:m:s\n50.0\t0:00:50\n")
    forecast = Forecast(
        plan("train", 3, threads=2, benchmark=str(benchmark)) + plan("all", 1, 1, 0)
    )
    assert forecast.estimate([("train", 20)], elapsed_s=10) == pytest.approx((3 * 100 - 20) / 2)
    assert forecast.estimate([("train", 0.01)], elapsed_s=1) is None


@pytest.mark.parametrize("content", ["", "s\n", "s\nn/a\n"])
def test_a_note_that_is_none_is_passed_over(tmp_path, content):
    (tmp_path / "train.tsv").write_text(content)
    forecast = Forecast(plan("train", 1, benchmark=str(tmp_path / "train.tsv")))
    assert forecast.estimate([("train", 20)], elapsed_s=10) is None


def test_in_a_first_run_what_jobs_ask_for_is_compared_with_what_they_take():
    """One rule that asks for far too much changes little."""
    rules = {"simulate": 10, "decode": 12, "check": 5000}
    jobs = [job for rule, minutes in rules.items() for job in plan(rule, 1, minutes=minutes)]
    forecast = Forecast(jobs + plan("train", 1, threads=2, minutes=100))
    forecast.finish("simulate", 10)
    forecast.finish("decode", 12)
    assert forecast.estimate([], elapsed_s=22) is None
    forecast.finish("check", 5)
    assert forecast.estimate([], elapsed_s=27) == pytest.approx(2 * 100)


def test_a_job_that_overruns_is_not_said_to_end_at_once():
    forecast = Forecast(plan("train", 2))
    forecast.finish("train", 10)
    assert forecast.estimate([("train", 400)], elapsed_s=410) == pytest.approx(100)


def test_many_cores_do_not_make_one_job_faster():
    forecast = Forecast(plan("decode", 17))
    for _ in range(16):
        forecast.finish("decode", 60)
    assert forecast.estimate([("decode", 0)], elapsed_s=60) == pytest.approx(60)


def test_a_job_that_nobody_planned_does_no_harm():
    """A checkpoint may want more jobs than were planned."""
    forecast = Forecast([])
    assert forecast.estimate([("decode", 8)], elapsed_s=8) == 0
    forecast.finish("decode", 10)
    assert forecast.estimate([], elapsed_s=10) == 0
