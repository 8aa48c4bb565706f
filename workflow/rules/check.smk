# The gate: the whole study is judged before anything is learned from it, and all problems named at once.


# Snakemake is quiet of results that stand while the check fails.
if workflow.is_main_process and (refused_files := count_refused(Path(VERDICT))):
    logger.info(
        f"The last check of this study found {refused_files} error{'s' * (refused_files > 1)}"
        f" ({Path(VERDICT).with_name('verdicts.tsv')}). Until a check passes, what this command does not make"
        " anew is what stood before."
    )


checkpoint check_study:
    input:
        videos="results/study/videos.tsv",
        clips="results/study/clips.tsv",
        folds="results/study/folds.tsv",
        reports=[
            *expand("results/frames/{video}.json", video=VIDEOS),
            *expand("results/clips/{folder}.json", folder=FOLDERS),
        ],
        times=expand("results/frames/{video}.parquet", video=VIDEOS),
        annotations=raw(
            path for video in VIDEOS.values() for path in video.annotations.values()
        ),
        notice=raw([STUDY.notice] if STUDY.notice else []),
    output:
        # Missing from when a check begins until it has passed, so one that failed is made again: Snakemake puts
        # the table back and takes the failed job for done. It comes first, as what others wait for.
        verdict=VERDICT,
        # Not taken away before another one has passed.
        table=update(CHECKED),
    log:
        "results/logs/check_study.log",
    benchmark:
        "results/benchmarks/check_study.tsv"
    priority: 100
    conda:
        "../../envs/video.yaml"
    resources:
        mem_mb=demand(2000),
        runtime=demand(30),
    params:
        vocabulary=verbatim(VOCABULARY),
        reading=options("annotations"),
        geometry=options("geometry"),
        clips_needed="yes" if EXPERIMENT.needs_clips else "no",
        on_decode_error=EXPERIMENT.frames.on_decode_error,
        strays=verbatim([str(path) for path in STUDY.strays]),
        corrections=verbatim(json.dumps(STUDY.corrections)),
        raw=json.dumps(NOW),
        aside=verbatim(
            f"--aside {ASIDE_FILE} --state {shlex.quote(json.dumps(LISTED))}"
            if LISTED
            else ""
        ),
        passed=PASSED_FILE,
        # Snakemake does not compare what is derived from inputs: no other network is a reason to check again.
        demand=lambda wildcards, input: estimate_demand(
            EXPERIMENT, len(PLAN)
        ).model_dump_json(),
        code=code("check-study"),
    shell:
        "python -m homecage check-study --videos {input.videos:q} --clips {input.clips:q}"
        " --folds {input.folds:q} --reports {input.reports:q} --times {input.times:q}"
        " --vocabulary {params.vocabulary:q} --annotations {params.reading:q}"
        " --geometry {params.geometry:q} --clips-needed {params.clips_needed}"
        " --on-decode-error {params.on_decode_error} --stray {params.strays:q}"
        " --corrections {params.corrections:q} --output {output.table:q}"
        " {params.aside} --demand {params.demand:q} > {log:q} 2>&1;"
        " printf %s {params.raw:q} > {params.passed:q}.part; mv {params.passed:q}.part {params.passed:q};"
        " echo passed > {output.verdict:q}"
