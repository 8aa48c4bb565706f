# Shared by all that follows: the checked configuration, the names in the data set, what a verb needs.
import json
import os
import re
import shlex
import sys
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from homecage.config import check_config
from homecage.dependencies import find_modules
from homecage.errors import HomecageError
from homecage.ingest.check import refuse_changed_annotations
from homecage.ingest.dataset import ANNOTATORS, find_dataset, is_mit_home_cage
from homecage.simulate.names import (
    clip_folder_names,
    names_annotated_twice,
    video_names,
)
from homecage.verbs import VERBS
from snakemake.exceptions import WorkflowError

# Jobs find the library beside this workflow, installed or not, also in an environment of their own.
# A prefix replaces Snakemake's strict mode, without which a failed verb piped to tee would pass.
# Threads that wait must sleep: spinning ones, on cores that other jobs use too, were seen to slow
# training down tenfold.
shell.prefix(
    f"set -euo pipefail; export OMP_WAIT_POLICY=PASSIVE PYTHONPATH={shlex.quote(sys.path[0])}; "
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


def options(section):
    """Hand a section of the configuration to a verb, which reruns when a value in it changes."""
    if section == "dataset" and SIMULATED:
        return json.dumps({"layout": "mit", "root": SIMULATED_ROOT})
    return getattr(EXPERIMENT, section).model_dump_json()


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


def one_of(names):
    """Constrain a wildcard to names that the data set has."""
    return "|".join(map(re.escape, names)) or "(?!)"


def others(pattern):
    """Name a file of every video but the held-out one."""
    return lambda wildcards: expand(
        pattern, video=[video for video in VIDEOS if video != wildcards.fold]
    )


wildcard_constraints:
    net="|[^/]+/",
    video=one_of(VIDEOS),
    fold=one_of(VIDEOS),
    folder=one_of(CLIPS),
    annotator=one_of(ANNOTATORS),
