# What the predictions are worth, as tidy tables; figures and tables are drawn from these.

ANNOTATION_STORES = [
    f"results/annotations/{annotator}/{video}.parquet"
    for annotator in ANNOTATORS
    for video in VIDEOS
    # Annotator 1 must have labeled every video: the check says so where a file is missing.
    if annotator == "annotator_1" or (annotator, video) in ANNOTATIONS
]
PREDICTIONS = [
    f"results/predictions/{method}/{video}.parquet"
    for method in ("lstm-3dcnn", "3dcnn", "human")
    for video in VIDEOS
    if method != "human" or ("annotator_2", video) in ANNOTATIONS
]


rule evaluate_predictions:
    input:
        predictions=PREDICTIONS,
        annotations=ANNOTATION_STORES,
        code=modules("evaluate-predictions"),
    output:
        accuracy="results/evaluation/accuracy.tsv",
        gain="results/evaluation/gain.tsv",
        per_behavior="results/evaluation/per_behavior.tsv",
        confusion="results/evaluation/confusion.tsv",
        confusion_by_video="results/evaluation/confusion_by_video.tsv",
    log:
        "results/logs/evaluate_predictions.log",
    benchmark:
        "results/benchmarks/evaluate_predictions.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200),
        runtime=demand(30, per_hour=2),
    params:
        published=PUBLISHED,
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m homecage evaluate-predictions --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --published {params.published}"
        " --output {params.folder:q} 2>&1 | tee {log:q}"


rule list_bouts:
    input:
        predictions=PREDICTIONS,
        annotations=ANNOTATION_STORES,
        code=modules("list-bouts"),
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
        mem_mb=demand(2000, per_hour=200),
        runtime=demand(30, per_hour=2),
    params:
        folder=lambda wildcards, output: Path(output[0]).parent,
    shell:
        "python -m homecage list-bouts --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --output {params.folder:q} 2>&1 | tee {log:q}"


rule count_behaviors:
    input:
        clips=CLIP_STORES,
        annotations=ANNOTATION_STORES,
        code=modules("count-behaviors"),
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
    shell:
        "python -m homecage count-behaviors --clips {input.clips:q}"
        " --annotations {input.annotations:q} --output {output:q} 2>&1 | tee {log:q}"
