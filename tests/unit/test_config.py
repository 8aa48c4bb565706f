import json
import re
from functools import reduce
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.project import merge

from homecage.config import Experiment, check_config, check_configuration
from homecage.errors import ConfigError
from homecage.options import Options
from homecage.reference import comment_config, write_reference
from homecage.study.study import Study, Video

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config.yaml"
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.json"
EXPERIMENTS = ROOT / "workflow" / "experiments"


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def list_nullable(options, place=()):
    """List the places of all keys that may be null."""
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, Options):
            yield from list_nullable(value, (*place, name))
        elif NoneType in get_args(field.annotation):
            yield (*place, name)


def test_the_comments_and_the_schema_are_those_of_the_options(tmp_path):
    config, schema = tmp_path / "config.yaml", tmp_path / "schema.json"
    config.write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
    write_reference(config=config, schema=schema)
    assert config.read_text(encoding="utf-8") == CONFIG.read_text(encoding="utf-8"), "make schema"
    assert json.loads(schema.read_text()) == json.loads(SCHEMA.read_text()), "run `make schema`"


def test_every_key_is_there_and_described():
    text = comment_config(Experiment())
    assert check_config(yaml.safe_load(text)) == Experiment()
    for before, line in pairwise(text.splitlines()):
        key = re.match(r"( {0,2})(\w+):", line)
        if key and not before.lstrip().startswith("#"):
            # Of a method, whose keys are described where the first method has them.
            assert "methods" in text[: text.index(line)] and key[1], line


def test_the_papers_experiment_is_the_options_defaults():
    paper = check_config(
        merge(merge(load(CONFIG), load(EXPERIMENTS / "paper.yaml")), {"dataset": {"root": "x"}})
    )
    told = {"dataset", "simulation", "features", "report"}
    assert paper.model_dump(exclude=told) == Experiment().model_dump(exclude=told)
    assert paper.dataset.layout == "mit"


def test_one_more_method_is_a_few_lines_of_configuration():
    more = check_config(merge(load(CONFIG), load(EXPERIMENTS / "bilstm.yaml")))
    assert [*more.methods] == [*load(CONFIG)["methods"], "bilstm-3dcnn"]
    one = more.methods["bilstm-3dcnn"].model
    other = more.methods["lstm-3dcnn"].model
    assert one.model_dump(exclude={"kind"}) == other.model_dump(exclude={"kind"})


@pytest.mark.parametrize(
    "overlays",
    [
        *([path] for path in sorted(EXPERIMENTS.glob("*.yaml")) if path.stem != "all-methods"),
        [EXPERIMENTS / f"{name}.yaml" for name in ("baselines", "controls", "all-methods")],
    ],
    ids=lambda overlays: "+".join(path.stem for path in overlays),
)
def test_the_experiments_that_come_with_it_are_valid(overlays):
    root = {"dataset": {"root": "x"}} if overlays[0].stem == "paper" else {}
    told = [load(CONFIG), *map(load, overlays), root]
    experiment = check_config(reduce(merge, told))
    named = {name for pair in experiment.comparisons for name in pair}
    assert named <= {*experiment.complete_methods}


def test_methods_stand_in_the_order_of_the_files(tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text("methods: {bilstm-3dcnn: {}}\n", encoding="utf-8")
    methods = load(CONFIG)["methods"]
    mixed = {"bilstm-3dcnn": methods["lstm-3dcnn"], **dict(reversed(methods.items()))}
    found = check_config({"methods": mixed}, [CONFIG, more]).methods
    assert [*found] == [*load(CONFIG)["methods"], "bilstm-3dcnn"]


@pytest.mark.parametrize("nothing", ["null", "~", "", None])
@pytest.mark.parametrize("place", list(list_nullable(Experiment())), ids=".".join)
def test_every_nullable_key_takes_null_from_the_command_line(place, nothing):
    layout = {"layout": "simulated"}
    config = {"dataset": layout}
    merge(config, reduce(lambda value, key: {key: value}, reversed(place), nothing))
    assert reduce(getattr, place, check_config(config)) is None


def test_a_method_that_is_null_is_taken_away():
    config = {"methods": merge(load(CONFIG)["methods"], {"3dcnn": "null"}), "comparisons": []}
    assert [*check_config(config).methods] == [*load(CONFIG)["methods"]][1:]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"comparisons": [["lstm-3dcnn", "x"]]},
            "no method 'x'; expected two of: 3dcnn, lstm-3dcnn",
        ),
        ({"methods": {}}, "expected one method or more"),
        ({"methods": {"human": {"title": "h", "representations": ["fc6"]}}}, "'human' cannot name"),
        ({"methods": {"a/b": {"title": "h", "representations": ["fc6"]}}}, "'a/b' cannot name"),
        ({"methods": {"a": {"title": "h", "representations": ["fc7"]}}}, "expected one of: fc6"),
        ({"methods": {"a": {"title": "h", "representations": ["fc6", "fc6"]}}}, "without a model"),
        (
            {"methods": {"a": {"title": "h", "representations": ["fc6"], "model": {"kind": "x"}}}},
            "kind",
        ),
        ({"behaviors": [{"name": "a"}, {"name": "A"}]}, "stands for both"),
        ({"exports": {"forms": ["bris"]}}, r"exports\.forms\.0: found 'bris'; .*'boris'"),
        (
            {"exports": {"methods": ["x"]}},
            r"exports\.methods: no method 'x'; .*: 3dcnn, lstm-3dcnn",
        ),
        ({"exports": {"min_bout_s": 0}}, r"exports\.min_bout_s: found 0; .*greater than 0"),
        (
            {"exports": {"bin_s": 1e-9}},
            r"exports\.bin_s: found 1e-09; .*greater than or equal to 1",
        ),
    ],
)
def test_what_cannot_be_is_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        check_config(config)


