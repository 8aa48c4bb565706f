# The accuracy table and the figures, drawn from the evaluation's tables.

from homecage.study.behaviors import choose_colors

# What the figures of one method show, and beside what.
SHOWN, BASELINE = (
    EXPERIMENT.comparisons[0] if EXPERIMENT.comparisons else [[*METHODS][-1]] * 2
)
# What is analyzed and looked at, if nothing else is named: one that no comparison sets another above.
SURPASSED = {baseline for _, baseline in EXPERIMENT.comparisons}
TOP = next(
    (method for method, _ in EXPERIMENT.comparisons if method not in SURPASSED), SHOWN
)
TITLES = json.dumps({name: method.title for name, method in METHODS.items()})
PALETTE = json.dumps(choose_colors(EXPERIMENT.behaviors))
NETS = sorted({net_of(fold) for fold in FOLDS})
WITH_CONVNET = EXPERIMENT.uses_convnet

# Each figure: the files that it is drawn from, by the options of its verb, what else the verb is told, and
# the options of the report that it uses.
FIGURES = {
    "distribution": (
        {"distribution": ["results/evaluation/distribution.tsv"]},
        "",
        ["dpi"],
        "behaviors in CD, FD and FD*",
    ),
    "recall": (
        {"per-behavior": ["results/evaluation/per_behavior.tsv"]},
        "",
        ["dpi"],
        "recall of each behavior",
    ),
    "confusion": (
        {"confusion": ["results/evaluation/confusion.tsv"]},
        f"--method {SHOWN} --baseline {BASELINE}",
        ["dpi"],
        "confusion of model and human",
    ),
    "ethogram": (
        {"bouts": ["results/evaluation/bouts.tsv"]},
        "",
        [],  # all of them
        "ethogram and time budget",
    ),
    "reliability": (
        {
            "calibration": ["results/evaluation/calibration.tsv"],
            "scores": ["results/evaluation/scores.tsv"],
        },
        "",
        ["dpi"],
        "reliability of probabilities",
    ),
    "boundary": (
        {"boundary": ["results/evaluation/boundary.tsv"]},
        "",
        ["dpi"],
        "accuracy near changes of behavior",
    ),
    "review": (
        {"review": ["results/evaluation/review.tsv"]},
        f"--method {SHOWN}",
        ["dpi"],
        "what a review is worth",
    ),
    "training": (
        {
            "convnets": (
                expand("results/convnet/{net}history.tsv", net=NETS)
                if WITH_CONVNET
                else []
            ),
            "folds": [
                name_model(HISTORY, SHOWN, fold)
                for fold in (FOLDS if SHOWN in TRAINED else ())
            ],
        },
        f"--method {SHOWN}",
        ["dpi"],
        "training curves",
    ),
}
if CURVES:
    FIGURES["learning"] = (
        {"learning": ["results/evaluation/learning.tsv"]},
        "",
        ["dpi"],
        "accuracy by labeled minutes",
    )
# What groups and days show, from the tables of analyze.smk.
OF_DAY = {"bin_min", "plotted", "actogram_behaviors", "lights_on", "lights_off"}
DAYS = EXPERIMENT.analysis.model_dump_json(include=OF_DAY)
if GROUPED:
    FIGURES["groups"] = (
        {
            "animals": ["results/analysis/animals.tsv"],
            "groups": ["results/analysis/groups.tsv"],
            "means": ["results/analysis/group_means.tsv"],
        },
        "",
        ["dpi"],
        "groups of animals",
    )
    FIGURES["transitions"] = (
        {"groups": ["results/analysis/group_transitions.tsv"]},
        "",
        ["dpi"],
        "transitions by group",
    )
    FIGURES["ethograms"] = (
        {"bouts": ["results/analysis/bouts.tsv"]},
        "",
        ["dpi"],
        "ethograms by group",
    )
if CLOCKED:
    FIGURES["actogram"] = (
        {"bins": ["results/analysis/bins.tsv"]},
        f"--analysis {shlex.quote(DAYS)}",
        ["dpi"],
        "actograms",
    )
    FIGURES["hours"] = (
        {
            "by-hour": ["results/analysis/by_hour.tsv"],
            "rhythms": ["results/analysis/rhythms.tsv"],
        },
        f"--analysis {shlex.quote(DAYS)}",
        ["dpi"],
        "hours of the day",
    )
TABLES = [
    *expand(
        "results/evaluation/{table}.tsv",
        table=["accuracy", "confusion", "per_behavior", "bouts", "time_budget"],
    ),
    *expand("results/figures/accuracy.{format}", format=["html", "md"]),
]


rule write_accuracy:
    input:
        accuracy="results/evaluation/accuracy.tsv",
        gain="results/evaluation/gain.tsv",
        ceiling=CEILING,
        leakage=LEAKAGE,
    output:
        html=report(
            "results/figures/accuracy.html",
            caption="../report/accuracy.rst",
            category="Accuracy",
            labels={"table": "accuracy over frames and behaviors"},
        ),
        markdown="results/figures/accuracy.md",
    log:
        "results/logs/write_accuracy.log",
    benchmark:
        "results/benchmarks/write_accuracy.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000),
        runtime=demand(10),
    params:
        titles=verbatim(TITLES),
        data_label=verbatim(STUDY.label),
        ceiling=" ".join(f"--ceiling {path}" for path in CEILING),
        left_out="yes" if LEAVES_OUT_SHARED else "no",
        aside=lambda wildcards: list(map(str, ASIDE)),
        corrected=STUDY.corrected,
        code=code("write-accuracy"),
    shell:
        "python -m homecage write-accuracy --accuracy {input.accuracy:q} --gain {input.gain:q}"
        " {params.ceiling} --leakage {input.leakage:q} --left-out {params.left_out}"
        " --aside {params.aside:q} --corrected {params.corrected:q} --titles {params.titles:q} --data-label {params.data_label:q}"
        " --html {output.html:q} --markdown {output.markdown:q} > {log:q} 2>&1"


for figure, (tables, told, used, label) in FIGURES.items():

    rule:
        name:
            f"plot_{figure}"
        input:
            **{name.replace("-", "_"): paths for name, paths in tables.items()},
        output:
            png=report(
                f"results/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category="Figures",
                labels={"figure": label},
            ),
            pdf=f"results/figures/{figure}.pdf",
        log:
            f"results/logs/plot_{figure}.log",
        benchmark:
            f"results/benchmarks/plot_{figure}.tsv"
        conda:
            "../../envs/report.yaml"
        resources:
            mem_mb=demand(1000),
            runtime=demand(20),
        params:
            verb=f"plot-{figure}",
            told=verbatim(told),
            tables=" ".join(
                f"--{name} {shlex.join(paths)}"
                for name, paths in tables.items()
                if paths
            ),
            palette=PALETTE,
            titles=verbatim(TITLES),
            data_label=verbatim(STUDY.label),
            options=options("report", *used),
            code=code(f"plot-{figure}"),
        shell:
            "python -m homecage {params.verb} {params.tables} {params.told} --palette {params.palette:q}"
            " --titles {params.titles:q} --data-label {params.data_label:q} --options {params.options:q}"
            " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"
