# From annotators' files to one behavior for each frame.


rule import_annotation:
    input:
        # Where the file is missing the check comes first, and says so.
        annotation=lambda wildcards: raw(
            [VIDEOS[wildcards.video].annotations.get(wildcards.annotator, VERDICT)]
        ),
        times="results/frames/{video}.parquet",
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
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
    params:
        raw=lambda wildcards: NOW.get(
            f"annotations/{wildcards.annotator}/{wildcards.video}"
        ),
        vocabulary=verbatim(VOCABULARY),
        reading=options("annotations"),
        choice=lambda wildcards: VIDEOS[wildcards.video]
        .choose(wildcards.annotator)
        .model_dump_json(),
        code=code("import-annotation"),
    shell:
        "python -m homecage import-annotation --annotation {input.annotation:q} --times {input.times:q}"
        " --vocabulary {params.vocabulary:q} --options {params.reading:q} --choice {params.choice:q} --output {output:q} > {log:q} 2>&1"


rule predict_human:
    input:
        annotation="results/annotations/annotator_2/{video}.parquet",
        times="results/frames/{video}.parquet",
    output:
        f"results/predictions/{HUMAN}/{{video}}.parquet",
    log:
        "results/logs/predict_human/{video}.log",
    benchmark:
        "results/benchmarks/predict_human/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000, per_hour=100),
        runtime=demand(10, per_hour=1),
    params:
        behaviors=BEHAVIORS,
        code=code("predict-human"),
    shell:
        "python -m homecage predict-human --annotation {input.annotation:q} --times {input.times:q}"
        " --behaviors {params.behaviors:q} --video={wildcards.video:q} --output {output:q} > {log:q} 2>&1"
