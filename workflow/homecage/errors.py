"""The errors a user can cause, each with its message.

Every message says where (file, line or frame), what was found, what was expected and what to do.
The command line prints the message and exits with status 1; anything else is a bug and keeps its traceback.
"""

from collections.abc import Sequence
from os import PathLike

Path = str | PathLike[str]


class HomecageError(Exception):
    """Something in the user's data, configuration or results is not as it must be."""


class ConfigError(HomecageError):
    """A configuration value is unknown, missing or out of range."""


class UnknownBehaviorError(HomecageError):
    """A label stands for no behavior of the vocabulary."""

    def __init__(self, label: str, known: Sequence[str], nearest: str) -> None:
        self.label, self.known, self.nearest = label, known, nearest
        super().__init__(
            f"unknown behavior {label!r}; expected one of: {', '.join(known)}; the nearest label is "
            f"{nearest!r}"
        )

    @staticmethod
    def join(errors: Sequence["UnknownBehaviorError"]) -> str:
        """Say at once what several labels of one file are."""
        if len(errors) == 1:
            return str(errors[0])
        listed = ", ".join(f"{error.label!r} (nearest: {error.nearest!r})" for error in errors)
        return (
            f"{len(errors)} unknown behaviors: {listed}; expected one of: {', '.join(errors[0].known)}; "
            "list each among a behavior's labels, or in ignored_labels"
        )


class AnnotationError(HomecageError):
    """An annotation file is malformed or does not fit its video."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {problem}")


class VideoError(HomecageError):
    """A video cannot be decoded completely."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


class ShortVideoError(HomecageError):
    """A video does not fill one clip."""

    def __init__(self, n_frames: int, clip_length: int) -> None:
        super().__init__(
            f"the video has {n_frames} frames, fewer than the {clip_length} of one clip; "
            "remove it from the data set"
        )


class PredictionError(HomecageError):
    """Predictions and annotations do not fit together, so that scores would mean nothing."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


class StoreError(HomecageError):
    """A file of results is incomplete, damaged or of another kind than expected."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}; remove it and run snakemake again to have it rebuilt")
        self.problem = problem


class BundleError(HomecageError):
    """A bundle cannot be made, or is none that fits."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")


class RateError(HomecageError):
    """A video has another frame rate than what a model learned from."""

    def __init__(self, path: Path, found_fps: float, expected_fps: float) -> None:
        super().__init__(
            f"{path}: found {found_fps:.6g} frames/s; the bundle has learned from videos of "
            f"{expected_fps:.6g} frames/s. With --resample it is shown the video at its own rate, of which "
            "its scores say nothing"
        )


class AnnotationRunError(HomecageError):
    """Some videos could not be annotated; all of them are named, after the others were done."""

    def __init__(self, problems: Sequence[str], n_videos: int) -> None:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"{len(problems)} of {n_videos} videos could not be annotated:\n{lines}\n"
            "The others are done. Once these are mended, the same command does them alone."
        )


class StudyError(HomecageError):
    """A study has problems; all of them are named at once."""

    def __init__(self, problems: Sequence[str], see: str = "") -> None:
        """Name the problems, and where to see more."""
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"the study has {count}; nothing is learned from it until it is mended:\n{lines}\n"
            "Mend what is named and run the same command again; earlier results stand as they are."
            f"{see and ' '}{see}"
        )


class SetAsideError(HomecageError):
    """Files failed the check and leave the study, as was asked for."""

    def __init__(self, files: Sequence[str]) -> None:
        lines = "\n".join(f"  - {file}" for file in files)
        super().__init__(
            f"{len(files)} file{'s' if len(files) != 1 else ''} cannot be used and left the study "
            f"(check.on_bad_file: set_aside):\n{lines}\nRun the same command again: it goes on without them."
        )


class GpuError(HomecageError):
    """The machine has GPUs that PyTorch cannot use."""

    def __init__(self, gpus: list[str], reason: str) -> None:
        """Name the devices, and what PyTorch said."""
        super().__init__(
            f"{', '.join(gpus)}: found a GPU that PyTorch cannot use ({reason}); expected a driver and a "
            "PyTorch that fit each other: nvidia-smi names the newest CUDA that the driver knows, `python -m "
            "torch.utils.collect_env` the one of PyTorch. To work on the CPU, much slower: "
            "snakemake ... --resources gpu=0"
        )


class InterruptedTrainingError(HomecageError):
    """A signal stopped a training, which has saved its state."""

    def __init__(self, signal: str, checkpoints: Path) -> None:
        super().__init__(
            f"stopped by {signal}; the training so far is saved in {checkpoints}: run again to go on"
        )
