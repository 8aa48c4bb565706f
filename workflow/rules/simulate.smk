# The simulated home cage: a data set in the MIT layout, read like any other, and made only where the study
# is this one.

from homecage.simulate.names import ANNOTATOR_FOLDERS, CLIPPED, FULL, MARKER
from homecage.study.simulated import ROOT as SIMULATED


rule simulate_video:
    output:
        f"{SIMULATED}/{FULL}/{{video}}.mpg",
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
        code=code("simulate-video"),
    shell:
        "python -m homecage simulate-video --video={wildcards.video:q}"
        " --options {params.options:q} --output {output:q} > {log:q} 2>&1"


rule simulate_annotation:
    output:
        f"{SIMULATED}/{FULL}/{{group}}/{{video}}.txt",
    log:
        "results/logs/simulate_annotation/{group}/{video}.log",
    benchmark:
        "results/benchmarks/simulate_annotation/{group}/{video}.tsv"
    wildcard_constraints:
        group=one_of(ANNOTATOR_FOLDERS.values()),
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(500),
        runtime=demand(10),
    params:
        annotator=lambda wildcards: wildcards.group[-1],
        options=options("simulation"),
        code=code("simulate-annotation"),
    shell:
        "python -m homecage simulate-annotation --video={wildcards.video:q}"
        " --annotator {params.annotator} --options {params.options:q} --output {output:q} > {log:q} 2>&1"


rule simulate_clips:
    output:
        directory(f"{SIMULATED}/{CLIPPED}/{{folder}}"),
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
        code=code("simulate-clips"),
    shell:
        "python -m homecage simulate-clips --folder={wildcards.folder:q}"
        " --options {params.options:q} --output {output:q} > {log:q} 2>&1"


rule write_notice:
    output:
        f"{SIMULATED}/{MARKER}",
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
        code=code("write-notice"),
    shell:
        "python -m homecage write-notice --options {params.options:q} --output {output:q} > {log:q} 2>&1"


# What no method reads: the simulator's own knowledge of each video, and what a rule gets that is told it.
CEILING = ["results/evaluation/ceiling.tsv"] if STUDY.made_here else []


rule simulate_truth:
    output:
        "results/truth/{video}.tsv",
    log:
        "results/logs/simulate_truth/{video}.log",
    benchmark:
        "results/benchmarks/simulate_truth/{video}.tsv"
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(500),
        runtime=demand(10),
    params:
        options=options("simulation"),
        code=code("simulate-truth"),
    shell:
        "python -m homecage simulate-truth --video={wildcards.video:q}"
        " --options {params.options:q} --output {output:q} > {log:q} 2>&1"


rule state_ceiling:
    input:
        truths=expand("results/truth/{video}.tsv", video=VIDEOS),
        annotations=lambda wildcards: ANNOTATED,
    output:
        "results/evaluation/ceiling.tsv",
    log:
        "results/logs/state_ceiling.log",
    benchmark:
        "results/benchmarks/state_ceiling.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(2000, per_hour=200),
        runtime=demand(30, per_hour=2),
    params:
        behaviors=BEHAVIORS,
        geometry=options("geometry"),
        code=code("state-ceiling"),
    shell:
        "python -m homecage state-ceiling --truths {input.truths:q} --annotations {input.annotations:q}"
        " --behaviors {params.behaviors:q} --geometry {params.geometry:q} --output {output:q} > {log:q} 2>&1"
