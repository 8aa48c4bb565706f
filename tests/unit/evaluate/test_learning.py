"""The learning curve: accuracies beside the labels behind them."""

import pandas as pd

from homecage.evaluate.learning import Curves, LabeledVideos, measure_learning
from homecage.storage.tables import read_tsv, write_tsv


def test_minutes_are_those_that_annotator_1_labeled_of_the_videos_learned_from(tmp_path):
    accuracy = pd.DataFrame(
        {"method": ["all", "few", "other"], "accuracy": [0.9, 0.6, 0.1]}
    ).assign(frames_of="FD", level="frames", average="videos")
    seconds = {"v0": 60.0, "v1": 120.0, "v2": 240.0}
    budget = pd.DataFrame(
        [
            {"scorer": scorer, "video": video, "seconds": part * total}
            for scorer in ("annotator_1", "annotator_2")
            for video, total in seconds.items()
            for part in (0.25, 0.75)  # of each behavior
        ]
    )
    write_tsv(tmp_path / "accuracy.tsv", accuracy)
    write_tsv(tmp_path / "time_budget.tsv", budget)
    measure_learning(
        accuracy=tmp_path / "accuracy.tsv",
        time_budget=tmp_path / "time_budget.tsv",
        curves=Curves({"all": "all", "few": "all"}),
        videos=LabeledVideos({"all": [["v1", "v2"], ["v0", "v2"]], "few": [["v1"], ["v0"]]}),
        output=tmp_path / "learning.tsv",
    )
    table = read_tsv(tmp_path / "learning.tsv")
    assert list(table["method"]) == ["few", "all"] and set(table["curve"]) == {"all"}
    assert list(table["labeled_min"]) == [1.5, 5.5]
    assert list(table["labeled_videos"]) == [1, 2]
    assert list(table["accuracy"]) == [0.6, 0.9]
