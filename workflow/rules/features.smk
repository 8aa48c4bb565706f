# Each video described once by the convnet: its descriptors, and its own predictions.


rule extract_features:
    input:
        frames="results/frames/{video}.zarr",
        convnet="results/convnet/{net}model.safetensors",
        code=modules("extract-features"),
    output:
        directory("results/features/{net}{video}.zarr"),
    log:
        "results/logs/extract_features/{net}{video}.log",
    benchmark:
        "results/benchmarks/extract_features/{net}{video}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=demand(8000),
        runtime=demand(30, per_hour=60),
    params:
        geometry=options("clips"),
        options=options("features"),
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage extract-features --frames {input.frames:q} --convnet {input.convnet:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --threads {threads}"
        " --output {output:q} 2>&1 | tee {log:q}"


rule predict_convnet:
    input:
        features=f"results/features/{CONVNET}{{video}}.zarr",
        frames="results/frames/{video}.zarr",
        code=modules("predict-convnet"),
    output:
        "results/predictions/3dcnn/{video}.parquet",
    log:
        "results/logs/predict_convnet/{video}.log",
    benchmark:
        "results/benchmarks/predict_convnet/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000, per_hour=100),
        runtime=demand(10, per_hour=2),
    params:
        geometry=options("clips"),
    shell:
        "python -m homecage predict-convnet --features {input.features:q} --frames {input.frames:q}"
        " --geometry {params.geometry:q} --output {output:q} 2>&1 | tee {log:q}"
