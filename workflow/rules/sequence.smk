# The methods: for each fold a model that learns from its training videos, and what it says of the videos
# that it has not seen; or, without a model, what a representation says by itself.


rule train_model:
    input:
        features=lambda wildcards: name_method_features(
            wildcards.method, learned_videos(wildcards), wildcards.net
        ),
        annotations=lambda wildcards: expand(LABELS, video=learned_videos(wildcards)),
        learned=lambda wildcards: name_learned(wildcards.method, wildcards.net),
        folds=settling_folds(MODEL),
        histories=settling_folds(HISTORY),
    output:
        model=MODEL,
        history=HISTORY,
        plan="results/models/{method}/{net}{fold}/windows.tsv",
    log:
        "results/logs/train_model/{method}/{net}{fold}.log",
    benchmark:
        "results/benchmarks/train_model/{method}/{net}{fold}.tsv"
    wildcard_constraints:
        method=one_of(OWNERS),
    conda:
        "../../envs/torch.yaml"
    # Folds run side by side; a sum's order, hence the last bit, depends on the threads.
    threads: 1
    resources:
        gpu=1,
        mem_mb=demand(4000, per_hour=1000),
        runtime=demand(60, per_hour=30),
    params:
        representations=lambda wildcards: METHODS[wildcards.method].representations,
        training=lambda wildcards: fold_of(wildcards).training,
        validation=lambda wildcards: fold_of(wildcards).validation,
        behaviors=BEHAVIORS,
        geometry=options("geometry"),
        options=lambda wildcards: METHODS[wildcards.method].model.model_dump_json(),
        seed=EXPERIMENT.seed,
        checkpoints="results/checkpoints/train_model/{method}/{net}{fold}",
        code=lambda wildcards: code(
            "train-model", model_module(METHODS[wildcards.method].model.kind)
        ),
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage train-model --method={wildcards.method:q}"
        " --fold={wildcards.fold:q} --representations {params.representations:q}"
        " --training {params.training:q} --validation {params.validation:q} --features {input.features:q}"
        " --annotations {input.annotations:q} --learned {input.learned:q} --behaviors {params.behaviors:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --seed {params.seed}"
        " --threads {threads} --code {params.code} --checkpoints {params.checkpoints:q}"
        " --model {output.model:q} --history {output.history:q} --plan {output.plan:q}"
        " --folds {input.folds:q} --histories {input.histories:q} > {log:q} 2>&1"


# Many videos of a method in one job, whose start takes longer than a video; of a large study not all, as Snakemake
# goes through all inputs of the job that makes a file for each that wants it.
for number, batch in enumerate(BATCHES, start=1):
    name = "predict_model" if number == 1 else f"predict_model_{number}"

    rule:
        name:
            name
        input:
            models=lambda wildcards, batch=batch: [
                name_model(MODEL, wildcards.method, FOLD_OF[video]) for video in batch
            ],
            features=lambda wildcards, batch=batch: [
                store
                for representation in METHODS[wildcards.method].representations
                for video in batch
                for store in name_features(
                    representation, [video], net_of(FOLD_OF[video])
                )
            ],
            learned=lambda wildcards, batch=batch: [
                learned
                for video in batch
                for learned in name_learned(wildcards.method, net_of(FOLD_OF[video]))
            ],
            times=expand("results/frames/{video}.parquet", video=batch),
        output:
            expand("results/predictions/{{method}}/{video}.parquet", video=batch),
        log:
            f"results/logs/{name}/{{method}}.log",
        benchmark:
            f"results/benchmarks/{name}/{{method}}.tsv"
        wildcard_constraints:
            method=one_of(TRAINED),
        conda:
            "../../envs/torch.yaml"
        resources:
            mem_mb=demand(2000, per_hour=2000, of=max),
            runtime=demand(20, per_hour=20),
        params:
            videos=batch,
            model_of=lambda wildcards: owner_of(wildcards.method),
            representations=lambda wildcards: METHODS[wildcards.method].representations,
            behaviors=BEHAVIORS,
            geometry=options("geometry"),
            decoding=lambda wildcards: METHODS[
                wildcards.method
            ].decoding.model_dump_json(),
            code=lambda wildcards: code(
                "predict-model", model_module(METHODS[wildcards.method].model.kind)
            ),
        shell:
            "python -m homecage predict-model --method={wildcards.method:q} --model-of={params.model_of:q}"
            " --videos {params.videos:q} --models {input.models:q} --representations {params.representations:q}"
            " --features {input.features:q} --learned {input.learned:q} --times {input.times:q}"
            " --behaviors {params.behaviors:q} --geometry {params.geometry:q} --decoding {params.decoding:q}"
            " --threads {threads} --outputs {output:q} > {log:q} 2>&1"


rule predict_representation:
    input:
        features=lambda wildcards: name_method_features(
            wildcards.method, [wildcards.video], net_of(FOLD_OF[wildcards.video])
        ),
        learned=lambda wildcards: name_learned(
            wildcards.method, net_of(FOLD_OF[wildcards.video])
        ),
        times="results/frames/{video}.parquet",
    output:
        "results/predictions/{method}/{video}.parquet",
    log:
        "results/logs/predict_representation/{method}/{video}.log",
    benchmark:
        "results/benchmarks/predict_representation/{method}/{video}.tsv"
    wildcard_constraints:
        method=one_of(UNTRAINED),
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000, per_hour=100),
        runtime=demand(10, per_hour=2),
    params:
        representation=lambda wildcards: METHODS[wildcards.method].representations[0],
        behaviors=BEHAVIORS,
        geometry=options("geometry"),
        code=code("predict-representation"),
    shell:
        "python -m homecage predict-representation --features {input.features:q}"
        " --representation {params.representation:q} --learned {input.learned:q} --times {input.times:q}"
        " --behaviors {params.behaviors:q} --geometry {params.geometry:q} --method={wildcards.method:q}"
        " --video={wildcards.video:q} --output {output:q} > {log:q} 2>&1"
