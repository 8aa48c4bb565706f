# Shared by all that follows: the checked configuration, the names in the data set, what a verb needs.
import csv
import json
import math
import os
import re
import shlex
import signal
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from homecage.config import check_config
from homecage.running.fingerprint import find_modules
from homecage.errors import HomecageError
from homecage.check.check import refuse_changed_annotations
from homecage.study.layouts import ANNOTATORS, find_dataset, is_mit_home_cage
from homecage.running.parent import RUN
from homecage.running.runlock import Run, hold, this_run
from homecage.simulate.names import (
    clip_folder_names,
    names_annotated_twice,
    video_names,
)
from homecage.verbs import VERBS
from snakemake.exceptions import WorkflowError

# Jobs inherit who runs them, here and on a cluster's nodes, so that they end when it is gone.
if workflow.is_main_process:
    os.environ[RUN] = this_run().dump()
else:
    # Slurm's warning that a job's time is nearly up reaches Snakemake on the node too; the verb acts on it.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def hold_folder():
    """Refuse a second run in this folder; say so where the last one was killed."""
    try:
        killed = hold(Run.parse(os.environ[RUN]))
    except HomecageError as error:
        raise WorkflowError(str(error)) from None
    if killed:
        logger.warning(f"The last run in this folder was killed ({killed}); going on.")


# Jobs find the library beside this workflow, installed or not, also in an environment of their own.
# A prefix replaces Snakemake's strict mode, without which a failed verb piped to tee would pass.
# Threads that wait must sleep: spinning ones, on cores that other jobs use too, were seen to slow
# training down tenfold.
# A job that asks for no GPU uses none; those that do say HOMECAGE_GPUS={resources.gpu} themselves, which
# `--resources gpu=0` makes 0.
# A signal that ends a job is sent to all of its processes: the shell and tee outlast it, and the verb leaves
# in order.
shell.prefix(
    "set -euo pipefail; trap '' TERM USR1; export OMP_WAIT_POLICY=PASSIVE HOMECAGE_GPUS=0"
    f" PYTHONPATH={shlex.quote(sys.path[0])}; "
)

try:
    EXPERIMENT = check_config(config)
    SIMULATED = EXPERIMENT.dataset.layout == "simulated"
    DATASET = None if SIMULATED else find_dataset(EXPERIMENT.dataset)
except HomecageError as error:
    raise WorkflowError(str(error)) from None

SIMULATED_ROOT = "results/dataset"
if SIMULATED:
    # Names alone: the files are made by this run.
    FULL = f"{SIMULATED_ROOT}/full_database"
    VIDEOS = {
        video: f"{FULL}/{video}.mpg" for video in video_names(EXPERIMENT.simulation)
    }
    LABELED_BY = {
        "annotator_1": list(VIDEOS),
        "annotator_2": names_annotated_twice(EXPERIMENT.simulation),
    }
    ANNOTATIONS = {
        (annotator, video): f"{FULL}/Annotator_group_{annotator[-1]}/{video}.txt"
        for annotator, videos in LABELED_BY.items()
        for video in videos
    }
    CLIPS = {
        folder: [f"{SIMULATED_ROOT}/clipped_database/{folder}"]
        for folder in clip_folder_names(EXPERIMENT.simulation)
    }
    DATA_LABEL = f"simulated home cage, {len(VIDEOS)} videos"
    PUBLISHED = "no"
else:
    VIDEOS = {video.name: str(video.path) for video in DATASET.videos}
    ANNOTATIONS = {
        (annotator, video.name): str(path)
        for video in DATASET.videos
        for annotator, path in video.annotations.items()
    }
    CLIPS = {
        folder.name: [str(clip.path) for clip in folder.clips]
        for folder in DATASET.clip_folders
    }
    name = "simulated home cage" if DATASET.simulated else DATASET.root.resolve().name
    DATA_LABEL = f"{name}, {len(VIDEOS)} videos"
    PUBLISHED = "yes" if is_mit_home_cage(DATASET) else "no"

if (shown := EXPERIMENT.report.ethogram_video) and shown not in VIDEOS:
    raise WorkflowError(
        f"report.ethogram_video: found {shown!r}; expected one of: {', '.join(VIDEOS)}"
    )

# Empty: one convnet for all folds, trained on the clipped database, as in the paper. A convnet for
# each fold would be another value of this wildcard: a folder name and a slash.
CONVNET = ""

CHECKED = "results/ingest/videos.tsv"
MODULES = find_modules(list(VERBS))


