"""The experiment: every section of ``config.yaml``, checked before anything runs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from reprlib import Repr
from typing import Any, Self, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from homecage.annotations.options import AnnotationOptions
from homecage.check.options import CheckOptions
from homecage.clips.options import BalanceOptions, ClipGeometry
from homecage.convnet.options import AugmentOptions, ConvnetOptions, NetworkOptions
from homecage.deliver.options import AnnotateOptions, BundleOptions, ExportOptions
from homecage.errors import ConfigError
from homecage.evaluate.names import HUMAN
from homecage.evaluate.options import EvaluationOptions
from homecage.features.options import REPRESENTATIONS, FeatureOptions, Representation
from homecage.frames.options import FramesOptions
from homecage.options import Options
from homecage.report.options import ReportOptions
from homecage.sequence.options import DecodingOptions, LstmOptions, ModelOptions
from homecage.simulate.options import SimulationOptions
from homecage.storage.strict_yaml import read_yaml
from homecage.study.behaviors import HOME_CAGE, MOST_BEHAVIORS, Behavior, Vocabulary
from homecage.study.files import find_braces, find_problem
from homecage.study.names import find_unsafe, safe_name
from homecage.study.options import DatasetOptions, FoldOptions
from homecage.study.study import Study
from homecage.viewer.options import ViewerOptions


class MethodOptions(Options):
    """One method: what it looks at, and the model that learns from that."""

    title: str
    """What tables and figures call it."""
    representations: tuple[str, ...] = ()
    """What it looks at, side by side; each is computed once for every video."""
    model: ModelOptions | None = None
    """The model that learns from them, one for each fold; null: the representation's own probabilities."""
    model_of: str | None = None
    """The method whose model it takes, with all that this looks at, to decode it otherwise; null: none."""
    labeled_videos: int | None = Field(None, ge=1, le=10_000)
    """How many labeled videos each fold's model may use, those that stop its training included; a
    smaller number's are among a larger one's; null: all of the fold. For a learning curve."""
    decoding: DecodingOptions = DecodingOptions()

    @property
    def curve(self) -> str:
        """What methods have in common that only differ in how many videos they may use."""
        return self.model_dump_json(exclude={"title", "labeled_videos"})


def _check_model_of(name: str, method: MethodOptions, methods: Mapping[str, MethodOptions]) -> None:
    owner = methods.get(str(method.model_of))
    if owner is None or owner.model is None or owner.model_of:
        having = [other for other, found in methods.items() if found.model and not found.model_of]
        raise ValueError(
            f"{name}: model_of: found {method.model_of!r}, expected a method with a model of its own, one "
            f"of: {', '.join(having) or 'none'}"
        )
    if method.model or method.representations or method.labeled_videos:
        raise ValueError(
            f"{name}: found model_of beside a model or representations; expected model_of alone: they are "
            f"those of {method.model_of}"
        )


def _share_model(method: MethodOptions, methods: Mapping[str, MethodOptions]) -> MethodOptions:
    """Give a method what it takes from another."""
    if not method.model_of:
        return method
    owner = methods[method.model_of]
    shared = {
        "representations": owner.representations,
        "model": owner.model,
        "labeled_videos": owner.labeled_videos,
    }
    return method.model_copy(update=shared)


PAPER_METHODS = {
    "3dcnn": MethodOptions(title="3DCNN alone", representations=("fc8",)),
    "lstm-3dcnn": MethodOptions(title="LSTM-3DCNN", representations=("fc6",), model=LstmOptions()),
}


