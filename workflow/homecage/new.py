"""The first files of a study: a sheet of the videos in a folder, and a configuration with their behaviors."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from homecage.annotations.contents import Amount
from homecage.annotations.gather import gather_annotations
from homecage.annotations.labels import add_labels, find_slips
from homecage.errors import ConfigError, HomecageError, StudyError
from homecage.storage.publish import publish
from homecage.study.files import VIDEO_SUFFIXES, list_videos, refuse_control_characters
from homecage.study.folds import plan_folds
from homecage.study.options import FoldOptions
from homecage.study.study import Study, Video

SHEET, CONFIG = "videos.tsv", "config.yaml"
_MOST_FILES = 3
"""That a line names."""
SNAKEFILE = Path(__file__).parents[2] / "Snakefile"
"""Of the checkout that the library is in; an installed library is in none."""

_CONFIG = """\
# What differs here from homecage's own config.yaml, which describes every key.

dataset: {{layout: sheets, root: .}}

# As the annotations call them. Rename them, leave some out, or order them as you like; `labels` are further
# words for a behavior, so that several become one: {{name: moving, labels: [walk, run]}}. Words that are no
# behavior of the study stand in ignored_labels: [word].
behaviors:{behaviors}

# What is held out together, to test on: video, or a column of videos.tsv, such as animal or cage.
folds:
  by: video
  # number: 4  # quick

# clips: one convnet for all, from clips.tsv; fold: one for each fold, from its annotated training videos.
convnet:
  trained_on: fold
  # epochs: 4  # quick

# For a first quick try, of minutes and with worse scores, take the first "# " off the lines that end in
# "quick", here and above: fewer folds, shorter training, two methods. Put it back before scores count.
# balance: {{clips_per_behavior: 120}}  # quick
# methods: {{lstm-3dcnn: null, motion-tcn: null, tcn-behaviors: null}}  # quick
# comparisons: [[tcn, 3dcnn]]  # quick
"""

_NEXT = """
Next:
  1. {sheet}: add what your lab knows of each video, in columns such as animal, cage, session, light and
     group, and where a second person annotated, annotator_2.
  2. {config}: look at the behaviors, and at what is held out together. For a first quick try,
     uncomment the lines that end in "quick".
  3. {check}
     looks at every file, and says which can be used, how long the run will take and how much disk.
  4. {run}
     learns, and scores: results/report/index.html in the study's folder is the first to look at."""


def new_study(study: Path, *, videos: Path, annotations: Sequence[Path] = ()) -> None:
    """Make a folder a study: write its sheet, and a configuration with the behaviors that are annotated.

    Videos and annotations stay where they are; no video is opened, and nothing is overwritten.

    Args:
        study: the study's folder; it may be there, with videos in it.
        videos: a folder of videos.
        annotations: files of annotator 1, each called as its video, or as it and more; or folders of such
            files, of which those that are of no video are left out.

    Raises:
        AnnotationError: an annotation is not there.
        HomecageError: the study is there already, or the folder of videos is not; there are no videos, their
            names cannot be told apart, or it is not clear of which video an annotation is.
    """
    _refuse_to_overwrite(study)
    try:
        paths = _find_videos(videos)
        found = gather_annotations(paths, annotations)
        of_video = found.of_video
        listed = Study(
            study.name,
            tuple(
                Video(
                    path.stem,
                    _locate(path, study),
                    {"annotator_1": _locate(of_video[path], study)} if path in of_video else {},
                    {},
                )
                for path in paths
            ),
        )
    except StudyError as error:
        raise HomecageError(_refuse(error.problems)) from None
    labels = add_labels(found.contents)
    with publish(study / CONFIG) as config, publish(study / SHEET) as sheet:
        config.write_text(_CONFIG.format(behaviors=write_behaviors(labels)), encoding="utf-8")
        sheet.write_text(_write_sheet(listed), encoding="utf-8")
    for line in _describe(study, listed, labels):
        print(line)
    for warning in (
        *found.warnings,
        *_name_slips(labels, study / CONFIG),
        *_find_shortcomings(listed, labels),
        *_find_inner(videos),
    ):
        print(f"warning: {warning}")
    check = ["homecage", "check", "--study", str(study)]
    run = ["snakemake", "--directory", str(study), "--cores", "all"]
    if SNAKEFILE.exists() and SNAKEFILE.parent != Path.cwd():
        run[1:1] = ["--snakefile", str(SNAKEFILE)]
    print(
        _NEXT.format(
            sheet=study / SHEET,
            config=study / CONFIG,
            check=shlex.join(check),
            run=shlex.join(run),
        )
    )


