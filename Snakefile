# From a folder of rodent videos to a scored ethogram. Rules come in the order of the data.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


# A limit on GPUs given here (`--resources gpu=2`) is for this machine, never for a cluster.
resource_scopes:
    gpu="local",


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/paths.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/annotations.smk"
include: "workflow/rules/frames.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/convnet.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/sequence.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/deliver.smk"


rule all:
    default_target: True
    input:
        CHECKED,
        VERDICT,
        "results/study/folds.tsv",
        # Wanted themselves: Snakemake makes no lost file again that is only on the way to others.
        [
            store
            for method in METHODS
            for fold in PLAN
            for store in name_method_features(method, fold.held_out, net_of(fold.name))
        ],
        PREDICTIONS,
        TABLES,
        CEILING,
        expand(
            "results/figures/{figure}.{format}", figure=FIGURES, format=["png", "pdf"]
        ),


onstart:
    # An interrupted job leaves Snakemake's copy of what it would have replaced, and could not begin again beside
    # it. What stands in results is whole.
    shutil.rmtree(".snakemake/backups", ignore_errors=True)
    # The screen is ours while jobs run, unless Snakemake's own pages are asked for, or fewer of them.
    shown = workflow.output_settings
    if not (shown.quiet or shown.verbose or shown.printshellcmds):
        SCREEN.begin(
            Planned(
                job.rule.name,
                job.threads,
                job.resources.get("runtime", 0),
                job.benchmark,
            )
            for job in workflow.dag.needrun_jobs()
        )


# The last thing on it: where to look, or what to do.
onsuccess:
    SCREEN.end(
        f"Done. The table is in {TABLES[-1]}, the figures are in results/figures/, every number in"
        " results/evaluation/."
        if Path(TABLES[-1]).exists()
        else "Done."
    )


onerror:
    SCREEN.end(
        "Not finished: it was interrupted. What was made before is kept; the same command goes on."
        if SCREEN.interrupted
        else "Not finished: what went wrong stands above, after 'error', and in the log it names. What was"
        " made before is kept; once it is mended, the same command goes on."
    )