def test_clips_that_are_asked_for_must_be_there():
    study = Study("lab", (Video("a", Path("a.mpg"), {}, {}),))
    with pytest.raises(ConfigError, match=r"the study has none; .* convnet\.trained_on: fold"):
        Experiment().check_study(study)
    check_config({"convnet": {"trained_on": "fold"}}).check_study(study)
    with pytest.raises(ConfigError, match="ethogram_video: found 'b'; expected one of: a"):
        told = {"convnet": {"trained_on": "fold"}, "report": {"ethogram_video": "b"}}
        check_config(told).check_study(study)


def test_the_papers_numbers():
    experiment = Experiment()
    assert experiment.frames.size_px == 128
    geometry = experiment.geometry
    assert (geometry.length, geometry.stride, geometry.label_offset) == (8, 2, 3)
    assert experiment.network.channels == (64, 128, 256, 256, 256)
    assert experiment.network.descriptor == 2048
    convnet = experiment.convnet
    assert (convnet.momentum, convnet.weight_decay, convnet.batch_size) == (0.9, 0.005, 32)
    assert (convnet.learning_rate, convnet.learning_rate_drop) == (0.002, 0.1)
    assert (convnet.learning_rate_drop_epochs, convnet.epochs) == (3, 15)
    lstm = experiment.methods["lstm-3dcnn"].model
    assert (lstm.layers, lstm.units, lstm.window_clips) == (3, 512, 225)
    assert (lstm.learning_rate, lstm.dropout) == (1e-3, 0.5)
    assert experiment.comparisons == (("lstm-3dcnn", "3dcnn"),)


def test_all_problems_are_named_at_once():
    lstm = {
        "title": "t",
        "representations": ["fc6"],
        "model": {"kind": "lstm", "unit": 3, "layers": 0},
    }
    with pytest.raises(ConfigError) as caught:
        check_config({"methods": {"a": lstm}, "sead": 1, "frames": {"size_px": 100}})
    message = str(caught.value)
    assert "4 problem(s)" in message
    assert "model.lstm.unit: unknown key; expected one of: kind, window_clips" in message
    assert "layers: found 0; Input should be greater than or equal to 1" in message
    assert "sead: unknown key; expected one of: seed, dataset" in message
    assert "frames.size_px: found 100" in message


def find_numbers(schema, place=()):
    """Find the schema of each number, with its place."""
    if isinstance(schema, dict):
        if schema.get("type") in ("integer", "number"):
            yield place, schema
        for key, value in schema.items():
            yield from find_numbers(value, (*place, key))
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from find_numbers(value, (*place, number))


def test_every_number_has_a_least_and_a_greatest_value():
    numbers = list(find_numbers(Experiment.model_json_schema()))
    assert len(numbers) > 80
    for place, schema in numbers:
        assert {"minimum", "exclusiveMinimum"} & set(schema), place
        assert {"maximum", "exclusiveMaximum"} & set(schema), place


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"frames": {"size_px": 1_000_000}}, "frames.size_px: found 1000000; Input should be less"),
        (
            {"network": {"channels": [0] * 5}},
            "network.channels.4: found 0; Input should be greater",
        ),
        (
            {"network": {"descriptor": 100_000_000}},
            "network.descriptor: found 100000000; Input should",
        ),
        ({"seed": int("1" * 26)}, f"seed: found {'1' * 26}; Input should be less than 4294967296"),
        ({"simulation": {"seed": int("1" * 26)}}, "simulation.seed: found 1111"),
        (
            {"report": {"ethogram_minutes": 1e-9}},
            "report.ethogram_minutes: found 1e-09; Input should",
        ),
        (
            {"convnet": {"learning_rate": float("nan")}},
            "convnet.learning_rate: found nan; Input should",
        ),
        (
            {"convnet": {"learning_rate": float("inf")}},
            "convnet.learning_rate: found inf; Input should",
        ),
        (
            {"features": {"encoder": {"scale": [1, 0, 1]}}},
            "features.encoder.scale.1: found 0; Input",
        ),
        (
            {"behaviors": [{"name": f"b{k}"} for k in range(101)]},
            "behaviors: found .*at most 100 items",
        ),
        (
            {"seed": ["x" * 1000] * 1000},
            r"seed: found \['x{1,80}\.\.\.x+', .{1,600}, \.\.\.\]; Input",
        ),
    ],
)
def test_a_value_beyond_its_bounds_is_refused(config, message):
    with pytest.raises(ConfigError, match=rf"- {message}"):
        check_config(config)


