# Results in the form that other programs take. The tables of all videos are one job, and every run makes them;
# what is made for each video is asked for by name or by `exports.forms`, in one job for all videos of a method
# but for overlays, which take long.

EXPORT_OPTIONS = options("exports", "min_bout_s")
EXPORT_TABLES = ("bouts", "time_budget", "time_budget_by_bin", "transitions")

# What each form makes for a video, beside the predictions: results/exports/{method}/{video}<ending>.
FORMS = {
    "tables": [f".{table}.tsv" for table in EXPORT_TABLES],
    "frames": [".frames.parquet", ".frames.csv"],
    "boris": [".boris"],
    "one_hot": ["_labels.csv"],
    "nwb": [".nwb"],
    "overlay": [".overlay.mp4"],
}
EXPORTS = [
    f"results/exports/{method}/{video}{ending}"
    for form in EXPERIMENT.exports.forms
    for method in EXPERIMENT.exports.methods or METHODS
    for video in VIDEOS
    for ending in FORMS[form]
] + kept(
    "results/exports",
    [
        f"results/exports/{method}/{video}{ending}"
        for method in METHODS
        for video in VIDEOS
        for endings in FORMS.values()
        for ending in endings
    ],
)
EXPORTED = expand("results/exports/{table}.tsv", table=EXPORT_TABLES)


wildcard_constraints:
    method=one_of(METHODS),


rule export_tables:
    input:
        predictions=expand(
            "results/predictions/{method}/{video}.parquet",
            method=METHODS,
            video=VIDEOS,
        ),
        videos="results/study/videos.tsv",
    output:
        EXPORTED,
    log:
        "results/logs/export_tables.log",
    benchmark:
        "results/benchmarks/export_tables.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=100),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        options=options("exports", "min_bout_s", "bin_s"),
        folder=lambda wildcards, output: Path(output[0]).parent,
        code=code("export-tables"),
    shell:
        "python -m homecage export-tables --predictions {input.predictions:q} --videos {input.videos:q}"
        " --behaviors {params.behaviors:q} --options {params.options:q} --output {params.folder:q}"
        " > {log:q} 2>&1"


rule export_video_tables:
    input:
        predictions=name_predictions,
        videos="results/study/videos.tsv",
    output:
        name_exports("tables"),
    log:
        "results/logs/export_video_tables/{method}.log",
    benchmark:
        "results/benchmarks/export_video_tables/{method}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        options=options("exports", "min_bout_s", "bin_s"),
        folder="results/exports/{method}",
        code=code("export-video-tables"),
    shell:
        "python -m homecage export-video-tables --predictions {input.predictions:q}"
        " --videos {input.videos:q} --behaviors {params.behaviors:q} --method={wildcards.method:q}"
        " --options {params.options:q} --output {params.folder:q} > {log:q} 2>&1"


rule export_frames:
    input:
        name_predictions,
    output:
        name_exports("frames"),
    log:
        "results/logs/export_frames/{method}.log",
    benchmark:
        "results/benchmarks/export_frames/{method}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=5),
    params:
        behaviors=BEHAVIORS,
        options=EXPORT_OPTIONS,
        folder="results/exports/{method}",
        code=code("export-frames"),
    shell:
        "python -m homecage export-frames --predictions {input:q} --behaviors {params.behaviors:q}"
        " --method={wildcards.method:q} --options {params.options:q} --output {params.folder:q}"
        " > {log:q} 2>&1"


rule export_boris:
    input:
        predictions=name_predictions,
        videos="results/study/videos.tsv",
    output:
        name_exports("boris"),
    log:
        "results/logs/export_boris/{method}.log",
    benchmark:
        "results/benchmarks/export_boris/{method}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=2),
    params:
        palette=PALETTE,
        options=EXPORT_OPTIONS,
        folder="results/exports/{method}",
        code=code("export-boris"),
    shell:
        "python -m homecage export-boris --predictions {input.predictions:q} --videos {input.videos:q}"
        " --palette {params.palette:q} --method={wildcards.method:q} --options {params.options:q}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule export_one_hot:
    input:
        name_predictions,
    output:
        name_exports("one_hot"),
    log:
        "results/logs/export_one_hot/{method}.log",
    benchmark:
        "results/benchmarks/export_one_hot/{method}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        options=EXPORT_OPTIONS,
        folder="results/exports/{method}",
        code=code("export-one-hot"),
    shell:
        "python -m homecage export-one-hot --predictions {input:q} --behaviors {params.behaviors:q}"
        " --method={wildcards.method:q} --options {params.options:q} --output {params.folder:q}"
        " > {log:q} 2>&1"


rule export_nwb:
    input:
        predictions=name_predictions,
        videos="results/study/videos.tsv",
    output:
        name_exports("nwb"),
    log:
        "results/logs/export_nwb/{method}.log",
    benchmark:
        "results/benchmarks/export_nwb/{method}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200, of=max),
        runtime=demand(30, per_hour=5),
    params:
        behaviors=BEHAVIORS,
        options=EXPORT_OPTIONS,
        folder="results/exports/{method}",
        code=code("export-nwb"),
    shell:
        "python -m homecage export-nwb --predictions {input.predictions:q} --videos {input.videos:q}"
        " --behaviors {params.behaviors:q} --method={wildcards.method:q} --options {params.options:q}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule export_overlay:
    input:
        video=lambda wildcards: raw([VIDEOS[wildcards.video].path]),
        predictions="results/predictions/{method}/{video}.parquet",
        annotation=LABELS,
    output:
        f"results/exports/{{method}}/{{video}}{FORMS['overlay'][0]}",
    log:
        "results/logs/export_overlay/{method}/{video}.log",
    benchmark:
        "results/benchmarks/export_overlay/{method}/{video}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=100),
        runtime=demand(30, per_hour=120),
    params:
        raw=lambda wildcards: NOW[f"frames/{wildcards.video}"],
        palette=PALETTE,
        frames=options("frames", "ffmpeg", "stream"),
        crop=lambda wildcards: str(VIDEOS[wildcards.video].crop or ""),
        options=options("exports", "min_bout_s", "overlay_s"),
        code=code("export-overlay"),
    shell:
        "python -m homecage export-overlay --video {input.video:q} --crop={params.crop}"
        " --predictions {input.predictions:q}"
        " --annotation {input.annotation:q} --palette {params.palette:q} --method={wildcards.method:q}"
        " --frames {params.frames:q} --options {params.options:q} --output {output:q} > {log:q} 2>&1"
