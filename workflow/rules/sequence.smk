# One fold for each video: trained on all others, it predicts the one it has not seen.


rule train_fold:
    input:
        features=others(f"results/features/{CONVNET}{{video}}.zarr"),
        annotations=others("results/annotations/annotator_1/{video}.parquet"),
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
        mem_mb=8000,
        runtime=1440,
    params:
        geometry=options("clips"),
        options=options("sequence"),
        seed=EXPERIMENT.seed,
    shell:
        "python -m homecage train-fold --held-out={wildcards.fold:q}"
        " --features {input.features:q} --annotations {input.annotations:q}"
        " --convnet {input.convnet:q} --geometry {params.geometry:q} --options {params.options:q}"
        " --seed {params.seed} --threads {threads} --model {output.model:q}"
        " --history {output.history:q} --plan {output.plan:q} 2>&1 | tee {log:q}"


rule predict_lstm:
    input:
        model="results/sequence/{video}/model.safetensors",
        features=f"results/features/{CONVNET}{{video}}.zarr",
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
        mem_mb=4000,
        runtime=30,
    params:
        geometry=options("clips"),
    shell:
        "python -m homecage predict-lstm --model {input.model:q} --features {input.features:q}"
        " --frames {input.frames:q} --geometry {params.geometry:q} --threads {threads}"
        " --output {output:q} 2>&1 | tee {log:q}"
