# From a folder of rodent videos to a scored ethogram. Rules come in the order of the data.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


# A limit on GPUs given here (`--resources gpu=2`) is for this machine, never for a cluster.
resource_scopes:
    gpu="local",


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/cluster.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/frames.smk"
include: "workflow/rules/convnet.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/sequence.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


# Not for dry runs, nor for the parts of a run that carry out its jobs on a cluster.
onstart:
    hold_folder()


rule all:
    default_target: True
    input:
        CHECKED,
        # Wanted themselves: Snakemake makes no lost file again that is only on the way to others.
        expand(FEATURES, video=VIDEOS),
        PREDICTIONS,
        TABLES,
        FIGURES,
