# Shared by all that follows: the experiment's values, and what rules ask for.
import json
import math
import os
import re
import shlex
import shutil
import signal
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

# The library lies beside these rules, installed or not. Rules that Snakemake fetched one by one, as for another
# workflow's `module`, have no library beside them: then it is the one that is installed.
RULES = workflow.current_basedir
LIBRARY = str(Path(RULES).parent) if isinstance(RULES, os.PathLike) else ""
if LIBRARY:
    sys.path.insert(0, LIBRARY)

from homecage.check.aside import identify_judged, read_aside, set_aside
from homecage.check.gate import (
    count_refused,
    identify_study,
    read_state,
    refuse_changed_annotations,
    report_of,
)
from homecage.config import check_config
from homecage.deliver.bundled import refuse_unbundled
from homecage.demand import estimate_demand
from homecage.errors import ConfigError, HomecageError
from homecage.evaluate.names import HUMAN
from homecage.features.options import REPRESENTATIONS
from homecage.frames.raw import identify
from homecage.running.fingerprint import fingerprint
from homecage.running.forecast import Planned
from homecage.running.screen import Screen
from homecage.running.watchdog import RUN, this_run
from homecage.sequence.options import module_of as model_module
from homecage.storage.hashing import hash_file
from homecage.storage.strict_yaml import read_yaml, refuse_repeated
from homecage.study.files import (
    find_braces,
    list_videos,
    refuse,
    refuse_no_folder,
)
from homecage.study.folds import (
    find_divided,
    hold_out_none,
    plan_folds,
    tabulate_folds,
)
from homecage.study.layouts import make_study
from homecage.study.names import find_unsafe, safe_name
from homecage.study.study import ANNOTATORS
from homecage.verbs import module_of
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

# What the screen shows of a run: Snakemake's own pages are in its log.
SCREEN = Screen(logger)

# Jobs are told which process runs the workflow, and end when it is gone.
if workflow.is_main_process:
    os.environ[RUN] = this_run()
else:
    # Slurm's warning that a job's time is nearly up reaches Snakemake on the node too; the verb acts on it.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)


@contextmanager
def refused():
    """End with what is wrong as the last words on the screen, where nothing can be planned."""
    try:
        yield
    except HomecageError as error:
        logger.error(
            f"{error}\nNot begun: once it is mended, the same command goes on."
        )
        sys.exit(1)


with refused():
    refuse(find_braces([LIBRARY]))

# Jobs find the same library, also in an environment of their own.
# A prefix replaces Snakemake's strict mode.
# Threads that wait must sleep: spinning ones, on cores that other jobs use too, were seen to slow
# training down tenfold.
# A job that asks for no GPU uses none; those that do say HOMECAGE_GPUS={resources.gpu} themselves, which
# `--resources gpu=0` makes 0.
# A signal that ends a job is sent to all of its processes: the shell outlasts it, and the verb leaves in order.
shell.prefix(
    "set -euo pipefail; trap '' TERM USR1; export OMP_WAIT_POLICY=PASSIVE HOMECAGE_GPUS=0"
    + (f" PYTHONPATH={shlex.quote(LIBRARY)}; " if LIBRARY else "; ")
)

# Strictly, before Snakemake does: it takes the last of two equal keys, runs templates, and names neither the file
# nor the line of what is no YAML.
with refused():
    if Path("config.yaml").exists():
        read_yaml(Path("config.yaml"))
    elif not config:  # In another workflow it is that one's.
        raise ConfigError(
            f"{Path.cwd()}: found no config.yaml; expected the folder of a study, which `homecage new` makes"
        )
    if isinstance(given := workflow.config_settings.config_args, list):
        refuse_repeated(given)


configfile: "config.yaml"


# The configuration of a study, or of a workflow that uses this one, says what differs from config.yaml here.
DEFAULTS = workflow.source_path("../../config.yaml")
differs, config = config, read_yaml(Path(DEFAULTS))
update_config(config, differs)


def code(*verbs_or_modules):
    """Return the fingerprint of the code that a verb, or a module named beside it, computes with."""
    return fingerprint(
        *(n if n.startswith("homecage.") else module_of(n) for n in verbs_or_modules)
    )


