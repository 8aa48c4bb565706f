# The page on the experiment. It comes last: it shows what all others made, and what each of them took.

from snakemake import __version__ as SNAKEMAKE

PAGE = "results/report/index.html"
# By their content: a caption that was only touched or checked out makes no page.
CAPTIONS = {
    figure: {
        "title": label,
        "caption": Path(workflow.source_path(f"../report/{figure}.rst")).read_text(
            encoding="utf-8"
        ),
    }
    for figure, (*_, label) in FIGURES.items()
}


rule write_report:
    input:
        videos="results/study/videos.tsv",
        folds="results/study/folds.tsv",
        checked=CHECKED,
        reports=[
            *expand("results/frames/{video}.json", video=VIDEOS),
            *expand("results/clips/{folder}.json", folder=FOLDERS),
        ],
        annotations=raw(
            path for video in VIDEOS.values() for path in video.annotations.values()
        ),
        accuracy="results/evaluation/accuracy.tsv",
        gain="results/evaluation/gain.tsv",
        by_video="results/evaluation/accuracy_by_video.tsv",
        per_behavior="results/evaluation/per_behavior.tsv",
        distribution="results/evaluation/distribution.tsv",
        bouts="results/evaluation/bouts.tsv",
        leakage=LEAKAGE,
        ceiling=CEILING,
        figures=expand("results/figures/{figure}.png", figure=FIGURES),
        models=lambda wildcards: [
            *dict.fromkeys(
                path
                for method in METHODS
                for fold in FOLDS
                for path in name_learned(method, net_of(fold))
            ),
            *(name_model(MODEL, method, fold) for method in OWNERS for fold in FOLDS),
        ],
        # What it leads to, and what is to be over before the times of all are told.
        others=[*TABLES, *EXPORTED],
    output:
        PAGE,
    log:
        "results/logs/write_report.log",
    benchmark:
        "results/benchmarks/write_report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=demand(1000, per_hour=50),
        runtime=demand(10, per_hour=1),
    params:
        # Of no rule: they are written also where the check fails, and stay.
        verdicts="results/check/verdicts.tsv",
        ceiling=" ".join(f"--ceiling {path}" for path in CEILING),
        texts=verbatim(json.dumps(CAPTIONS)),
        benchmarks="results/benchmarks",
        vocabulary=verbatim(VOCABULARY),
        palette=PALETTE,
        titles=verbatim(TITLES),
        data_label=verbatim(STUDY.label),
        simulated="yes" if STUDY.simulated else "no",
        watched=WATCHED,
        left_out="yes" if LEAVES_OUT_SHARED else "no",
        divided=lambda wildcards: find_divided(STUDY.videos, PLAN, "animal"),
        aside=lambda wildcards: list(map(str, ASIDE)),
        corrected=STUDY.corrected,
        # Without what is made on request, which changes nothing here.
        configuration=verbatim(
            EXPERIMENT.model_dump_json(
                exclude={"annotate", "bundle", "exports", "viewer"}
            )
        ),
        frames=options("frames"),
        snakemake=SNAKEMAKE,
        code=code("write-report"),
    shell:
        "python -m homecage write-report --videos {input.videos:q} --folds {input.folds:q}"
        " --checked {input.checked:q} --verdicts {params.verdicts:q} --reports {input.reports:q}"
        " --annotations {input.annotations:q} --accuracy {input.accuracy:q} --gain {input.gain:q}"
        " --by-video {input.by_video:q} --per-behavior {input.per_behavior:q}"
        " --distribution {input.distribution:q} --bouts {input.bouts:q} --leakage {input.leakage:q}"
        " {params.ceiling} --watched {params.watched:q} --figures {input.figures:q} --texts {params.texts:q}"
        " --models {input.models:q} --benchmarks {params.benchmarks:q}"
        " --vocabulary {params.vocabulary:q} --palette {params.palette:q} --titles {params.titles:q}"
        " --data-label {params.data_label:q} --simulated {params.simulated} --left-out {params.left_out}"
        " --divided {params.divided:q} --aside {params.aside:q} --corrected {params.corrected:q} --configuration {params.configuration:q}"
        " --frames {params.frames:q} --snakemake {params.snakemake:q} --output {output:q} > {log:q} 2>&1"
