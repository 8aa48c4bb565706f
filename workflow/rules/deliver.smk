# What others can use: a method's bundle, and new videos scored by one. All of it is made on request.

# What is to be annotated, by the names of the results.
with refused():
    NEW_FOLDER = EXPERIMENT.annotate.videos
    if NEW_FOLDER and not NEW_FOLDER.is_dir():
        raise ConfigError(f"annotate.videos: found {NEW_FOLDER}; expected a folder")
    NEW_FILES = list_videos(NEW_FOLDER) if NEW_FOLDER else []
    refuse(find_unsafe([path.stem for path in NEW_FILES]))
    NEW_VIDEOS = {safe_name(path.stem): path for path in NEW_FILES}


BUNDLES = kept(
    "results/bundle",
    expand(
        "results/bundle/{method}.{ending}", method=METHODS, ending=["safetensors", "md"]
    ),
)


rule make_bundle:
    input:
        model=name_bundled,
        convnet=lambda wildcards: name_learned(
            wildcards.method, net_of(EVERYTHING.name)
        ),
        videos="results/study/videos.tsv",
        reports=expand("results/frames/{video}.json", video=VIDEOS),
        annotations=raw(
            video.annotations["annotator_1"]
            for video in VIDEOS.values()
            if "annotator_1" in video.annotations
        ),
        clips=lambda wildcards: (
            []
            if net_of(EVERYTHING.name) or not name_learned(wildcards.method, "")
            else expand("results/clips/{folder}.json", folder=FOLDERS)
        ),
        scores="results/evaluation/scores.tsv",
        per_behavior="results/evaluation/per_behavior.tsv",
        accuracy="results/evaluation/accuracy.tsv",
    output:
        "results/bundle/{method}.safetensors",
    log:
        "results/logs/make_bundle/{method}.log",
    benchmark:
        "results/benchmarks/make_bundle/{method}.tsv"
    wildcard_constraints:
        method=one_of(METHODS),
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(2000, per_hour=100),
        runtime=demand(20),
    params:
        title=lambda wildcards: METHODS[wildcards.method].title,
        data=STUDY.label,
        simulated="yes" if STUDY.simulated else "no",
        held_out=f"{len(FOLDS)} folds by {EXPERIMENT.folds.by}",
        representations=lambda wildcards: METHODS[wildcards.method].representations,
        model_of=lambda wildcards: owner_of(wildcards.method),
        decoding=lambda wildcards: METHODS[wildcards.method].decoding.model_dump_json(),
        palette=PALETTE,
        crops=[str(video.crop or "none") for video in VIDEOS.values()],
        frames=options("frames"),
        geometry=options("geometry"),
        license=EXPERIMENT.bundle.license or "",
        code=code("make-bundle"),
    shell:
        "python -m homecage make-bundle --method={wildcards.method:q} --title={params.title:q}"
        " --data={params.data:q} --simulated {params.simulated} --held-out={params.held_out:q}"
        " --representations {params.representations:q} --convnet {input.convnet:q} --model {input.model:q}"
        " --model-of={params.model_of:q} --decoding {params.decoding:q} --palette {params.palette:q}"
        " --frames {params.frames:q} --geometry {params.geometry:q} --videos {input.videos:q}"
        " --reports {input.reports:q} --annotations {input.annotations:q}"
        " --crops {params.crops:q} --clips {input.clips:q}"
        " --scores {input.scores:q} --per-behavior {input.per_behavior:q} --accuracy {input.accuracy:q}"
        " --license={params.license:q} --output {output:q} > {log:q} 2>&1"


rule describe_bundle:
    input:
        "results/bundle/{method}.safetensors",
    output:
        "results/bundle/{method}.md",
    log:
        "results/logs/describe_bundle/{method}.log",
    benchmark:
        "results/benchmarks/describe_bundle/{method}.tsv"
    wildcard_constraints:
        method=one_of(METHODS),
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(10),
    params:
        code=code("describe-bundle"),
    shell:
        "python -m homecage describe-bundle {input:q} --output {output:q} > {log:q} 2>&1"


# One job a video: with --keep-going a bad one stops no other, and the run ends with its name and an error.
rule annotate:
    input:
        bundle=str(EXPERIMENT.annotate.bundle) if EXPERIMENT.annotate.bundle else [],
        video=lambda wildcards: ancient(str(NEW_VIDEOS[wildcards.new_video])),
    output:
        multiext("results/annotated/{new_video}", ".parquet", ".bouts.tsv", ".json"),
    log:
        "results/logs/annotate/{new_video}.log",
    benchmark:
        "results/benchmarks/annotate/{new_video}.tsv"
    wildcard_constraints:
        new_video=one_of(NEW_VIDEOS),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        mem_mb=demand(8000),
        runtime=demand(60, per_gb=240),
    params:
        raw=lambda wildcards: identify(
            [NEW_VIDEOS[wildcards.new_video]],
            Path(f"results/annotated/{wildcards.new_video}.json"),
        ),
        how="--on-decode-error "
        + EXPERIMENT.annotate.on_decode_error
        + (" --resample" if EXPERIMENT.annotate.resample else "")
        + f" --crop {shlex.quote(EXPERIMENT.annotate.crop or '')}",
        out=lambda wildcards, output: Path(output[0]).parent,
        code=code("annotate"),
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage annotate {input.video:q} --bundle {input.bundle:q}"
        " --out {params.out:q} {params.how} --threads {threads} > {log:q} 2>&1"


rule annotated:
    input:
        list_annotated,
    localrule: True
