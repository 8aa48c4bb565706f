# What ethograms say of animals: groups compared, and days cut into bins. Every run makes it where the sheet has the
# column of groups, or that of starts; the figures are among those of report.smk.

ANALYZED = EXPERIMENT.analysis.method or TOP
OF_GROUPS = ["groups", "group_means", "group_transitions"]
OF_DAYS = ["bins", "by_hour", "rhythms"]
ANALYSES = expand(
    "results/analysis/{table}.tsv",
    table=[
        *(["animals", "transitions", "bouts", *OF_GROUPS] if GROUPED else []),
        *(OF_DAYS if CLOCKED else []),
    ],
)

if workflow.is_main_process and ANALYSES and COHORT.unit == "video":
    logger.warning(
        f"The sheet has no column {EXPERIMENT.analysis.animal!r}: each video counts as an animal of its own."
    )


rule measure_animals:
    input:
        predictions=expand(
            "results/predictions/{method}/{video}.parquet",
            method=ANALYZED,
            video=VIDEOS,
        ),
        annotations=[
            LABELS.format(video=key)
            for key, video in VIDEOS.items()
            if "annotator_1" in video.annotations
        ],
        cohort="results/study/cohort.tsv",
    output:
        animals="results/analysis/animals.tsv",
        transitions="results/analysis/transitions.tsv",
        bouts="results/analysis/bouts.tsv",
    log:
        "results/logs/measure_animals.log",
    benchmark:
        "results/benchmarks/measure_animals.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=100),
        runtime=demand(30, per_hour=2),
    params:
        method=ANALYZED,
        behaviors=BEHAVIORS,
        options=options("analysis", "min_bout_s"),
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code("measure-animals"),
    shell:
        "python -m homecage measure-animals --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --cohort {input.cohort:q} --method={params.method:q}"
        " --behaviors {params.behaviors:q} --options {params.options:q} --output {params.folder:q}"
        " > {log:q} 2>&1"


rule compare_groups:
    input:
        animals="results/analysis/animals.tsv",
        transitions="results/analysis/transitions.tsv",
    output:
        groups="results/analysis/groups.tsv",
        means="results/analysis/group_means.tsv",
        transitions="results/analysis/group_transitions.tsv",
    log:
        "results/logs/compare_groups.log",
    benchmark:
        "results/benchmarks/compare_groups.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000),
        runtime=demand(30),
    params:
        options=options("analysis", "reference", "least_animals", "relabelings"),
        code=code("compare-groups"),
    shell:
        "python -m homecage compare-groups --animals {input.animals:q} --transitions {input.transitions:q}"
        " --options {params.options:q} --groups {output.groups:q} --means {output.means:q}"
        " --of-transitions {output.transitions:q} > {log:q} 2>&1"


rule bin_recordings:
    input:
        predictions=expand(
            "results/predictions/{method}/{video}.parquet",
            method=ANALYZED,
            video=VIDEOS,
        ),
        cohort="results/study/cohort.tsv",
    output:
        bins="results/analysis/bins.tsv",
        by_hour="results/analysis/by_hour.tsv",
    log:
        "results/logs/bin_recordings.log",
    benchmark:
        "results/benchmarks/bin_recordings.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=2),
    params:
        method=ANALYZED,
        behaviors=BEHAVIORS,
        options=options("analysis", "min_bout_s", "bin_min"),
        code=code("bin-recordings"),
    shell:
        "python -m homecage bin-recordings --predictions {input.predictions:q} --cohort {input.cohort:q}"
        " --method={params.method:q} --behaviors {params.behaviors:q} --options {params.options:q}"
        " --bins {output.bins:q} --by-hour {output.by_hour:q} > {log:q} 2>&1"


rule fit_rhythms:
    input:
        "results/analysis/bins.tsv",
    output:
        "results/analysis/rhythms.tsv",
    log:
        "results/logs/fit_rhythms.log",
    benchmark:
        "results/benchmarks/fit_rhythms.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000),
        runtime=demand(60),
    params:
        options=options(
            "analysis",
            "bin_min",
            "cosinor_days",
            "period_days",
            "shortest_period_h",
            "longest_period_h",
            "least_animals",
        ),
        code=code("fit-rhythms"),
    shell:
        "python -m homecage fit-rhythms --bins {input:q} --options {params.options:q} --output {output:q}"
        " > {log:q} 2>&1"
