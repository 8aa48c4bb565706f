# The study as tables: what was planned, for the jobs that follow and for people. The text of a table is a
# parameter, so a corrected cell of a lab's sheet rewrites the table that it is in and no other.

from homecage.analyze.cohort import make_cohort

# Whose videos they are; what is made of that is wanted where the sheet has the columns (analyze.smk).
with refused():
    COHORT = make_cohort(STUDY, EXPERIMENT.analysis)
GROUPED = bool(COHORT.groups)
CLOCKED = any(one.start for one in COHORT.recordings)

SHEETS = {
    "videos": STUDY.tabulate_videos(),
    "clips": STUDY.tabulate_clips(EXPERIMENT.vocabulary),
    "folds": tabulate_folds(PLAN),
    "cohort": COHORT.tabulate(),
}

if workflow.is_main_process and (divided := find_divided(STUDY.videos, PLAN, "animal")):
    logger.warning(
        f"A fold holds out animals that it also learns from: {', '.join(divided)}. With"
        " folds.by=animal each animal stays on one side."
    )


if workflow.is_main_process and ASIDE and not SCREEN.verdicts_follow:
    left = "".join(f"\n  - {one}" for one in ASIDE)
    logger.warning(f"Set aside by an earlier check, unless they are mended:{left}")


rule write_sheet:
    output:
        "results/study/{sheet}.tsv",
    log:
        "results/logs/write_sheet/{sheet}.log",
    benchmark:
        "results/benchmarks/write_sheet/{sheet}.tsv"
    wildcard_constraints:
        sheet=one_of(SHEETS),
    localrule: True
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(500),
        runtime=demand(10),
    params:
        text=lambda wildcards: SHEETS[wildcards.sheet],
    shell:
        "{{ printf %s {params.text:q} > {output:q}.part && mv {output:q}.part {output:q}; }} 2> {log:q}"