class Experiment(Options):
    """A whole experiment: ``config.yaml``. Defaults are the paper's values where it has them."""

    seed: int = Field(0, ge=0, lt=2**32)
    """Seed of everything random but the simulation: splits, cuts, initial weights, order, dropout."""
    dataset: DatasetOptions = DatasetOptions()
    simulation: SimulationOptions = SimulationOptions()
    behaviors: tuple[Behavior, ...] = Field(HOME_CAGE, min_length=2, max_length=MOST_BEHAVIORS)
    """The behaviors, in the order of every table and figure; a list given here replaces this one. Each has a
    name, labels (what annotations and clips call it, besides its name) and, if wanted, a color. Source:
    paper; colors: Paul Tol's "muted", distinct under the common forms of color blindness."""
    ignored_labels: tuple[str, ...] = ()
    """Labels that are no behavior of this experiment: frames so labeled count as unlabeled, clips so
    labeled are left out."""
    annotations: AnnotationOptions = AnnotationOptions()
    folds: FoldOptions = FoldOptions()
    frames: FramesOptions = FramesOptions()
    check: CheckOptions = CheckOptions()
    geometry: ClipGeometry = ClipGeometry()
    balance: BalanceOptions = BalanceOptions()
    network: NetworkOptions = NetworkOptions()
    augment: AugmentOptions = AugmentOptions()
    convnet: ConvnetOptions = ConvnetOptions()
    features: FeatureOptions = FeatureOptions()
    methods: dict[str, MethodOptions] = Field(default_factory=lambda: dict(PAPER_METHODS))
    """The methods that are compared, in the order of every table, by the names of their files; null takes
    one away that another configuration file has."""
    comparisons: tuple[tuple[str, str], ...] = (("lstm-3dcnn", "3dcnn"),)
    """Pairs of methods: what the first gains over the second stands in the table; the first of the first
    pair is shown in the figures of one method. Source: paper."""
    evaluation: EvaluationOptions = EvaluationOptions()
    report: ReportOptions = ReportOptions()
    exports: ExportOptions = ExportOptions()
    viewer: ViewerOptions = ViewerOptions()
    bundle: BundleOptions = BundleOptions()
    annotate: AnnotateOptions = AnnotateOptions()

    @property
    def vocabulary(self) -> Vocabulary:
        """What labels mean."""
        return Vocabulary(behaviors=self.behaviors, ignored_labels=self.ignored_labels)

    @property
    def complete_methods(self) -> dict[str, MethodOptions]:
        """The methods, each with what it takes from another."""
        return {name: _share_model(method, self.methods) for name, method in self.methods.items()}

    @property
    def representations(self) -> list[Representation]:
        """What the methods look at."""
        used = [
            name for method in self.complete_methods.values() for name in method.representations
        ]
        return [REPRESENTATIONS[name] for name in dict.fromkeys(used)]

    @property
    def uses_convnet(self) -> bool:
        """Whether a method looks at a convnet's descriptors."""
        return any(made.learned == "convnet" for made in self.representations)

    @property
    def uses_encoder(self) -> bool:
        """Whether a method looks at an image encoder's descriptors."""
        return REPRESENTATIONS["encoder"] in self.representations

    @property
    def needs_clips(self) -> bool:
        """Whether a convnet, or what else makes a representation, learns from clips."""
        learns = any(made.learned for made in self.representations)
        return learns and self.convnet.trained_on == "clips"

    def check_study(self, study: Study) -> None:
        """Refuse what cannot be done with a study.

        Raises:
            ConfigError: clips are asked for and there are none, or a video that is not there.
        """
        if self.needs_clips and not study.clip_folders:
            raise ConfigError(
                "convnet.trained_on: found clips, but the study has none; list clips of one behavior each "
                "(README, Your own data), or let each fold's convnet learn from its annotated training "
                "videos: convnet.trained_on: fold"
            )
        encoder = self.features.encoder.file
        usable = encoder and not find_problem(encoder) and not list(find_braces([encoder]))
        if self.uses_encoder and not usable:
            raise ConfigError(
                f"features.encoder.file: found {str(encoder) if encoder else 'null'!r}; expected an ONNX "
                "file, without braces in its path, for a method that looks at encoder (docs/method.md, "
                "Baselines, says how to make one)"
            )
        names = [video.name for video in study.videos]
        if (shown := self.report.ethogram_video) and shown not in names:
            raise ConfigError(
                f"report.ethogram_video: found {shown!r}; expected one of: {', '.join(names)}"
            )

    @field_validator("methods", mode="before")
    @classmethod
    def _leave_out_null(cls, methods: Any) -> Any:
        if not isinstance(methods, dict):
            return methods
        return {name: method for name, method in methods.items() if method not in (None, "null")}

    @field_validator("methods")
    @classmethod
    def _check_methods(cls, methods: dict[str, MethodOptions]) -> dict[str, MethodOptions]:
        if not methods:
            raise ValueError("expected one method or more")
        for name, method in methods.items():
            plain = name.replace("-", "").replace("_", "").isalnum()
            if not plain or name == HUMAN or name != safe_name(name):
                raise ValueError(
                    f"{name!r} cannot name a method: expected letters, digits, - and _, neither - at the "
                    f"beginning nor twenty times the same at the end, and not {HUMAN!r}"
                )
            if too_long := find_unsafe([name]):
                raise ValueError(too_long[0])
            if method.model_of:
                _check_model_of(name, method, methods)
                continue
            if not method.representations:
                raise ValueError(f"{name}: expected one representation or more to look at")
            for representation in method.representations:
                if representation not in REPRESENTATIONS:
                    raise ValueError(
                        f"{name}: unknown representation {representation!r}; expected one of: "
                        f"{', '.join(REPRESENTATIONS)}"
                    )
            alone = [REPRESENTATIONS[one].predicts for one in method.representations]
            if alone != [True] and (method.model is None or method.model.kind == "own"):
                raise ValueError(
                    f"{name}: without a model it needs one representation that predicts"
                )
            if method.model is None and method.labeled_videos:
                raise ValueError(f"{name}: labeled_videos needs a model, which learns from them")
            if method.model is None and method.decoding != DecodingOptions():
                raise ValueError(
                    f"{name}: decoding is fitted with a model; one of kind own hands on what the "
                    "representation says"
                )
        return methods

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        known = self.vocabulary.names  # Raises where a label means two things.
        self.annotations.check_behaviors(known)
        for pair in self.comparisons:
            if unknown := set(pair) - set(self.methods):
                raise ValueError(
                    f"comparisons: no method {min(unknown)!r}; expected two of: {', '.join(self.methods)}"
                )
        if unknown := set(self.exports.methods or ()) - set(self.methods):
            raise ValueError(
                f"exports.methods: no method {min(unknown)!r}; expected some of: {', '.join(self.methods)}"
            )
        if (viewed := self.viewer.method) and viewed not in self.methods:
            raise ValueError(
                f"viewer.method: no method {viewed!r}; expected one of: {', '.join(self.methods)}"
            )
        return self


