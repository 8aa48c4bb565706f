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


rule all:
    default_target: True
    input:
        CHECKED,
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


# The last thing on the screen: where to look, or what to do.
onsuccess:
    if workflow.is_main_process and Path(TABLES[-1]).exists():
        print(
            f"Done. The table is in {TABLES[-1]}, the figures are in results/figures/, every number in"
            " results/evaluation/.",
            file=sys.stderr,
        )


onerror:
    if workflow.is_main_process:
        print(
            "Not finished: what went wrong stands above, after 'error', and in the log it names. What was"
            " made before is kept; once it is mended, the same command goes on.",
            file=sys.stderr,
        )
