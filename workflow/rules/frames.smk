# From video files to frame stores, each decoded once.


rule decode_video:
    input:
        video=lambda wildcards: VIDEOS[wildcards.video],
        inspection="results/ingest/videos/{video}.json",
        checked=until_checked,
        code=modules("decode-video"),
    output:
        directory("results/frames/{video}.zarr"),
    log:
        "results/logs/decode_video/{video}.log",
    benchmark:
        "results/benchmarks/decode_video/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(30, per_gb=30),
    params:
        dataset=options("dataset"),
        options=options("frames"),
    shell:
        "python -m homecage decode-video --dataset {params.dataset:q} --video={wildcards.video:q}"
        " --inspection {input.inspection:q} --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"


rule decode_clips:
    input:
        clips=lambda wildcards: CLIPS[wildcards.folder],
        inspection="results/ingest/clips/{folder}.json",
        checked=until_checked,
        code=modules("decode-clips"),
    output:
        directory("results/clips/{folder}.zarr"),
    log:
        "results/logs/decode_clips/{folder}.log",
    benchmark:
        "results/benchmarks/decode_clips/{folder}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(60, per_gb=30),
    params:
        dataset=options("dataset"),
        options=options("frames"),
    shell:
        "python -m homecage decode-clips --dataset {params.dataset:q} --folder={wildcards.folder:q}"
        " --inspection {input.inspection:q} --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"
