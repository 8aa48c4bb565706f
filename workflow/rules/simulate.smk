# The simulated home cage: a data set in the MIT layout, read like any other.


rule simulate_video:
    input:
        code=modules("simulate-video"),
    output:
        f"{SIMULATED_ROOT}/full_database/{{video}}.mpg",
    log:
        "results/logs/simulate_video/{video}.log",
    benchmark:
        "results/benchmarks/simulate_video/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(30),
    params:
        options=options("simulation"),
    shell:
        "python -m homecage simulate-video --video={wildcards.video:q}"
        " --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"


rule simulate_annotation:
    input:
        code=modules("simulate-annotation"),
    output:
        f"{SIMULATED_ROOT}/full_database/Annotator_group_{{group}}/{{video}}.txt",
    log:
        "results/logs/simulate_annotation/{group}/{video}.log",
    benchmark:
        "results/benchmarks/simulate_annotation/{group}/{video}.tsv"
    wildcard_constraints:
        group="[12]",
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(500),
        runtime=demand(10),
    params:
        options=options("simulation"),
    shell:
        "python -m homecage simulate-annotation --video={wildcards.video:q}"
        " --annotator {wildcards.group} --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"


rule simulate_clips:
    input:
        code=modules("simulate-clips"),
    output:
        directory(f"{SIMULATED_ROOT}/clipped_database/{{folder}}"),
    log:
        "results/logs/simulate_clips/{folder}.log",
    benchmark:
        "results/benchmarks/simulate_clips/{folder}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(30),
    params:
        options=options("simulation"),
    shell:
        "python -m homecage simulate-clips --folder={wildcards.folder:q}"
        " --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"


rule write_notice:
    input:
        code=modules("write-notice"),
    output:
        f"{SIMULATED_ROOT}/SIMULATED.txt",
    log:
        "results/logs/write_notice.log",
    benchmark:
        "results/benchmarks/write_notice.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(500),
        runtime=demand(10),
    params:
        options=options("simulation"),
    shell:
        "python -m homecage write-notice --options {params.options:q} --output {output:q} 2>&1 | tee {log:q}"
