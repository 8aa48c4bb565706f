"""What the raw files of a study are now, and what they were when they last passed the check.

The workflow asks while it is planned, so nothing is opened but annotations and the reports of decoding.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from homecage.annotations.options import AnnotationOptions
from homecage.check.annotations import Annotated, find_annotation_problems
from homecage.errors import StudyError, UnknownBehaviorError
from homecage.frames.raw import identify
from homecage.study.behaviors import Vocabulary
from homecage.study.choice import Choice
from homecage.study.study import ClipFolder, Study

State = Mapping[str, str]
"""A short text for each raw file, or folder of clips, which is another one when its content is."""


def report_of(part: str) -> Path:
    """Return the report of decoding of ``frames/{video}`` or ``clips/{folder}``."""
    return Path(f"results/{part}.json")


def times_of(video: str) -> Path:
    """Return the table of a video's frames, which decoding writes beside its report."""
    return report_of(f"frames/{video}").with_suffix(".parquet")


def identify_study(study: Study) -> State:
    """Tell what each of a study's raw files is now: by ``frames/{video}``, ``clips/{folder}`` or
    ``annotations/{annotator}/{video}``. Files that the workflow makes are what their rules say.
    """
    videos = {f"frames/{video.key}": [video.path] for video in study.videos}
    folders = {f"clips/{f.key}": [clip.path for clip in f.clips] for f in study.clip_folders}
    texts = {
        f"annotations/{annotator}/{video.key}": (path, video.choose(annotator))
        for video in study.videos
        for annotator, path in video.annotations.items()
    }
    made = study.is_made
    state = {
        part: "" if all(map(made, paths)) else identify(paths, report_of(part))
        for part, paths in (videos | folders).items()
    }
    return state | {
        part: "" if made(path) else _identify_annotation(path, choice)
        for part, (path, choice) in texts.items()
    }


def read_state(path: Path) -> State:
    """Return what the files were when they last passed; nothing where they never did."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def count_refused(verdict: Path) -> int:
    """Return on how many files the last check, which leaves ``verdict`` if it passes, had an error."""
    if verdict.exists():
        return 0
    try:
        lines = verdict.with_name("verdicts.tsv").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return 0
    return sum(line.startswith("error\t") for line in lines)


def refuse_changed_annotations(
    study: Study, vocabulary: Vocabulary, options: AnnotationOptions, passed: State, now: State
) -> None:
    """Refuse annotations, and labels of clips, changed for the worse since the study passed its check.

    So results that stand are not taken away for a file that cannot replace what they came from.

    Raises:
        StudyError: names every problem of the changed files.
    """
    if not passed:
        return  # The check itself is still to come, and names all problems at once.
    changed = [
        Annotated(path, times_of(video.key), video.choose(annotator))
        for video in study.videos
        for annotator, path in video.annotations.items()
        if passed.get(part := f"annotations/{annotator}/{video.key}") != now[part]
        and passed.get(frames := f"frames/{video.key}") == now[frames]
    ]
    problems = [
        *_find_unknown_labels(
            (
                f
                for f in study.clip_folders
                if passed.get(f"clips/{f.key}") == now[f"clips/{f.key}"]
            ),
            vocabulary,
        ),
        *find_annotation_problems(changed, vocabulary, options),
    ]
    if problems:
        raise StudyError(problems)


def _find_unknown_labels(folders: Iterable[ClipFolder], vocabulary: Vocabulary) -> Iterator[str]:
    for folder in folders:
        for clip in folder.clips:
            try:
                vocabulary.parse(clip.label)
            except UnknownBehaviorError as error:
                yield f"{clip.path}: {error}"


def _identify_annotation(path: Path, choice: Choice) -> str:
    """Tell a file by its content, and what of it is meant by what the sheet names."""
    if not path.exists():
        return "missing"
    named = (choice.observation, choice.subject, choice.annotator)
    asked = json.dumps(named).encode() if any(named) else b""
    return hashlib.sha256(path.read_bytes() + asked).hexdigest()[:16]
