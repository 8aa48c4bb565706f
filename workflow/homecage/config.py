"""The experiment: every section of ``config.yaml``, checked before anything runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from homecage.clips.options import BalanceOptions, ClipOptions
from homecage.convnet.options import ConvnetOptions, NetworkOptions
from homecage.errors import ConfigError
from homecage.features.options import FeatureOptions
from homecage.frames.options import FramesOptions
from homecage.options import Options
from homecage.report.options import ReportOptions
from homecage.sequence.options import SequenceOptions
from homecage.simulate.options import SimulationOptions
from homecage.storage.publish import publish
from homecage.study.options import DatasetOptions


class Experiment(Options):
    """A whole experiment: ``config.yaml``. Defaults are the paper's values where it has them."""

    seed: int = Field(0, ge=0)
    """Seed of everything random but the simulation: splits, cuts, initial weights, order, dropout."""
    dataset: DatasetOptions = DatasetOptions()
    simulation: SimulationOptions = SimulationOptions()
    frames: FramesOptions = FramesOptions()
    clips: ClipOptions = ClipOptions()
    balance: BalanceOptions = BalanceOptions()
    network: NetworkOptions = NetworkOptions()
    convnet: ConvnetOptions = ConvnetOptions()
    features: FeatureOptions = FeatureOptions()
    sequence: SequenceOptions = SequenceOptions()
    report: ReportOptions = ReportOptions()

    @model_validator(mode="after")
    def _simulation_suffices(self) -> Self:
        if self.dataset.layout == "simulated" and (
            self.simulation.videos < self.sequence.validation_videos + 2
        ):
            raise ValueError(
                f"simulation.videos {self.simulation.videos} is too few: one is held out, "
                f"{self.sequence.validation_videos} validate, at least one must train"
            )
        return self


def check_config(config: Mapping[str, Any]) -> Experiment:
    """Return the experiment that a parsed ``config.yaml`` describes.

    Raises:
        ConfigError: unknown keys or wrong values, all of them named with what was expected.
    """
    try:
        return Experiment.model_validate(config)
    except ValidationError as error:
        problems = "\n".join(f"  - {_explain(problem)}" for problem in error.errors())
        raise ConfigError(
            f"the configuration has {error.error_count()} problem(s):\n{problems}\n"
            "config.yaml describes every key"
        ) from None


def _explain(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "config"
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key; expected one of: {', '.join(_siblings(problem['loc']))}"
    return f"{key}: found {problem['input']!r}; {problem['msg']}"


def _siblings(location: tuple[Any, ...]) -> list[str]:
    model: type[Options] = Experiment
    for part in location[:-1]:
        annotation = model.model_fields[part].annotation
        if isinstance(annotation, type) and issubclass(annotation, Options):
            model = annotation
    return list(model.model_fields)


def write_schema(*, output: Path) -> None:
    """Write the JSON schema of ``config.yaml``, for editors."""
    with publish(output) as temporary:
        schema = json.dumps(Experiment.model_json_schema(), indent=2, ensure_ascii=False)
        temporary.write_text(f"{schema}\n", encoding="utf-8")