@pytest.mark.parametrize("name", ["a" * 20, "x" * 200, "-a", "a.b", ""])
def test_what_cannot_be_a_folder_and_a_wildcard_names_no_method(name):
    with pytest.raises(ConfigError, match=r"cannot name a method|is too long for a file"):
        check_config(
            {"methods": {name: {"title": "t", "representations": ["fc8"]}}, "comparisons": []}
        )


def test_a_file_with_a_slip_is_refused_whatever_it_lists(tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text("seed: 1\nseed: 2\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"more\.yaml, line 2: the key 'seed' stands in line 1 too"
    ):
        check_config({"seed": 2}, [CONFIG, more])


def test_configuration_files_are_checked_one_over_the_other(tmp_path):
    more, wrong = tmp_path / "more.yaml", tmp_path / "wrong.yaml"
    more.write_text(
        "methods: {3dcnn: null}\ncomparisons: []\nreport: {dpi: 100}\n", encoding="utf-8"
    )
    wrong.write_text("report: {dpi: 1, ethogram_minutes: 0}\n", encoding="utf-8")
    check_configuration(files=[CONFIG, more])
    with pytest.raises(
        ConfigError, match=r"2 problem.*\n.*report\.dpi: found 1; .*\n.*minutes: found 0"
    ):
        check_configuration(files=[CONFIG, wrong])
    wrong.write_text("report: {dpi: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"wrong\.yaml, line 2: while parsing a flow mapping"):
        check_configuration(files=[CONFIG, wrong])


KEYS = st.sampled_from(
    [
        *Experiment.model_fields,
        "name",
        "labels",
        "kind",
        "model",
        "title",
        "representations",
        "3dcnn",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["null", "lstm", "fc6", "fc8", "1e-9", "drink"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_configuration_is_an_experiment_or_is_refused(config):
    try:
        experiment = check_config(config)
    except ConfigError as error:
        assert "config.yaml describes every key" in str(error)
    else:
        assert isinstance(experiment, Experiment)


def test_values_may_come_as_text_from_the_command_line():
    experiment = check_config({"convnet": {"epochs": "32", "momentum": "0.1"}, "seed": "4"})
    assert (experiment.convnet.epochs, experiment.convnet.momentum, experiment.seed) == (32, 0.1, 4)


OWNER = {"title": "o", "representations": ["fc6", "motion"], "model": {"kind": "tcn"}}


def test_a_method_may_take_the_model_of_another():
    shared = {"title": "s", "model_of": "owner", "decoding": {"aim": "behaviors"}}
    experiment = check_config({"methods": {"shared": shared, "owner": OWNER}, "comparisons": []})
    methods = experiment.complete_methods
    assert methods["shared"].model == methods["owner"].model
    assert methods["shared"].representations == ("fc6", "motion")
    assert methods["shared"].decoding.aim == "behaviors" != methods["owner"].decoding.aim


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (
            {"a": {"title": "a", "model_of": "b"}},
            "expected a method with a model of its own, one of: none",
        ),
        (
            {
                "a": {"title": "a", "model_of": "b"},
                "b": {"title": "b", "model_of": "a"},
                "c": OWNER,
            },
            "found 'b', expected a method with a model of its own, one of: c",
        ),
        (
            {"a": {"title": "a", "model_of": "c", "representations": ["fc6"]}, "c": OWNER},
            "expected model_of alone",
        ),
        ({"a": {"title": "a"}}, "expected one representation or more"),
        (
            {"a": {"title": "a", "representations": ["fc6"], "model": {"kind": "own"}}},
            "needs one representation that predicts",
        ),
        (
            {"a": {"title": "a", "representations": ["fc8"], "decoding": {"smoothing": "hmm"}}},
            "decoding is fitted with a model",
        ),
        (
            {"a": {"title": "a", "representations": ["fc8"], "labeled_videos": 4}},
            "labeled_videos needs a model",
        ),
    ],
)
def test_methods_that_cannot_be_are_refused(methods, said):
    with pytest.raises(ConfigError, match=said):
        check_config({"methods": methods, "comparisons": []})


@pytest.mark.parametrize("name", [None, "none.onnx", "x" * 300, "{e}.onnx"])
def test_an_encoder_is_a_file_that_can_be_an_input(tmp_path, name):
    (tmp_path / "{e}.onnx").touch()
    (tmp_path / "e.onnx").touch()
    study = Study("lab", (Video("a", Path("a.mpg"), {}, {}),))
    method = {"title": "e", "representations": ["encoder"], "model": {"kind": "mlp"}}

    def check(path):
        told = {
            "methods": {"e": method},
            "comparisons": [],
            "features": {"encoder": {"file": path}},
        }
        check_config(told).check_study(study)

    check(tmp_path / "e.onnx")
    with pytest.raises(ConfigError, match=r"features\.encoder\.file: found '.*'; expected an ONNX"):
        check(name and tmp_path / name)
