# The names of videos on their way to the jobs of a cluster, where Snakemake alone would lose some.
# (`workflow.nodes` is how many jobs may be on a cluster at a time; none for a run on this machine.)

if workflow.nodes:
    import snakemake_executor_plugin_slurm as slurm
    from snakemake_interface_executor_plugins import utils as executor_utils

    if commas := [name for name in (*VIDEOS, *CLIPS) if "," in name]:
        raise WorkflowError(
            f"found a comma in {commas[0]!r}; expected none: on a cluster, Snakemake takes what follows for"
            " another name. Rename it, its annotations too, or run without --profile slurm."
        )

    # Names in a job's command are quoted as Python does (`repr`), which a shell reads differently where
    # they have dollars, backslashes or both kinds of quotes.
    executor_utils.repr = lambda value: (
        shlex.quote(value) if isinstance(value, str) else repr(value)
    )

    # They are also part of the path of a job's log, where % has a meaning to Slurm.
    name_log = slurm.get_job_wildcards
    slurm.get_job_wildcards = lambda job: name_log(job).replace("%", "_")
