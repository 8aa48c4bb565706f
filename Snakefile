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
