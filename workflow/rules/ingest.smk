# The whole data set is checked before anything is learned from it, and all problems named at once.


rule inspect_video:
    input:
        video=lambda wildcards: VIDEOS[wildcards.video],
        code=modules("inspect-videos"),
    output:
        "results/ingest/videos/{video}.json",
    log:
        "results/logs/inspect_video/{video}.log",
    benchmark:
        "results/benchmarks/inspect_video/{video}.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(30, per_gb=30),
    params:
        dataset=options("dataset"),
        options=options("frames"),
    shell:
        "python -m homecage inspect-videos --dataset {params.dataset:q}"
        " --video={wildcards.video:q} --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"


rule inspect_clips:
    input:
        clips=lambda wildcards: CLIPS[wildcards.folder],
        code=modules("inspect-videos"),
    output:
        "results/ingest/clips/{folder}.json",
    log:
        "results/logs/inspect_clips/{folder}.log",
    benchmark:
        "results/benchmarks/inspect_clips/{folder}.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(60, per_gb=30),
    params:
        dataset=options("dataset"),
        options=options("frames"),
    shell:
        "python -m homecage inspect-videos --dataset {params.dataset:q}"
        " --folder={wildcards.folder:q} --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"


checkpoint check_dataset:
    input:
        inspections=[
            *expand("results/ingest/videos/{video}.json", video=VIDEOS),
            *expand("results/ingest/clips/{folder}.json", folder=CLIPS),
        ],
        annotations=list(ANNOTATIONS.values()),
        notice=f"{SIMULATED_ROOT}/SIMULATED.txt" if SIMULATED else [],
        code=modules("check-dataset"),
    output:
        CHECKED,
    log:
        "results/logs/check_dataset.log",
    benchmark:
        "results/benchmarks/check_dataset.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(2000),
        runtime=demand(30),
    params:
        dataset=options("dataset"),
        clip_length=EXPERIMENT.clips.length,
        validation_videos=EXPERIMENT.sequence.validation_videos,
        passed=PASSED,
    shell:
        "python -m homecage check-dataset --dataset {params.dataset:q}"
        " --inspections {input.inspections:q}"
        " --clip-length {params.clip_length} --validation-videos {params.validation_videos}"
        " --output {output:q} 2>&1 | tee {log:q}; touch {params.passed:q}"


rule import_annotation:
    input:
        # Where the file is missing the check comes first, and says so.
        annotation=lambda wildcards: ANNOTATIONS.get(
            (wildcards.annotator, wildcards.video), CHECKED
        ),
        frames="results/frames/{video}.zarr",
        checked=until_checked,
        code=modules("import-annotation"),
    output:
        "results/annotations/{annotator}/{video}.parquet",
    log:
        "results/logs/import_annotation/{annotator}/{video}.log",
    benchmark:
        "results/benchmarks/import_annotation/{annotator}/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000, per_hour=50),
        runtime=demand(10, per_hour=1),
    shell:
        "python -m homecage import-annotation --annotation {input.annotation:q}"
        " --frames {input.frames:q} --output {output:q} 2>&1 | tee {log:q}"


rule predict_human:
    input:
        annotation="results/annotations/annotator_2/{video}.parquet",
        frames="results/frames/{video}.zarr",
        code=modules("predict-human"),
    output:
        "results/predictions/human/{video}.parquet",
    log:
        "results/logs/predict_human/{video}.log",
    benchmark:
        "results/benchmarks/predict_human/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000, per_hour=100),
        runtime=demand(10, per_hour=1),
    shell:
        "python -m homecage predict-human --annotation {input.annotation:q}"
        " --frames {input.frames:q} --output {output:q} 2>&1 | tee {log:q}"
