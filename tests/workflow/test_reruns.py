"""What a change reruns, and what it leaves alone."""

import os

import pytest


def append(project, name, text):
    path = project.path / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_touching_every_file_reruns_nothing(edited):
    for path in [*edited.path.glob("workflow/**/*"), edited.path / "config.yaml"]:
        os.utime(path)
    assert edited.plan() == {}


@pytest.mark.parametrize(
    ("module", "rerun", "kept"),
    [
        ("evaluate/metrics.py", {"evaluate_predictions", "plot_recall"}, {"train_fold"}),
        ("report/recall.py", {"plot_recall"}, {"evaluate_predictions", "plot_confusion"}),
        ("sequence/network.py", {"train_fold", "predict_lstm"}, {"extract_features"}),
        ("convnet/engine.py", {"extract_features", "train_fold"}, {"train_convnet"}),
        ("frames/decode.py", {"decode_video", "train_convnet"}, {"simulate_video"}),
        ("verbs.py", set(), {"train_fold", "evaluate_predictions"}),
    ],
)
def test_editing_a_module_reruns_the_rules_that_use_it(edited, module, rerun, kept):
    append(edited, f"workflow/homecage/{module}", "\n# edited\n")
    plan = edited.plan()
    assert rerun <= set(plan)
    assert not kept & set(plan)


@pytest.mark.parametrize(
    ("key", "rerun", "kept"),
    [
        ("sequence={learning_rate: 0.002}", {"train_fold"}, {"extract_features"}),
        ("report={dpi: 70}", {"plot_recall"}, {"evaluate_predictions"}),
        ("convnet={epochs: 3}", {"train_convnet", "train_fold"}, {"decode_video", "balance_clips"}),
        ("frames={size_px: 64}", {"decode_video", "train_convnet"}, {"simulate_video"}),
    ],
)
def test_a_config_value_reruns_the_rules_that_use_it(edited, key, rerun, kept):
    plan = edited.plan("--config", key)
    assert rerun <= set(plan)
    assert not kept & set(plan)


def test_a_comment_in_the_configuration_reruns_nothing(edited):
    append(edited, "config.yaml", "\n# a comment\n")
    assert edited.plan() == {}


def test_a_corrected_annotation_retrains_folds_and_decodes_nothing(edited):
    full = edited.results / "dataset" / "full_database"
    annotation = sorted((full / "Annotator_group_1").glob("*.txt"))[0]
    lines = annotation.read_text().splitlines()
    annotation.write_text("\n".join(lines[:-1]) + "\n")
    plan = edited.plan()
    assert plan["import_annotation"] == 1 and plan["train_fold"] == 3
    assert not {"decode_video", "decode_clips", "train_convnet", "extract_features"} & set(plan)


def test_what_else_changed_behind_a_repeated_check_is_not_overlooked(edited):
    full = edited.results / "dataset" / "full_database"
    annotation = sorted((full / "Annotator_group_1").glob("*.txt"))[0]
    annotation.write_text(annotation.read_text().replace("walk", "rear"))
    plan = edited.plan("--config", "convnet={epochs: 3}")
    assert {"import_annotation", "train_convnet", "extract_features", "train_fold"} <= set(plan)
    assert not {"decode_video", "decode_clips"} & set(plan)
