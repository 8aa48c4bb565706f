# Each video described once by each representation, a row of numbers for every clip.


rule extract_fc6:
    input:
        frames="results/frames/{video}.zarr",
        convnet=lambda wildcards: (
            f"results/{DESCRIPTORS[wildcards.representation]}/{wildcards.net}model.safetensors"
        ),
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
    output:
        directory("results/features/{representation}/{net}{video}.zarr"),
    log:
        "results/logs/extract_{representation}/{net}{video}.log",
    benchmark:
        "results/benchmarks/extract_{representation}/{net}{video}.tsv"
    wildcard_constraints:
        representation=one_of(DESCRIPTORS),
    conda:
        "../../envs/torch.yaml"
    resources:
        gpu=1,
        mem_mb=demand(8000),
        runtime=demand(30, per_hour=60),
    params:
        length=lambda wildcards: CONVNETS[DESCRIPTORS[wildcards.representation]],
        behaviors=BEHAVIORS,
        geometry=options("geometry"),
        options=EXPERIMENT.features.fc6.model_dump_json(),
        code=code("extract-fc6"),
    shell:
        "HOMECAGE_GPUS={resources.gpu} python -m homecage extract-fc6 --frames {input.frames:q}"
        " --convnet {input.convnet:q} --length {params.length} --representation={wildcards.representation:q}"
        " --behaviors {params.behaviors:q} --geometry {params.geometry:q} --options {params.options:q}"
        " --threads {threads} --output {output:q} > {log:q} 2>&1"


rule extract_motion:
    input:
        frames="results/frames/{video}.zarr",
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
    output:
        directory("results/features/motion/{video}.zarr"),
    log:
        "results/logs/extract_motion/{video}.log",
    benchmark:
        "results/benchmarks/extract_motion/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200),
        runtime=demand(20, per_hour=10),
    params:
        geometry=options("geometry"),
        code=code("extract-motion"),
    shell:
        "python -m homecage extract-motion --frames {input.frames:q} --geometry {params.geometry:q}"
        " --output {output:q} > {log:q} 2>&1"


rule learn_templates:
    input:
        stores=name_stores,
        plan="results/convnet/{net}plan.tsv",
        checked=until_checked(list_checked_stores),
    output:
        "results/templates/{net}model.safetensors",
    log:
        "results/logs/learn_templates/{net}all.log",
    benchmark:
        "results/benchmarks/learn_templates/{net}all.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(3000),
        runtime=demand(20),
    params:
        geometry=options("geometry"),
        options=EXPERIMENT.features.jhuang.model_dump_json(exclude={"feeder"}),
        seed=EXPERIMENT.seed,
        code=code("learn-templates"),
    shell:
        "python -m homecage learn-templates --stores {input.stores:q} --plan {input.plan:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --seed {params.seed}"
        " --threads {threads} --model {output:q} > {log:q} 2>&1"


rule extract_jhuang:
    input:
        frames="results/frames/{video}.zarr",
        templates="results/templates/{net}model.safetensors",
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
    output:
        directory("results/features/jhuang/{net}{video}.zarr"),
    log:
        "results/logs/extract_jhuang/{net}{video}.log",
    benchmark:
        "results/benchmarks/extract_jhuang/{net}{video}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(3000, per_hour=500),
        runtime=demand(30, per_hour=60),
    params:
        geometry=options("geometry"),
        options=EXPERIMENT.features.jhuang.model_dump_json(),
        code=code("extract-jhuang"),
    shell:
        "python -m homecage extract-jhuang --frames {input.frames:q} --templates {input.templates:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --threads {threads}"
        " --output {output:q} > {log:q} 2>&1"


rule learn_vocabulary:
    input:
        stores=name_stores,
        plan="results/convnet/{net}plan.tsv",
        checked=until_checked(list_checked_stores),
    output:
        "results/vocabulary/{net}model.safetensors",
    log:
        "results/logs/learn_vocabulary/{net}all.log",
    benchmark:
        "results/benchmarks/learn_vocabulary/{net}all.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(6000),
        runtime=demand(60),
    params:
        geometry=options("geometry"),
        options=EXPERIMENT.features.cuboids.model_dump_json(exclude={"window"}),
        seed=EXPERIMENT.seed,
        code=code("learn-vocabulary"),
    shell:
        "python -m homecage learn-vocabulary --stores {input.stores:q} --plan {input.plan:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --seed {params.seed}"
        " --threads {threads} --model {output:q} > {log:q} 2>&1"


rule extract_cuboids:
    input:
        frames="results/frames/{video}.zarr",
        vocabulary="results/vocabulary/{net}model.safetensors",
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
    output:
        directory("results/features/cuboids/{net}{video}.zarr"),
    log:
        "results/logs/extract_cuboids/{net}{video}.log",
    benchmark:
        "results/benchmarks/extract_cuboids/{net}{video}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        mem_mb=demand(4000, per_hour=1000),
        runtime=demand(30, per_hour=60),
    params:
        geometry=options("geometry"),
        options=EXPERIMENT.features.cuboids.model_dump_json(),
        code=code("extract-cuboids"),
    shell:
        "python -m homecage extract-cuboids --frames {input.frames:q} --vocabulary {input.vocabulary:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --threads {threads}"
        " --output {output:q} > {log:q} 2>&1"


rule extract_encoder:
    input:
        frames="results/frames/{video}.zarr",
        encoder=ancient(str(ENCODER)) if ENCODER else [],
        checked=until_checked(lambda wildcards: [f"frames/{wildcards.video}"]),
    output:
        directory("results/features/encoder/{video}.zarr"),
    log:
        "results/logs/extract_encoder/{video}.log",
    benchmark:
        "results/benchmarks/extract_encoder/{video}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=demand(8000),
        runtime=demand(60, per_hour=600),
    params:
        encoder=lambda wildcards: hash_encoder(),
        geometry=options("geometry"),
        options=EXPERIMENT.features.encoder.model_dump_json(exclude={"file"}),
        code=code("extract-encoder"),
    shell:
        "python -m homecage extract-encoder --frames {input.frames:q} --encoder {input.encoder:q}"
        " --geometry {params.geometry:q} --options {params.options:q} --threads {threads}"
        " --output {output:q} > {log:q} 2>&1"