def write_behaviors(labels: Mapping[str, Amount]) -> str:
    """Return labels as a list of behaviors in YAML, each with its amount as a comment."""
    if not labels:
        return " []  # No annotation says; two are needed, or more: [{name: walk}, {name: rest}]"
    taken = {label.casefold() for label in labels}
    slips = find_slips(labels)
    lines = [""]
    for label, amount in labels.items():
        behavior: dict[str, object] = {"name": label}
        if (name := _make_name(label)) != label:
            while name.casefold() in taken:
                name += "_"
            taken.add(name.casefold())
            behavior = {"name": name, "labels": [label]}
        text = yaml.safe_dump(
            behavior, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
        )
        slip = ""
        if near := slips.get(label):
            slip = f"; near {_show(near)}: a slip? Then remove this line, and mend {_list_files(amount)}"
        lines.append(f"  - {text.strip()}  # {amount}{slip}")
    return "\n".join(lines)


def _make_name(label: str) -> str:
    """Return what a behavior may be called (``Behavior.name``) that is near a label."""
    return re.sub(r"[^\w .-]+", "_", label).lstrip(" .-") or "_"


def _name_slips(labels: Mapping[str, Amount], config: Path) -> Iterable[str]:
    for label, near in find_slips(labels).items():
        amount = labels[label]
        yield (
            f"{_show(label)} ({amount}) is near {_show(near)}: a slip? Then remove it from {config}, "
            f"and mend {_list_files(amount)}"
        )


def _list_files(amount: Amount) -> str:
    """Name the files that a label stands in, if they are few."""
    names = sorted(_show(path.name) for path in amount.files_by_frame | amount.files_by_time)
    return ", ".join(names) if 0 < len(names) <= _MOST_FILES else "the files"


def _show(text: str) -> str:
    """Return a text as it may stand in a line, be it a comment of YAML."""
    return text if text.isprintable() else repr(text)


def _refuse(problems: Sequence[str]) -> str:
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return f"no study was made:\n{lines}\nMend what is named, and run the same command again."


def _refuse_to_overwrite(study: Path) -> None:
    if study.exists() and not study.is_dir():
        raise HomecageError(f"{study}: is a file; expected the folder of a new study")
    for name in (SHEET, CONFIG, "clips.tsv", "results"):
        if (study / name).exists() or (study / name).is_symlink():
            raise HomecageError(
                f"{study / name}: is there already, and nothing is overwritten; choose another folder"
            )


def _find_videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise HomecageError(f"{folder}: {what}; expected a folder of videos")
    refuse_control_characters([(str(folder.resolve()), "--videos")])
    if paths := list_videos(folder):
        return paths
    expected = f"expected files named *{', *'.join(VIDEO_SUFFIXES)}"
    raise StudyError([f"{folder}: no videos; {expected}", *_find_inner(folder)])


def _find_inner(folder: Path) -> list[str]:
    """Name the folders within a folder that hold videos, too."""
    return [
        f"{inner}: has videos that are not listed, as it is a folder within the one that was named"
        for inner in sorted(folder.iterdir())
        if inner.is_dir()
        and not inner.name.startswith(".")
        and any(path.suffix.lower() in VIDEO_SUFFIXES for path in inner.iterdir())
    ]


def _locate(path: Path, study: Path) -> Path:
    """Return where a file is, from the study if it is in it: so they may be moved together."""
    whole, folder = path.parent.resolve() / path.name, study.resolve()
    return whole.relative_to(folder) if whole.is_relative_to(folder) else whole


def _write_sheet(study: Study) -> str:
    rows = [("video", "path", "annotator_1")]
    rows += [
        (video.name, str(video.path), str(video.annotations.get("annotator_1", "")))
        for video in study.videos
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


def _describe(study: Path, listed: Study, labels: Mapping[str, Amount]) -> Iterable[str]:
    annotated = sum(bool(video.annotations) for video in listed.videos)
    yield f"{study / SHEET}: {len(listed.videos)} videos, {annotated} of them annotated"
    yield f"{study / CONFIG}: {len(labels)} behaviors"
    yield from (f"  {_show(label)}: {amount}" for label, amount in labels.items())


def _find_shortcomings(listed: Study, labels: Mapping[str, Amount]) -> Iterable[str]:
    """Say what is still missing before the study can run."""
    if bare := [video.name for video in listed.videos if not video.annotations]:
        yield f"no annotation was given of {', '.join(bare)}; the study runs once every video has one"
    if len(labels) < 2:
        yield f"{len(labels)} behaviors were found; write two or more into {CONFIG}"
    try:
        plan_folds(listed.videos, FoldOptions(), seed=0)
    except ConfigError as error:
        yield str(error)
