# From raw files to frames: each is decoded once, for its pixels, its times and a report of what was found.
# Damage fails nothing here: the check names all of it. Outputs are marked `update` because a damaged file
# takes no place: what a good one has left stays until there is a good one again.


rule decode_video:
    input:
        video=lambda wildcards: raw([VIDEOS[wildcards.video].path]),
    output:
        frames=update(directory("results/frames/{video}.zarr")),
        times=update("results/frames/{video}.parquet"),
        report=update("results/frames/{video}.json"),
    log:
        "results/logs/decode_video/{video}.log",
    benchmark:
        "results/benchmarks/decode_video/{video}.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(30, per_gb=30),
    params:
        raw=lambda wildcards: NOW[f"frames/{wildcards.video}"],
        options=options("frames"),
        crop=lambda wildcards: str(VIDEOS[wildcards.video].crop or ""),
        code=code("decode-video"),
    shell:
        "python -m homecage decode-video --video {input.video:q} --options {params.options:q}"
        " --crop={params.crop}"
        " --frames {output.frames:q} --times {output.times:q} --report {output.report:q} > {log:q} 2>&1"


rule decode_clips:
    input:
        lambda wildcards: raw(FOLDERS[wildcards.folder].waits_for),
    output:
        frames=update(directory("results/clips/{folder}.zarr")),
        report=update("results/clips/{folder}.json"),
    log:
        "results/logs/decode_clips/{folder}.log",
    benchmark:
        "results/benchmarks/decode_clips/{folder}.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(60, per_gb=30),
    params:
        clips=lambda wildcards: [
            str(clip.path) for clip in FOLDERS[wildcards.folder].clips
        ],
        crops=lambda wildcards: [
            str(clip.crop or "none") for clip in FOLDERS[wildcards.folder].clips
        ],
        raw=lambda wildcards: NOW[f"clips/{wildcards.folder}"],
        options=options("frames"),
        code=code("decode-clips"),
    shell:
        "python -m homecage decode-clips --clips {params.clips:q} --crops {params.crops:q}"
        " --options {params.options:q}"
        " --frames {output.frames:q} --report {output.report:q} > {log:q} 2>&1"
