# The convnet: one for all folds, learned from the clips of the study, or one for each fold, learned from
# stretches of its annotated training videos. {net} is nothing, or the fold's folder. {convnet} is the 3-D one
# of clips or, where a method looks at it, the 2-D one of single frames; both learn from the same stretches.
# They come before what could be done meanwhile: nothing takes as long, and most of the rest waits for them.


rule balance_clips:
    input:
        clips=lambda wildcards: [] if wildcards.net else name_stores(wildcards),
        table=lambda wildcards: [] if wildcards.net else "results/study/clips.tsv",
        annotations=lambda wildcards: expand(
            LABELS, video=training_videos(wildcards.net)
        ),
        leakage=LEAKAGE if LEAVES_OUT_SHARED else [],
    output:
        plan="results/convnet/{net}plan.tsv",
        counts=report(
            "results/convnet/{net}balance.tsv",
            caption="../report/balance.rst",
            category="Convnet",
            labels={"table": "training and test clips", "convnet": "{net}"},
        ),
    log:
        "results/logs/balance_clips/{net}all.log",
    benchmark:
        "results/benchmarks/balance_clips/{net}all.tsv"
    priority: 50
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(2000),
        runtime=demand(30),
    params:
        cut_from=lambda wildcards, input: (
            f"--annotations {shlex.join(input.annotations)}"
            if wildcards.net
            else f"--clips {shlex.join(input.clips)} --table {shlex.quote(input.table)}"
        ),
        without=lambda wildcards, input: (
            f" --leakage {shlex.quote(input.leakage)}" if input.leakage else ""
        ),
        behaviors=BEHAVIORS,
        geometry=options("geometry", "length"),
        options=options("balance"),
        seed=EXPERIMENT.seed,
        code=code("balance-clips"),
    shell:
        "python -m homecage balance-clips {params.cut_from}{params.without} --behaviors {params.behaviors:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --seed {params.seed}"
        " --plan {output.plan:q} --counts {output.counts:q} > {log:q} 2>&1"


rule train_convnet:
    input:
        stores=name_stores,
        plan="results/convnet/{net}plan.tsv",
        checked=until_checked(list_checked_stores),
    output:
        model="results/{convnet}/{net}model.safetensors",
        history="results/{convnet}/{net}history.tsv",
        test=report(
            "results/{convnet}/{net}test.tsv",
            caption="../report/convnet_test.rst",
            category="Convnet",
            labels={"table": "accuracy on test clips", "convnet": "{convnet} {net}"},
        ),
    log:
        "results/logs/train_{convnet}/{net}all.log",
    benchmark:
        "results/benchmarks/train_{convnet}/{net}all.tsv"
    priority: 50
    conda:
        "../../envs/torch.yaml"
    # What does not wait for it goes on beside it: a second core makes a small network 1.5 times as fast, which
    # is less than that core gains elsewhere. Its numbers then depend on no --cores either.
    threads: 4 if EXPERIMENT.frames.size_px > 32 else 1
    resources:
        gpu=1,
        mem_mb=demand(16000),
        runtime=demand(720),
    params:
        behaviors=BEHAVIORS,
        length=lambda wildcards: CONVNETS[wildcards.convnet],
        network=options("network"),
        augment=options("augment"),
        options=options("convnet", exclude=["trained_on"]),
        seed=EXPERIMENT.seed,
        checkpoints="results/checkpoints/train_{convnet}/{net}all",
        code=code("train-convnet"),
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage train-convnet --stores {input.stores:q}"
        " --plan {input.plan:q} --behaviors {params.behaviors:q} --length {params.length}"
        " --network {params.network:q} --augment {params.augment:q} --options {params.options:q}"
        " --seed {params.seed} --threads {threads} --code {params.code} --checkpoints {params.checkpoints:q}"
        " --model {output.model:q} --history {output.history:q} --test {output.test:q} > {log:q} 2>&1"
