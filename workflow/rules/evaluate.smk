# What the predictions are worth, as tidy tables; figures and tables are drawn from these.

ANNOTATED = [
    f"results/annotations/{annotator}/{video}.parquet"
    for annotator in ANNOTATORS
    for video in VIDEOS
    # Annotator 1 must have labeled every video: the check says so where a file is missing.
    if annotator == "annotator_1" or annotator in VIDEOS[video].annotations
]
PREDICTIONS = [
    f"results/predictions/{method}/{video}.parquet"
    for method in (*METHODS, HUMAN)
    for video in VIDEOS
    if method != HUMAN or "annotator_2" in VIDEOS[video].annotations
]
# Methods that differ only in how many labeled videos their models may use, by what the largest is called, and
# the videos that each of their models learned from.
FULL = {
    METHODS[name].curve: name for name in TRAINED if not METHODS[name].labeled_videos
}
CURVES = {
    name: FULL.get(METHODS[name].curve, name)
    for name in TRAINED
    if any(
        METHODS[other].labeled_videos and METHODS[other].curve == METHODS[name].curve
        for other in TRAINED
    )
}
LABELED = {
    name: [[*fold.training, *fold.validation] for fold in FOLDS_OF[name].values()]
    for name in CURVES
}


rule evaluate_predictions:
    input:
        predictions=PREDICTIONS,
        annotations=ANNOTATED,
        videos="results/study/videos.tsv",
    output:
        accuracy="results/evaluation/accuracy.tsv",
        by_video="results/evaluation/accuracy_by_video.tsv",
        gain="results/evaluation/gain.tsv",
        per_behavior="results/evaluation/per_behavior.tsv",
        confusion="results/evaluation/confusion.tsv",
        confusion_by_video="results/evaluation/confusion_by_video.tsv",
        scores="results/evaluation/scores.tsv",
        boundary="results/evaluation/boundary.tsv",
        calibration="results/evaluation/calibration.tsv",
    log:
        "results/logs/evaluate_predictions.log",
    benchmark:
        "results/benchmarks/evaluate_predictions.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        comparisons=json.dumps(EXPERIMENT.comparisons),
        by=verbatim(EXPERIMENT.folds.by),
        options=options("evaluation"),
        published="yes" if STUDY.has_published_scores else "no",
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code("evaluate-predictions"),
    shell:
        "python -m homecage evaluate-predictions --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --videos {input.videos:q} --behaviors {params.behaviors:q}"
        " --comparisons {params.comparisons:q} --by={params.by:q} --options {params.options:q}"
        " --published {params.published}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule list_bouts:
    input:
        predictions=PREDICTIONS,
        annotations=ANNOTATED,
        videos="results/study/videos.tsv",
    output:
        bouts="results/evaluation/bouts.tsv",
        time_budget="results/evaluation/time_budget.tsv",
    log:
        "results/logs/list_bouts.log",
    benchmark:
        "results/benchmarks/list_bouts.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=100),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code("list-bouts"),
    shell:
        "python -m homecage list-bouts --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --videos {input.videos:q} --behaviors {params.behaviors:q}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule review_predictions:
    input:
        predictions=expand(
            "results/predictions/{method}/{video}.parquet",
            method=METHODS,
            video=VIDEOS,
        ),
        annotations=expand(LABELS, video=VIDEOS),
        videos="results/study/videos.tsv",
    output:
        queues=expand("results/review/{video}.tsv", video=VIDEOS),
        review="results/evaluation/review.tsv",
    log:
        "results/logs/review_predictions.log",
    benchmark:
        "results/benchmarks/review_predictions.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        folder=lambda wildcards, output: Path(output.queues[0]).parent,
        code=code("review-predictions"),
    shell:
        "python -m homecage review-predictions --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --videos {input.videos:q} --behaviors {params.behaviors:q}"
        " --queues {params.folder:q} --review {output.review:q} > {log:q} 2>&1"


rule count_behaviors:
    input:
        clips=expand("results/clips/{folder}.zarr", folder=FOLDERS),
        table="results/study/clips.tsv",
        annotations=ANNOTATED,
    output:
        "results/evaluation/distribution.tsv",
    log:
        "results/logs/count_behaviors.log",
    benchmark:
        "results/benchmarks/count_behaviors.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=50),
        runtime=demand(30, per_hour=1),
    params:
        behaviors=BEHAVIORS,
        code=code("count-behaviors"),
    shell:
        "python -m homecage count-behaviors --clips {input.clips:q} --table {input.table:q}"
        " --annotations {input.annotations:q} --behaviors {params.behaviors:q}"
        " --output {output:q} > {log:q} 2>&1"


rule measure_learning:
    input:
        accuracy="results/evaluation/accuracy.tsv",
        time_budget="results/evaluation/time_budget.tsv",
    output:
        "results/evaluation/learning.tsv",
    log:
        "results/logs/measure_learning.log",
    benchmark:
        "results/benchmarks/measure_learning.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(10),
    params:
        curves=json.dumps(CURVES),
        videos=json.dumps(LABELED),
        code=code("measure-learning"),
    shell:
        "python -m homecage measure-learning --accuracy {input.accuracy:q} --time-budget {input.time_budget:q}"
        " --curves {params.curves:q} --videos {params.videos:q} --output {output:q} > {log:q} 2>&1"


rule audit_leakage:
    input:
        clips=expand("results/clips/{folder}.zarr", folder=FOLDERS),
        frames=expand("results/frames/{video}.zarr", video=VIDEOS),
        times=expand("results/frames/{video}.parquet", video=VIDEOS),
        checked=until_checked(
            lambda wildcards: (
                *(f"frames/{video}" for video in VIDEOS),
                *(f"clips/{folder}" for folder in FOLDERS),
            )
        ),
    output:
        LEAKAGE,
    log:
        "results/logs/audit_leakage.log",
    benchmark:
        "results/benchmarks/audit_leakage.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(4000, per_hour=100),
        runtime=demand(30, per_hour=5),
    params:
        animals=verbatim(
            json.dumps(
                {
                    video.key: animal
                    for video in STUDY.videos
                    if (animal := video.columns.get("animal"))
                }
            )
        ),
        code=code("audit-leakage"),
    shell:
        "python -m homecage audit-leakage --clips {input.clips:q} --frames {input.frames:q}"
        " --animals {params.animals:q} --output {output:q} > {log:q} 2>&1"