def modules(verb):
    """Name the source files that a verb runs on: editing one reruns what uses it."""
    return [os.path.relpath(path) for path in MODULES[verb]]


def options(section, *keys):
    """Hand a section of the configuration, or some of it, to a verb, which reruns when that changes."""
    if section == "dataset" and SIMULATED:
        return json.dumps({"layout": "mit", "root": SIMULATED_ROOT})
    return getattr(EXPERIMENT, section).model_dump_json(include=set(keys) or None)


# Written with the first table and kept when a later check fails, which takes the table away: an
# experiment whose data set is broken and mended has not to be trained again.
# Of this data set: another one, named in the same folder, waits for a check of its own.
PASSED = f"results/ingest/passed-{sha256(options('dataset').encode()).hexdigest()[:12]}"
try:
    if Path(PASSED).exists():
        refuse_changed_annotations(
            {
                Path(path): Path(f"results/ingest/videos/{video}.json")
                for (_, video), path in ANNOTATIONS.items()
            },
            since=Path(PASSED),
        )
except HomecageError as error:
    raise WorkflowError(str(error)) from None


def until_checked(wildcards):
    """Wait until the data set has once passed its check, without depending on the file that says so.

    So a corrected annotation, which repeats the check, decodes and extracts nothing again. (An
    `ancient` input would not do: Snakemake 9 then overlooks what else is new behind the check.)
    """
    if not Path(PASSED).exists():
        checkpoints.check_dataset.get()
    return []


def demand(base, per_gb=0, per_hour=0):
    """Ask for what was measured, with headroom; as much again at each retry.

    On top of ``base`` for each GB of input files, which is what decoding takes its time for, and for
    each hour of video: of the job's own, or of all.
    """

    def ask(wildcards, input, attempt):
        demanded = base
        if per_gb:
            files = filter(Path.is_file, map(Path, input))
            demanded += per_gb * sum(path.stat().st_size for path in files) / 1e9
        if per_hour:
            demanded += per_hour * hours(getattr(wildcards, "video", None))
        return math.ceil(attempt * demanded)

    return ask


def hours(video=None):
    """Return the length of a video, or of all, as the check found it; half an hour each before that."""
    if not Path(CHECKED).exists():
        return 0.5 * (1 if video else len(VIDEOS))
    lengths_s = read_lengths(Path(CHECKED).stat().st_mtime_ns)
    return (lengths_s.get(video, 1800) if video else sum(lengths_s.values())) / 3600


@cache
def read_lengths(written):
    """Read the length of each video, in seconds, from the check's table, once for each that is written."""
    with open(CHECKED, encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return {
        row["name"]: float(row["seconds"]) for row in rows if row["kind"] == "video"
    }


def one_of(names):
    """Constrain a wildcard to names that the data set has."""
    return "|".join(map(re.escape, names)) or "(?!)"


def others(pattern):
    """Name a file of every video but the held-out one: as text for the shell, which is quick to hand on."""
    quoted = {
        video: shlex.quote(path)
        for video, path in zip(VIDEOS, expand(pattern, video=VIDEOS), strict=True)
    }
    return lambda wildcards: " ".join(
        path for video, path in quoted.items() if video != wildcards.fold
    )


# A fold needs the files of all videos but one: with a thousand videos a million links between jobs, at
# which Snakemake plans for many minutes. So a fold waits for each other video of its own bundle, and
# for other bundles as a whole. With no more videos than this there is one bundle, and no such job.
BUNDLE_SIZE = 32
BUNDLES = {
    str(start // BUNDLE_SIZE): list(VIDEOS)[start : start + BUNDLE_SIZE]
    for start in range(0, len(VIDEOS), BUNDLE_SIZE)
}
BUNDLE_OF = {video: bundle for bundle, videos in BUNDLES.items() for video in videos}


def bundled_with_fold(pattern):
    """Name a file of every video in the held-out one's bundle but its own."""
    return lambda wildcards: expand(
        pattern,
        video=[
            video
            for video in BUNDLES[BUNDLE_OF[wildcards.fold]]
            if video != wildcards.fold
        ],
    )


def other_bundles(wildcards):
    """Name the bundles that the held-out video is not in."""
    return expand(
        "results/sequence/bundles/{bundle}.txt",
        bundle=[bundle for bundle in BUNDLES if bundle != BUNDLE_OF[wildcards.fold]],
    )


wildcard_constraints:
    net="|[^/]+/",
    video=one_of(VIDEOS),
    fold=one_of(VIDEOS),
    folder=one_of(CLIPS),
    annotator=one_of(ANNOTATORS),
    bundle=one_of(BUNDLES),
