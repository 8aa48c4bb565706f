"""The default experiment at a tiny size, from nothing to the report."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from homecage.convnet.network import load_convnet
from homecage.storage.frame_tables import read_predictions
from homecage.storage.hashing import hash_file
from homecage.storage.weights import load_weights
from homecage.study.behaviors import HOME_CAGE
from tests.project import SHOWN, Project
from tests.workflow.plans import DRAWING, GPU_RULES, read_jobs, read_roles
from tests.workflow.recompute import check_table

BEHAVIORS = [behavior.name for behavior in HOME_CAGE]


def test_the_table_is_what_predictions_and_annotations_say(simulated):
    check_table(simulated.results)


def test_the_tables_have_the_columns_that_others_rely_on(simulated):
    evaluation = simulated.results / "evaluation"
    columns = {
        "accuracy": "method frames_of level average accuracy low high unit n_units n_frames source",
        "gain": "method baseline frames_of level average gain_points low high n_units p p_holm test",
        "scores": "method frames_of against measure average value low high",
        "boundary": "method frames_of against from_s to_s n_frames accuracy low high",
        "calibration": "method frames_of against from to n_frames confidence accuracy low high",
        "confusion": "method frames_of truth prediction n_frames",
        "per_behavior": "method frames_of behavior recall precision f1 kappa support",
    }
    for name, expected in columns.items():
        assert list(pd.read_csv(evaluation / f"{name}.tsv", sep="\t")) == expected.split()
    for method in ("lstm-3dcnn", "3dcnn"):
        prediction = pd.read_parquet(min(simulated.results.glob(f"predictions/{method}/*.parquet")))
        assert list(prediction) == ["frame", "time_s", "behavior", *(f"p_{b}" for b in BEHAVIORS)]
    annotation = pd.read_parquet(min(simulated.results.glob("annotations/annotator_1/*.parquet")))
    assert list(annotation) == ["frame", "behavior"]


def test_every_figure_is_there_in_both_formats(simulated):
    for figure in DRAWING:
        path = simulated.results / "figures" / figure.removeprefix("plot_")
        assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_no_published_number_stands_beside_simulated_ones(simulated):
    accuracy = pd.read_csv(simulated.results / "evaluation" / "accuracy.tsv", sep="\t")
    assert set(accuracy["source"]) == {"measured"}
    assert "imulated" in (simulated.results / "figures" / "accuracy.md").read_text()


def test_each_fold_is_a_model_that_names_its_data(simulated):
    roles = {role: read_roles(simulated, role) for role in ("held_out", "training", "validation")}
    convnet = simulated.results / "convnet" / "model.safetensors"
    models = sorted(simulated.results.glob("models/lstm-3dcnn/*/model.safetensors"))
    assert [path.parent.name for path in models] == sorted(roles["held_out"])
    for path in models:
        fold = path.parent.name
        _, metadata = load_weights(path)
        assert metadata["fold"] == fold and metadata["method"] == "lstm-3dcnn"
        assert metadata["representations"] == ["fc6"] and metadata["behaviors"] == BEHAVIORS
        assert metadata["learned_sha256"] == [hash_file(convnet)]
        for role in ("training", "validation"):
            assert set(metadata[role]) == roles[role][fold]
        # Leave one video out: what is held out is named nowhere in the file but as the fold.
        assert roles["held_out"][fold] == {fold}
        assert fold not in json.dumps({**metadata, "fold": ""})


def test_the_plan_of_all_folds_divides_the_videos(simulated):
    roles = [read_roles(simulated, role) for role in ("held_out", "training", "validation")]
    videos = {path.stem for path in simulated.results.glob("frames/*.parquet")}
    assert len(videos) == 4
    for held_out, training, validation in zip(*(role.values() for role in roles), strict=True):
        assert held_out | training | validation == videos
        assert len(held_out) + len(training) + len(validation) == 4


def test_a_run_is_a_line_for_each_job_and_ends_with_where_to_look(simulated):
    shown = (simulated.path / SHOWN).read_text().splitlines()
    starts = [line for line in shown if re.match(r"\d\d:\d\d:\d\d  \d+ of \d+ done", line)]
    total = int(next(line.split()[1] for line in shown if line.startswith("total ")))
    assert len(starts) == total - 1  # The last one, all, only collects.
    assert starts[-1].split(" done")[0].endswith(f" of {total}")
    assert any(line.endswith(": train_model lstm-3dcnn sim01day") for line in starts)
    assert any(re.search(r", about \d+ (s|min) left: ", line) for line in starts)
    # Beside them are Snakemake's own account of the run and its table of jobs.
    assert len(shown) < total + 80
    assert shown[-1].startswith(
        "Done. The page on it is results/report/index.html; the table is in "
    )
    assert (simulated.results / "logs" / "train_convnet" / "all.log").read_text()


def test_snakemakes_own_pages_are_shown_to_who_asks(edited):
    shown = edited.make("--forcerun", "write_accuracy", "--printshellcmds").stdout
    assert "\n    reason: " in shown and "python -m homecage write-accuracy" in shown
    assert "Done. The page on it is results/report/index.html; the table is in " in shown


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished.make().stdout
    assert finished.plan() == {}


def test_the_same_seed_gives_the_same_results_bit_for_bit(simulated, on_disk):
    """Of the same videos, wherever they lie: the other run was from files in another folder."""
    one, other = simulated.results, on_disk.results
    exact = [
        *("frames/*.parquet", "frames/*.zarr/frames/*", "clips/*.zarr/*/c.*"),
        *("annotations/*/*", "convnet/balance.tsv", "convnet/history.tsv", "convnet/test.tsv"),
        *("features/fc6/*.zarr/*/*", "models/*/*/*.tsv", "evaluation/*", "figures/*"),
    ]
    compared = [path.relative_to(one) for pattern in exact for path in one.glob(pattern)]
    assert len(compared) > 60
    for name in compared:
        if name.name == "ceiling.tsv":  # The simulator knows what files do not say.
            assert not (other / name).exists()
        elif name.name in (
            *("accuracy_by_video.tsv", "confusion_by_video.tsv", "review.tsv"),
        ) or name.stem in ("bouts", "time_budget"):
            first, second = (pd.read_csv(root / name, sep="\t") for root in (one, other))
            assert {"animal", "cage", "session"} == {*first} - {*second}
            pd.testing.assert_frame_equal(first[[*second]], second)
        elif name.name == "leakage.tsv":  # The one run's paths, and the animals that it knows.
            first, second = (pd.read_csv(root / name, sep="\t", dtype=str) for root in (one, other))
            known = first["kind"] != "animal"
            for table in (first, second):
                table["clip"] = [Path(str(path)).name for path in table["clip"]]
            assert not known.all() and known.any()
            pd.testing.assert_frame_equal(first[known].reset_index(drop=True), second)
        elif name.parent.name == "figures" and name.stem == "accuracy":
            first, second = (
                [line for line in (root / name).read_text().splitlines() if "eiling" not in line]
                for root in (one, other)
            )
            assert first == second, name
        else:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name
    # These bear the hash of the plan of training clips, which names the clips' files.
    weights = [path.relative_to(one) for path in one.rglob("model.safetensors")]
    assert len(weights) == 5
    for name in weights:
        (first, _), (second, _) = load_weights(one / name), load_weights(other / name)
        assert first.keys() == second.keys() and first
        assert all(np.array_equal(first[key], second[key]) for key in first), name
    predictions = [path.relative_to(one) for path in one.glob("predictions/*/*.parquet")]
    assert len(predictions) == 4 + 4 + 2
    for name in predictions:
        pd.testing.assert_frame_equal(pd.read_parquet(one / name), pd.read_parquet(other / name))


def test_what_was_written_is_read_by_name_and_by_no_other(simulated):
    path = simulated.results / "predictions" / "lstm-3dcnn" / "sim01day.parquet"
    read_predictions(path, BEHAVIORS, method="lstm-3dcnn", video="sim01day")
    load_convnet(simulated.results / "convnet" / "model.safetensors", 8, BEHAVIORS)


def test_the_report_is_one_page_with_every_figure(edited):
    edited.make("--report", "results/report.html")
    page = (edited.results / "report.html").read_text(encoding="utf-8")
    for name in ("accuracy.html", "confusion.png", "ethogram.png", "balance.tsv", "test.tsv"):
        assert name in page


def test_the_page_on_the_run_shows_every_figure_and_what_each_rule_took(simulated):
    page = (simulated.results / "report" / "index.html").read_text(encoding="utf-8")
    for figure in DRAWING:
        assert f'<figure id="{figure.removeprefix("plot_")}">' in page
    timed = set(re.findall(r'<tr><th scope="row">(\w+)</th><td class="number">\d+</td>', page))
    assert timed >= GPU_RULES | DRAWING | {"export_tables", "check_study"}
    assert "simulated" in page and len(page) < 3_000_000


def plan_for_slurm(project: Project) -> dict[str, dict[str, str]]:
    shown = project.run("--dry-run", "--profile", "slurm", "--forceall").stdout
    return dict(read_jobs(shown))


def test_the_slurm_profile_plans_the_whole_run_and_gives_gpu_jobs_their_partition(finished):
    jobs = plan_for_slurm(finished)
    assert set(jobs) >= GPU_RULES
    for rule, fields in jobs.items():
        if rule != "all":
            partition = "gpu" if rule in GPU_RULES else "cpu"
            assert f"slurm_partition={partition}" in fields["resources"], rule


def test_rules_that_train_or_extract_ask_for_a_gpu_and_no_others_do(finished):
    jobs = read_jobs(finished.run("--dry-run", "--forceall").stdout)
    assert {rule for rule, fields in jobs if "gpu=1" in fields["resources"]} == GPU_RULES


def test_methods_keep_the_order_of_the_configuration(finished):
    """Tables list them in it, whatever the command line says of one of them."""
    order = list(yaml.safe_load((finished.path / "config.yaml").read_text())["methods"])
    changed = 'methods={lstm-3dcnn: {title: "Ours"}}'
    shown = finished.run("--dry-run", "--printshellcmds", "--config", changed).stdout
    (command,) = {
        fields["Shell command"] for rule, fields in read_jobs(shown) if rule == "plot_recall"
    }
    assert order[:2] == ["3dcnn", "lstm-3dcnn"]
    assert '"3dcnn": "3DCNN alone", "lstm-3dcnn": "Ours"' in command


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("network={unit: 3}", "network.unit: unknown key; expected one of: input, channels"),
        ("frames={size_px: 100}", "frames.size_px: found"),
        ("dataset={layout: mit, root: nowhere}", "dataset.root: nowhere: no such file"),
        ("dataset={layout: mit}", "layout 'mit' needs root: the data set's folder"),
        (
            "folds={by: strain}",
            "folds.by: found 'strain'; expected one of: video, animal, cage, session",
        ),
        ("comparisons=[[lstm, 3dcnn]]", "comparisons: no method 'lstm'; expected two of: "),
        ("methods={more: {title: More, representations: [fc7]}}", "unknown representation 'fc7'"),
    ],
)
def test_a_wrong_configuration_is_one_message(finished, value, message):
    ran = finished.make("--config", value, check=False)
    assert ran.returncode
    assert message in ran.stdout
    assert "Traceback" not in ran.stdout
