# The accuracy table and the figures, drawn from the evaluation's tables.

FIGURES = expand(
    "results/figures/{figure}.{format}",
    figure=["distribution", "recall", "confusion", "ethogram", "training"],
    format=["png", "pdf"],
)
TABLES = [
    "results/evaluation/accuracy.tsv",
    "results/evaluation/confusion.tsv",
    "results/evaluation/per_behavior.tsv",
    "results/figures/accuracy.html",
    "results/figures/accuracy.md",
]


rule write_table:
    input:
        accuracy="results/evaluation/accuracy.tsv",
        gain="results/evaluation/gain.tsv",
        code=modules("write-table"),
    output:
        html=report(
            "results/figures/accuracy.html",
            caption="../report/accuracy.rst",
            category="Accuracy",
            labels={"table": "accuracy over frames and behaviors"},
        ),
        markdown="results/figures/accuracy.md",
    log:
        "results/logs/write_table.log",
    benchmark:
        "results/benchmarks/write_table.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(10),
    params:
        data_label=DATA_LABEL,
    shell:
        "python -m homecage write-table --accuracy {input.accuracy:q} --gain {input.gain:q}"
        " --data-label {params.data_label:q} --html {output.html:q}"
        " --markdown {output.markdown:q} 2>&1 | tee {log:q}"


rule plot_distribution:
    input:
        distribution="results/evaluation/distribution.tsv",
        code=modules("plot-distribution"),
    output:
        png=report(
            "results/figures/distribution.png",
            caption="../report/distribution.rst",
            category="Figures",
            labels={"figure": "behaviors in CD, FD and FD*"},
        ),
        pdf="results/figures/distribution.pdf",
    log:
        "results/logs/plot_distribution.log",
    benchmark:
        "results/benchmarks/plot_distribution.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(20),
    params:
        data_label=DATA_LABEL,
        options=options("report", "dpi"),
    shell:
        "python -m homecage plot-distribution --distribution {input.distribution:q}"
        " --data-label {params.data_label:q} --options {params.options:q}"
        " --png {output.png:q} --pdf {output.pdf:q} 2>&1 | tee {log:q}"


rule plot_recall:
    input:
        per_behavior="results/evaluation/per_behavior.tsv",
        code=modules("plot-recall"),
    output:
        png=report(
            "results/figures/recall.png",
            caption="../report/recall.rst",
            category="Figures",
            labels={"figure": "recall of each behavior"},
        ),
        pdf="results/figures/recall.pdf",
    log:
        "results/logs/plot_recall.log",
    benchmark:
        "results/benchmarks/plot_recall.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(20),
    params:
        data_label=DATA_LABEL,
        options=options("report", "dpi"),
    shell:
        "python -m homecage plot-recall --per-behavior {input.per_behavior:q}"
        " --data-label {params.data_label:q} --options {params.options:q}"
        " --png {output.png:q} --pdf {output.pdf:q} 2>&1 | tee {log:q}"


rule plot_confusion:
    input:
        confusion="results/evaluation/confusion.tsv",
        code=modules("plot-confusion"),
    output:
        png=report(
            "results/figures/confusion.png",
            caption="../report/confusion.rst",
            category="Figures",
            labels={"figure": "confusion of model and human"},
        ),
        pdf="results/figures/confusion.pdf",
    log:
        "results/logs/plot_confusion.log",
    benchmark:
        "results/benchmarks/plot_confusion.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(20),
    params:
        data_label=DATA_LABEL,
        options=options("report", "dpi"),
    shell:
        "python -m homecage plot-confusion --confusion {input.confusion:q}"
        " --data-label {params.data_label:q} --options {params.options:q}"
        " --png {output.png:q} --pdf {output.pdf:q} 2>&1 | tee {log:q}"


rule plot_ethogram:
    input:
        bouts="results/evaluation/bouts.tsv",
        time_budget="results/evaluation/time_budget.tsv",
        code=modules("plot-ethogram"),
    output:
        png=report(
            "results/figures/ethogram.png",
            caption="../report/ethogram.rst",
            category="Figures",
            labels={"figure": "ethogram and time budget"},
        ),
        pdf="results/figures/ethogram.pdf",
    log:
        "results/logs/plot_ethogram.log",
    benchmark:
        "results/benchmarks/plot_ethogram.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(20),
    params:
        data_label=DATA_LABEL,
        options=options("report"),
    shell:
        "python -m homecage plot-ethogram --bouts {input.bouts:q} --time-budget {input.time_budget:q}"
        " --data-label {params.data_label:q} --options {params.options:q}"
        " --png {output.png:q} --pdf {output.pdf:q} 2>&1 | tee {log:q}"


rule plot_training:
    input:
        convnet=f"results/convnet/{CONVNET}history.tsv",
        folds=expand("results/sequence/{fold}/history.tsv", fold=VIDEOS),
        code=modules("plot-training"),
    output:
        png=report(
            "results/figures/training.png",
            caption="../report/training.rst",
            category="Figures",
            labels={"figure": "training curves"},
        ),
        pdf="results/figures/training.pdf",
    log:
        "results/logs/plot_training.log",
    benchmark:
        "results/benchmarks/plot_training.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(20),
    params:
        data_label=DATA_LABEL,
        options=options("report", "dpi"),
    shell:
        "python -m homecage plot-training --convnet {input.convnet:q} --folds {input.folds:q}"
        " --data-label {params.data_label:q} --options {params.options:q}"
        " --png {output.png:q} --pdf {output.pdf:q} 2>&1 | tee {log:q}"
