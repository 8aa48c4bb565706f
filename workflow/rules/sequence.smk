# One fold for each video: trained on all others, it predicts the one it has not seen.

FEATURES = f"results/features/{CONVNET}{{video}}.zarr"
LABELS = "results/annotations/annotator_1/{video}.parquet"


rule bundle_videos:
    input:
        features=lambda wildcards: expand(FEATURES, video=BUNDLES[wildcards.bundle]),
        annotations=lambda wildcards: expand(LABELS, video=BUNDLES[wildcards.bundle]),
    output:
        "results/sequence/bundles/{bundle}.txt",
    log:
        "results/logs/bundle_videos/{bundle}.log",
    benchmark:
        "results/benchmarks/bundle_videos/{bundle}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(500),
        runtime=demand(10),
    # The time too: names stay the same when files change, and Snakemake compares small files by content.
    shell:
        "{{ printf '%s\\n' {input:q}; date +%s.%N; }} > {output:q} 2> {log:q}"


rule train_fold:
    input:
        features=bundled_with_fold(FEATURES),
        annotations=bundled_with_fold(LABELS),
        bundles=other_bundles,
        convnet=f"results/convnet/{CONVNET}model.safetensors",
        code=modules("train-fold"),
    output:
        model="results/sequence/{fold}/model.safetensors",
        history="results/sequence/{fold}/history.tsv",
        plan="results/sequence/{fold}/windows.tsv",
    log:
        "results/logs/train_fold/{fold}.log",
    benchmark:
        "results/benchmarks/train_fold/{fold}.tsv"
    conda:
        "../../envs/torch.yaml"
    # Folds run side by side; a sum's order, hence the last bit, depends on the threads.
    threads: 1
    resources:
        gpu=1,
        mem_mb=demand(4000, per_hour=1000),
        runtime=demand(60, per_hour=30),
    params:
        geometry=options("clips"),
        options=options("sequence"),
        seed=EXPERIMENT.seed,
        checkpoints="results/checkpoints/train_fold/{fold}",
        features=others(FEATURES),
        annotations=others(LABELS),
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage train-fold --held-out={wildcards.fold:q}"
        " --features {params.features} --annotations {params.annotations}"
        " --convnet {input.convnet:q} --geometry {params.geometry:q} --options {params.options:q}"
        " --seed {params.seed} --threads {threads} --checkpoints {params.checkpoints:q}"
        " --model {output.model:q}"
        " --history {output.history:q} --plan {output.plan:q} 2>&1 | tee {log:q}"


rule predict_lstm:
    input:
        model="results/sequence/{video}/model.safetensors",
        features=FEATURES,
        frames="results/frames/{video}.zarr",
        code=modules("predict-lstm"),
    output:
        "results/predictions/lstm-3dcnn/{video}.parquet",
    log:
        "results/logs/predict_lstm/{video}.log",
    benchmark:
        "results/benchmarks/predict_lstm/{video}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(2000, per_hour=2000),
        runtime=demand(20, per_hour=20),
    params:
        geometry=options("clips"),
    shell:
        "python -m homecage predict-lstm --model {input.model:q} --features {input.features:q}"
        " --frames {input.frames:q} --geometry {params.geometry:q} --threads {threads}"
        " --output {output:q} 2>&1 | tee {log:q}"
