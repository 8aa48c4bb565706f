"""The default experiment at a tiny size, from nothing to the report."""

import pandas as pd
import pytest

from homecage.sequence.network import load_sequence_model
from homecage.storage.weights import load_weights
from homecage.study.behaviors import BEHAVIORS
from tests.project import copy_project
from tests.workflow.recompute import check_table


def test_the_table_is_what_predictions_and_annotations_say(simulated):
    check_table(simulated.results / "dataset", simulated.results)


def test_the_tables_have_the_columns_that_others_rely_on(simulated):
    evaluation = simulated.results / "evaluation"
    columns = {
        "accuracy": "method frames_of level average accuracy n_frames source",
        "confusion": "method frames_of truth prediction n_frames",
        "per_behavior": "method frames_of behavior recall precision f1 support",
    }
    for name, expected in columns.items():
        assert list(pd.read_csv(evaluation / f"{name}.tsv", sep="\t")) == expected.split()
    prediction = pd.read_parquet(next(simulated.results.glob("predictions/lstm-3dcnn/*.parquet")))
    assert list(prediction) == ["frame", "time_s", "behavior", *(f"p_{b}" for b in BEHAVIORS)]
    annotation = pd.read_parquet(next(simulated.results.glob("annotations/annotator_1/*.parquet")))
    assert list(annotation) == ["frame", "behavior"]


def test_every_figure_is_there_in_both_formats(simulated):
    figures = simulated.results / "figures"
    for name in ("distribution", "recall", "confusion", "ethogram", "training"):
        assert (figures / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (figures / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_no_published_number_stands_beside_simulated_ones(simulated):
    accuracy = pd.read_csv(simulated.results / "evaluation" / "accuracy.tsv", sep="\t")
    assert set(accuracy["source"]) == {"measured"}
    assert "imulated" in (simulated.results / "figures" / "accuracy.md").read_text()


def test_each_fold_is_a_model_that_names_its_data(simulated):
    folds = sorted(simulated.results.glob("sequence/*/model.safetensors"))
    assert len(folds) == 4
    for path in folds:
        load_sequence_model(path)
        _, metadata = load_weights(path)
        assert metadata["held_out"] == path.parent.name
        assert path.parent.name not in metadata["training"] + metadata["validation"]
        assert len(metadata["convnet_trained_on"]) == 2


def test_a_second_run_does_nothing(simulated):
    assert "Nothing to be done" in simulated.make().stdout
    assert simulated.plan() == {}


def test_the_same_seed_gives_the_same_results_bit_for_bit(simulated, tmp_path):
    again = copy_project(tmp_path)
    again.make()
    compared = 0
    for path in sorted(simulated.results.rglob("*")):
        name = path.relative_to(simulated.results)
        told_apart = name.parts[0] in ("logs", "benchmarks") or path.name == ".snakemake_timestamp"
        if path.is_file() and not told_apart:
            assert path.read_bytes() == (again.results / name).read_bytes(), name
            compared += 1
    assert compared > 100


def test_the_report_is_one_page_with_every_figure(edited):
    edited.make("--report", "results/report.html")
    page = (edited.results / "report.html").read_text(encoding="utf-8")
    for name in ("accuracy.html", "confusion.png", "ethogram.png", "balance.tsv", "test.tsv"):
        assert name in page


def test_the_slurm_profile_plans_the_whole_run(edited):
    plan = edited.plan("--profile", "slurm", "--forceall")
    assert plan["train_fold"] == 4


def test_rules_that_train_or_extract_ask_for_a_gpu_and_no_others_do(edited):
    shown = edited.run("--dry-run", "--forceall").stdout
    for job in shown.split("\nrule ")[1:]:
        asks = ", gpu=1" in job or "gpu=1," in job
        assert asks == job.startswith(("train_", "extract_")), job[:200]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sequence={unit: 3}", "sequence.unit: unknown key; expected one of: layers, units"),
        ("frames={size_px: 100}", "frames.size_px: found '100'"),
        ("dataset={layout: mit, root: nowhere}", "dataset.root: nowhere does not exist"),
        ("dataset={layout: mit}", "layout 'mit' needs root: the data set's folder"),
    ],
)
def test_a_wrong_configuration_is_one_message(edited, key, message):
    ran = edited.make("--config", key, check=False)
    assert ran.returncode
    assert message in ran.stdout
    assert "Traceback" not in ran.stdout