def check_configuration(*, files: list[Path]) -> None:
    """Check configuration files, each laid over those before it as ``snakemake --configfile`` does.

    Nothing is run, and nothing else is read.

    Raises:
        ConfigError: as ``check_config``.
    """
    config: dict[str, Any] = {}
    for path in files:
        _lay_over(config, read_yaml(path))
    check_config(config, files)


def _lay_over(config: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _lay_over(config[key], value)
        else:
            config[key] = value


def check_config(config: Mapping[str, Any], files: Iterable[Path] = ()) -> Experiment:
    """Return the experiment that a parsed ``config.yaml`` describes.

    Args:
        config: the values of all files and of the command line, one laid over the other.
        files: where methods are listed, in whose order they stand: as Snakemake merges values, one that
            the command line names would come first.

    Raises:
        ConfigError: unknown keys or wrong values, all of them named with what was expected; or a file
            that is no YAML, or has a key twice.
    """
    listed = [name for path in files for name in _read_methods(path)]
    if isinstance(methods := config.get("methods"), dict):
        order = dict.fromkeys([*listed, *methods])
        config = {**config, "methods": {name: methods[name] for name in order if name in methods}}
    try:
        return Experiment.model_validate(config)
    except ValidationError as error:
        problems = "\n".join(f"  - {_explain(problem)}" for problem in error.errors())
        raise ConfigError(
            f"the configuration has {error.error_count()} problem(s):\n{problems}\n"
            "config.yaml describes every key"
        ) from None


def _read_methods(path: Path) -> list[str]:
    methods = read_yaml(path).get("methods")
    return list(methods) if isinstance(methods, dict) else []


_short = Repr()
_short.maxstring = _short.maxother = 80


def _explain(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "config"
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key; expected one of: {', '.join(_siblings(problem['loc']))}"
    if problem["type"] == "value_error":
        return f"{key}: {problem['ctx']['error']}"
    return f"{key}: found {_short.repr(problem['input'])}; {problem['msg']}"


def _siblings(location: tuple[Any, ...]) -> list[str]:
    """Return the keys that may stand beside one."""
    models: set[type[Options]] = {Experiment}
    for step in location[:-1]:
        nested = {
            found
            for model in models
            if step in model.model_fields
            for found in _find_models(model.model_fields[step].annotation)
        }
        of_kind = {
            model
            for model in models
            if (kind := model.model_fields.get("kind")) and step in get_args(kind.annotation)
        }
        models = nested or of_kind or models  # The name of a method leads no further.
    return list(dict.fromkeys(key for model in models for key in model.model_fields))


def _find_models(annotation: Any) -> set[type[Options]]:
    if isinstance(annotation, type) and issubclass(annotation, Options):
        return {annotation}
    return {found for part in get_args(annotation) for found in _find_models(part)}
