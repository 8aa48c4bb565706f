# The convnet, trained on the clipped database.

CLIP_STORES = expand("results/clips/{folder}.zarr", folder=CLIPS)


rule balance_clips:
    input:
        clips=CLIP_STORES,
        code=modules("balance-clips"),
    output:
        plan="results/convnet/{net}plan.tsv",
        counts=report(
            "results/convnet/{net}balance.tsv",
            caption="../report/balance.rst",
            category="Convnet",
            labels={"table": "training and test clips"},
        ),
    log:
        "results/logs/balance_clips/{net}all.log",
    benchmark:
        "results/benchmarks/balance_clips/{net}all.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(2000),
        runtime=demand(30),
    params:
        geometry=options("clips"),
        options=options("balance"),
        seed=EXPERIMENT.seed,
    shell:
        "python -m homecage balance-clips --clips {input.clips:q} --geometry {params.geometry:q}"
        " --options {params.options:q} --seed {params.seed}"
        " --plan {output.plan:q} --counts {output.counts:q} 2>&1 | tee {log:q}"


rule train_convnet:
    input:
        clips=CLIP_STORES,
        plan="results/convnet/{net}plan.tsv",
        checked=until_checked,
        code=modules("train-convnet"),
    output:
        model="results/convnet/{net}model.safetensors",
        history="results/convnet/{net}history.tsv",
        test=report(
            "results/convnet/{net}test.tsv",
            caption="../report/convnet_test.rst",
            category="Convnet",
            labels={"table": "accuracy on test clips"},
        ),
    log:
        "results/logs/train_convnet/{net}all.log",
    benchmark:
        "results/benchmarks/train_convnet/{net}all.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 4
    resources:
        gpu=1,
        mem_mb=demand(16000),
        runtime=demand(720),
    params:
        geometry=options("clips"),
        network=options("network"),
        options=options("convnet"),
        seed=EXPERIMENT.seed,
        checkpoints="results/checkpoints/train_convnet/{net}all",
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage train-convnet --clips {input.clips:q} --plan {input.plan:q}"
        " --geometry {params.geometry:q} --network {params.network:q} --options {params.options:q}"
        " --seed {params.seed} --threads {threads} --checkpoints {params.checkpoints:q}"
        " --model {output.model:q} --history {output.history:q} --test {output.test:q} 2>&1 | tee {log:q}"