# The experiment's values, each made in one place: what was configured, the study, its folds, and what its
# raw files are now and were when they last passed the check.
with refused():
    refuse_no_folder(Path("results"))
    EXPERIMENT = check_config(
        config, map(Path, [DEFAULTS, *reversed(workflow.configfiles)])
    )
    VOCABULARY = json.dumps(
        {
            "behaviors": [
                b.model_dump(exclude={"color"}) for b in EXPERIMENT.behaviors
            ],
            "ignored_labels": EXPERIMENT.ignored_labels,
        }
    )
    STUDY = make_study(EXPERIMENT.dataset, EXPERIMENT.simulation)
    # What failed the check leaves the study before folds are planned, if that is asked for, and comes back when
    # the files, their lines of the sheets or what they are judged by are others.
    ASIDE_FILE = "results/check/aside.json"
    ASIDE, LISTED = [], {}
    if EXPERIMENT.check.on_bad_file == "set_aside":
        judged_by = (EXPERIMENT.annotations, EXPERIMENT.geometry, EXPERIMENT.frames)
        LISTED = identify_judged(
            STUDY,
            identify_study(STUDY),
            [
                VOCABULARY,
                *(section.model_dump_json() for section in judged_by),
                code("decode-video", "decode-clips", "check-study"),
            ],
        )
        STUDY, ASIDE = set_aside(STUDY, LISTED, read_aside(Path(ASIDE_FILE)))
    PLAN = plan_folds(STUDY.videos, EXPERIMENT.folds, EXPERIMENT.seed)
    # No fold, and in no table: the models of bundles, made on request (deliver.smk).
    EVERYTHING = hold_out_none(STUDY.videos, PLAN)
    METHODS = EXPERIMENT.complete_methods
    FOLDS_OF = {
        name: {
            fold.name: fold.limit(method.labeled_videos, EXPERIMENT.seed)
            for fold in PLAN
        }
        for name, method in METHODS.items()
    }
    NOW = identify_study(STUDY)
    PASSED_FILE = "results/check/passed.json"
    PASSED = read_state(Path(PASSED_FILE))
    refuse_changed_annotations(
        STUDY, EXPERIMENT.vocabulary, EXPERIMENT.annotations, PASSED, NOW
    )
    EXPERIMENT.check_study(STUDY)

VIDEOS = {video.key: video for video in STUDY.videos}
FOLDERS = {folder.key: folder for folder in STUDY.clip_folders}
FOLDS = {fold.name: fold for fold in PLAN}
TRAINING = {**FOLDS, EVERYTHING.name: EVERYTHING}
FOLD_OF = {video: fold.name for fold in PLAN for video in fold.held_out}
BEHAVIORS = list(EXPERIMENT.vocabulary.names)
CHECKED = "results/check/videos.tsv"
VERDICT = "results/check/verdict.txt"


ENCODER = EXPERIMENT.features.encoder.file


@cache
def hash_encoder():
    """Tell the image encoder by its content: the same file with another date describes nothing again."""
    return hash_file(ENCODER)


def verbatim(text):
    """Hand a user's words to a verb: in a plain parameter Snakemake takes braces for wildcards."""
    return lambda wildcards: text


def options(section, *keys, exclude=()):
    """Hand a section of the configuration, or some of it, to a verb, which reruns when that changes."""
    wanted = {"include": set(keys) or None, "exclude": set(exclude)}
    return verbatim(getattr(EXPERIMENT, section).model_dump_json(**wanted))


def raw(paths):
    """Take raw files as input: a job reruns when what they are (its parameter) changes, not their dates."""
    return [
        str(path) if STUDY.is_made(Path(path)) else ancient(str(path)) for path in paths
    ]


def until_checked(parts):
    """Wait for the check, without depending on it, while one of these raw files has not passed as it is.

    So a corrected annotation repeats the check and decodes and extracts nothing, and a replaced video takes
    no result away before it has passed. (An `ancient` input would not do: Snakemake 9 then overlooks what
    else is new behind the check.)
    """

    def wait(wildcards):
        if any(PASSED.get(part) != NOW[part] for part in parts(wildcards)):
            checkpoints.check_study.get()
        return []

    return wait


def demand(base, per_gb=0, per_hour=0, of=sum):
    """Ask for what was measured, with headroom; as much again at each retry.

    On top of ``base`` for each GB of input files, which is what decoding takes its time for, and for
    each hour of video: of the job's own, or of all, or the longest (``of=max``) where one is held at a time.
    """

    def ask(wildcards, input, attempt):
        demanded = base
        if per_gb:
            files = filter(Path.is_file, map(Path, input))
            demanded += per_gb * sum(path.stat().st_size for path in files) / 1e9
        if per_hour:
            own = getattr(wildcards, "video", None)
            demanded += per_hour * of(map(hours, [own] if own else VIDEOS))
        return math.ceil(attempt * demanded)

    return ask


@cache
def hours(video):
    """Return the length of a video, as it was decoded; half an hour before that."""
    if not (report := report_of(f"frames/{video}")).exists():
        return 0.5
    (found,) = json.loads(report.read_text(encoding="utf-8"))["files"]
    return found["n_frames"] / (found["rate_fps"] or 30) / 3600


def one_of(names):
    """Constrain a wildcard to names that the experiment has."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    video=one_of(VIDEOS),
    fold=one_of(TRAINING),
    folder=one_of(FOLDERS),
    annotator=one_of(ANNOTATORS),
