import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from homecage.config import Experiment, check_config, write_schema
from homecage.errors import ConfigError
from homecage.options import Options

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config.yaml"
PAPER = ROOT / "workflow" / "experiments" / "paper.yaml"


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def sections():
    return {
        name: field.annotation
        for name, field in Experiment.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Options)
    }


def test_the_default_configuration_names_every_key_and_is_valid():
    config = load(CONFIG)
    check_config(config)
    assert set(config) == set(Experiment.model_fields)
    for name, model in sections().items():
        assert list(config[name]) == list(model.model_fields), name


def test_every_key_is_described_above_it():
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"\s*\w+:", line):
            assert before.lstrip().startswith("#"), f"{line.strip()} has no comment"


def test_descriptions_are_those_of_the_options():
    text = " ".join(re.sub(r"^\s*#", "", CONFIG.read_text(encoding="utf-8"), flags=re.M).split())
    for name, model in sections().items():
        for key, field in model.model_fields.items():
            described = " ".join((field.description or "").replace("``", "").split())
            assert described and described in text, f"{name}.{key}"


def test_the_papers_experiment_is_the_options_defaults():
    paper = load(PAPER)
    defaults = Experiment().model_dump(mode="json")
    # What is not the method: where the data are, the simulation, batches and figures.
    assert set(paper) == set(defaults) - {"simulation", "features", "report"}
    for name in set(paper) - {"dataset", "seed"}:
        assert paper[name] == defaults[name], name
    assert paper["dataset"]["layout"] == "mit"


def test_the_papers_numbers():
    experiment = Experiment()
    assert experiment.frames.size_px == 128
    assert (experiment.clips.length, experiment.clips.stride, experiment.clips.label_offset) == (
        8,
        2,
        3,
    )
    assert experiment.network.channels == (64, 128, 256, 256, 256)
    assert experiment.network.descriptor == 2048
    convnet = experiment.convnet
    assert (convnet.momentum, convnet.weight_decay, convnet.batch_size) == (0.9, 0.005, 32)
    assert (convnet.learning_rate, convnet.learning_rate_drop) == (0.002, 0.1)
    assert (convnet.learning_rate_drop_epochs, convnet.epochs) == (3, 15)
    sequence = experiment.sequence
    assert (sequence.layers, sequence.units, sequence.window_clips) == (3, 512, 225)
    assert (sequence.learning_rate, sequence.dropout) == (1e-3, 0.5)


def test_the_schema_is_up_to_date(tmp_path):
    write_schema(output=tmp_path / "schema.json")
    written = json.loads((tmp_path / "schema.json").read_text(encoding="utf-8"))
    kept = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text(encoding="utf-8"))
    assert written == kept, "run `make schema`"


def test_all_problems_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        check_config({"sequence": {"unit": 3, "layers": 0}, "sead": 1, "frames": {"size_px": 100}})
    message = str(caught.value)
    assert "4 problem(s)" in message
    assert "sequence.unit: unknown key; expected one of: layers, units, dropout" in message
    assert "sequence.layers: found 0; Input should be greater than or equal to 1" in message
    assert "sead: unknown key; expected one of: seed, dataset" in message
    assert "frames.size_px: found 100" in message


def test_too_few_simulated_videos_are_refused():
    with pytest.raises(ConfigError, match=r"simulation.videos 3 is too few"):
        check_config({"simulation": {"videos": 3}})


def test_values_may_come_as_text_from_the_command_line():
    experiment = check_config({"sequence": {"units": "32", "dropout": "0.1"}, "seed": "4"})
    assert (experiment.sequence.units, experiment.sequence.dropout, experiment.seed) == (32, 0.1, 4)
