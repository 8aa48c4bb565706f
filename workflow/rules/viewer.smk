# Pages on which a video and its ethogram are looked at together, doubted and corrected. Those of the first
# videos are part of every run, the others are made on request.

from homecage.viewer.template import hash_assets

VIEWS = {video: f"results/viewer/{video}.html" for video in VIDEOS}
MADE = kept("results/viewer", VIEWS.values())
WATCHED = [
    video
    for number, (video, page) in enumerate(VIEWS.items())
    if EXPERIMENT.viewer.videos is None
    or number < EXPERIMENT.viewer.videos
    or page in MADE
]
PAGES = [
    *(VIEWS[video] for video in WATCHED),
    *kept(
        "results/figures/contact_sheets",
        expand("results/figures/contact_sheets/{method}.html", method=METHODS),
    ),
]
VIEWED = EXPERIMENT.viewer.method or TOP


# Of the video alone: a model that is trained again changes what is said beside it.
rule copy_video:
    input:
        video=lambda wildcards: raw([VIDEOS[wildcards.video].path]),
        times="results/frames/{video}.parquet",
    output:
        "results/viewer/{video}.mp4",
    log:
        "results/logs/copy_video/{video}.log",
    benchmark:
        "results/benchmarks/copy_video/{video}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(30, per_hour=60),
    params:
        raw=lambda wildcards: NOW[f"frames/{wildcards.video}"],
        frames=options("frames", "ffmpeg", "stream"),
        code=code("copy-video"),
    shell:
        "python -m homecage copy-video --video {input.video:q} --times {input.times:q}"
        " --frames {params.frames:q} --output {output:q} > {log:q} 2>&1"


rule view_video:
    input:
        unpack(name_said),
        film="results/viewer/{video}.mp4",
        times="results/frames/{video}.parquet",
        report="results/frames/{video}.json",
        videos="results/study/videos.tsv",
        queue="results/review/{video}.tsv",
        review="results/evaluation/review.tsv",
    output:
        page="results/viewer/{video}.html",
        data="results/viewer/{video}.data.js",
    log:
        "results/logs/view_video/{video}.log",
    benchmark:
        "results/benchmarks/view_video/{video}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000, per_hour=100),
        runtime=demand(10, per_hour=2),
    params:
        palette=PALETTE,
        titles=verbatim(TITLES),
        method=VIEWED,
        corrections=verbatim(str(EXPERIMENT.dataset.corrections)),
        data_label=verbatim(STUDY.label),
        crop=lambda wildcards: str(VIDEOS[wildcards.video].crop or ""),
        assets=hash_assets(),
        code=code("view-video"),
    shell:
        "python -m homecage view-video --video={wildcards.video:q} --videos {input.videos:q}"
        " --times {input.times:q} --report {input.report:q} --annotations {input.annotations:q}"
        " --predictions {input.predictions:q} --palette {params.palette:q} --titles {params.titles:q}"
        " --method={params.method:q} --queue {input.queue:q} --review {input.review:q}"
        " --corrections {params.corrections:q} --data-label {params.data_label:q} --crop={params.crop:q}"
        " --page {output.page:q} --data {output.data:q} > {log:q} 2>&1"


rule draw_contact_sheets:
    input:
        predictions=name_predictions,
        annotations=expand(LABELS, video=VIDEOS),
        frames=expand("results/frames/{video}.zarr", video=VIDEOS),
        times=expand("results/frames/{video}.parquet", video=VIDEOS),
        videos="results/study/videos.tsv",
    output:
        "results/figures/contact_sheets/{method}.html",
    log:
        "results/logs/draw_contact_sheets/{method}.log",
    benchmark:
        "results/benchmarks/draw_contact_sheets/{method}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=100),
        runtime=demand(30, per_hour=2),
    params:
        palette=PALETTE,
        titles=verbatim(TITLES),
        data_label=verbatim(STUDY.label),
        assets=hash_assets("contact.html.j2", "page.css"),
        code=code("draw-contact-sheets"),
    shell:
        "python -m homecage draw-contact-sheets --predictions {input.predictions:q}"
        " --annotations {input.annotations:q} --frames {input.frames:q} --times {input.times:q}"
        " --videos {input.videos:q} --palette {params.palette:q} --titles {params.titles:q} --method={wildcards.method:q}"
        " --data-label {params.data_label:q} --output {output:q} > {log:q} 2>&1"


rule viewer:
    input:
        VIEWS.values(),
    localrule: True
