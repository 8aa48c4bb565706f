"""Training a method's model for one fold; what the fold holds out is neither named nor read."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch

from homecage.clips.options import ClipGeometry
from homecage.errors import StudyError
from homecage.running.device import choose_device, make_deterministic
from homecage.sequence.decoding import Evidence
from homecage.sequence.models import Task, find_model
from homecage.sequence.options import AnyModel, TrainingOptions
from homecage.sequence.sequences import Reader
from homecage.storage.checkpoints import Checkpoints, make_key
from homecage.storage.expect import expect
from homecage.storage.hashing import hash_file
from homecage.storage.tables import read_tsv, write_tsv
from homecage.storage.weights import load_weights, save_weights


def train_model(
    *,
    method: str,
    fold: str,
    representations: list[str],
    training: list[str],
    validation: list[str],
    features: list[Path],
    annotations: list[Path],
    learned: list[Path],
    behaviors: list[str],
    geometry: ClipGeometry,
    options: AnyModel,
    seed: int,
    threads: int,
    code: str,
    checkpoints: Path,
    model: Path,
    history: Path,
    plan: Path,
    folds: Sequence[Path] = (),
    histories: Sequence[Path] = (),
) -> None:
    """Train on some videos and stop by others; of the fold's held-out ones nothing comes in.

    Where no video is left to stop by, since all are to be learned from, the folds' models settle what it
    would have said: how long to train (the median of theirs), and what decoding is fitted to.

    Args:
        method: the method's name.
        fold: the fold's name.
        representations: what the model looks at, side by side.
        training: keys of the videos to learn from.
        validation: keys of the videos that say when to stop; none where the folds settle it.
        features: feature stores: for each representation the training videos', then the validation
            videos'.
        annotations: annotator 1's annotations of the training videos, then of the validation videos.
        learned: what was learned before and made the features, as a convnet.
        behaviors: the experiment's behaviors in order.
        geometry: which frame labels a clip.
        options: the model and how it is trained.
        seed: of all that is random.
        threads: CPU threads; part of what makes two runs identical.
        code: fingerprint of the code that trains: another one does not go on from checkpoints.
        checkpoints: folder that keeps the state of a training that is stopped, to go on from.
        model: safetensors file to write: what was learned.
        history: TSV to write: epoch, train_loss, validation_loss, validation_accuracy, best.
        plan: TSV to write: the stretches of clips that were learned from, and their copies.
        folds: the models of the folds, where they settle it.
        histories: of their training, in the same order.

    Raises:
        StudyError: none of the training or validation clips is labeled.
        StoreError: an input is damaged, or made from something else than what is told here.
        InterruptedTrainingError: a signal asked to stop.
    """
    make_deterministic(threads)
    learned_sha256 = [hash_file(path) for path in learned]
    reader = Reader(representations, behaviors, geometry, learned_sha256)
    videos = [*training, *validation]
    if len(features) != len(representations) * len(videos):
        raise ValueError(f"{len(features)} feature stores of {len(videos)} videos")
    sequences = [
        reader.read(video, features[number :: len(videos)], annotation)
        for number, (video, annotation) in enumerate(zip(videos, annotations, strict=True))
    ]
    n_training = len(training)
    task = Task(sequences[:n_training], sequences[n_training:], len(behaviors), seed)
    for role, part in (("training", task.training), ("validation", task.validation)):
        if not any(sequence.is_labeled for sequence in part) and (part or not folds):
            names = ", ".join(sequence.video for sequence in part)
            raise StudyError([f"fold {fold}: no {role} video has a labeled clip ({names})"])
    made_from: dict[str, Any] = {
        "training": training,
        "validation": validation,
        "videos_sha256": {sequence.video: sequence.hash() for sequence in sequences},
        "behaviors": behaviors,
        "kind": options.root.kind,
        "options": options.model_dump(),
        "seed": seed,
    }
    said_by_folds = [
        read_evidence(
            path,
            method=method,
            representations=representations,
            geometry=geometry.model_dump(),
            **{key: made_from[key] for key in ("behaviors", "kind", "options")},
        )
        for path in folds
    ]
    fitted_with = options.root
    if folds and isinstance(fitted_with, TrainingOptions):
        made_from["epochs"] = epochs = choose_epochs(histories)
        as_long = {"epochs": epochs, "patience": epochs, "refit": False}
        fitted_with = fitted_with.model_copy(update=as_long)
    key = make_key(code=code, threads=threads, device=choose_device().type, **made_from)
    with Checkpoints(checkpoints, key) as saved:
        kind = find_model(options.root.kind)
        fitted = kind.fit(task, fitted_with, saved)
        if folds:
            evidence = Evidence.pool(said_by_folds, task)
        else:
            apart = fitted.unrefitted or fitted.tensors
            said = [kind.score(apart, fitted.shape, video.x) for video in task.validation]
            evidence = Evidence.collect(task, said)
        write_tsv(plan, fitted.plan)
        write_tsv(history, fitted.history)
        metadata = {
            **made_from,
            "method": method,
            "fold": fold,
            "representations": representations,
            "geometry": geometry.model_dump(),
            "learned_sha256": learned_sha256,
            "shape": fitted.shape,
            "precision": fitted.precision,
            "torch": torch.__version__,
        }
        save_weights(model, {**fitted.tensors, **evidence.dump()}, metadata)


def read_evidence(model: Path, **told: Any) -> Evidence:
    """Read what a fold's model says of videos that it had not learned from.

    Raises:
        StoreError: the file is damaged, or was made from something else than is told.
    """
    tensors, metadata = load_weights(model)
    expect(model, metadata, **told)
    return Evidence.split(tensors)[0]


def choose_epochs(histories: Sequence[Path]) -> int:
    """Return the median of the epochs that trainings kept, by their tables."""
    tables = [read_tsv(path) for path in histories]
    return int(median(int(table.loc[table["best"] == 1, "epoch"].iloc[0]) for table in tables))
