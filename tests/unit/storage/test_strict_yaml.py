"""A YAML file is plain values with each key once, or is refused where the slip stands."""

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from homecage.errors import ConfigError
from homecage.storage.strict_yaml import read_yaml, refuse_repeated


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    path = tmp_path_factory.mktemp("yaml") / "my.yaml"

    def write_and_read(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_yaml(path)

    return write_and_read


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: {c: [x, 1.5, null], d: ~}\n",
        "\ufeffa: 1\r\n",
        '{"a": 1, "b": [true]}',
        "x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\nz: {a: 1}\n",
    ],
)
def test_plain_values_are_what_yaml_says(read, text):
    assert read(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands in line 1 too; remove one"),
        ("a:\n  b: 1\n  c: 2\n  b: 1\n", "line 4: the key 'b' stands in line 2 too"),
        ("a: [{b: 1, b: 2}]\n", "line 1: the key 'b' stands in line 1 too"),
        ('{"a": 1,\n"a": 2}', "line 2: the key 'a' stands in line 1 too"),
        ("a: 1\n  b: [1\n", "line 2: mapping values are not allowed here"),
        ("a: [1\nb: 2\n", "line 2: "),
        ("a: 1\n\tb: 2\n", r"line 2: .*found character '\\t'"),
        ("a: *x\n", "line 1: found undefined alias 'x'"),
        ("a: 1\n[b]: 2\n", "line 2: found a key that is no text"),
        ("a: 1\nb: !!python/object/apply:os.system ['x']\n", "line 2: could not determine a const"),
        (
            "__use_yte__: true\na: ?1\n",
            "line 1: found __use_yte__, a template; expected plain values",
        ),
        (
            "a: 2024-13-41\n",
            "line 1: found no number or date as YAML has them .month must be in 1..12",
        ),
        ("a: !!bool x\n", "line 1: found no number"),
        ("a: !!timestamp x\n", "line 1: found no number"),
        (f"a: 1\nb: {'9' * 5000}\n", "line 2: found no number .*Exceeds the limit"),
        ("a: 1\nb: \x07\n", "line 2: a control character; remove it"),
        ("[" * 1000, "nested too deeply"),
        ("", "found no keys; expected lines like 'seed: 0'"),
        ("- a\n- b\n", "found no keys"),
        ("a: 1\n".encode("utf-16"), "text in UTF-16"),
        (b"a: \xe9\n", r"not UTF-8 text \(byte 3\)"),
    ],
)
def test_a_slip_is_refused_where_it_stands(read, content, said):
    with pytest.raises(ConfigError, match=rf"my\.yaml(, |: ){said}"):
        read(content)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read \(No such file"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory"):
        read_yaml(tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["seed=1", "seed=2"], "--config seed=2: seed is given by --config seed=1 too; remove one"),
        (
            ["a={b: 1}", "a={c: 2, b: 3}"],
            "--config a={c: 2, b: 3}: a.b is given by --config a={b: 1}",
        ),
        (
            ["a={b: 1, b: 2}"],
            "--config a={b: 1, b: 2}: the key 'b' stands in line 1 too; remove one",
        ),
    ],
)
def test_values_of_the_command_line_replace_no_others(given, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        refuse_repeated(given)


def test_values_of_the_command_line_may_be_of_one_section_and_need_not_be_yaml():
    refuse_repeated(["a={b: 1}", "a={c: 1}", "d=", "e={b: 1", "f=: x", "g=[1, 1]", "h"])


PIECES = st.lists(
    st.sampled_from(
        [*"ab:-[]{}&*!?|>#%@`'\"\t \n", ": ", "\n  ", "<<", "!!int ", "---\n", "1", "é"]
    ),
    max_size=30,
).map("".join)


@given(st.lists(st.tuples(st.sampled_from("ab"), PIECES).map("=".join), max_size=3))
def test_any_values_of_the_command_line_are_taken_or_refused(given):
    try:
        refuse_repeated(given)
    except ConfigError as error:
        assert str(error).startswith("--config ")


@given(PIECES | st.binary(max_size=30))
def test_anything_is_read_or_refused(read, content):
    try:
        values = read(content)
    except ConfigError as error:
        assert "my.yaml" in str(error)
    else:
        assert isinstance(values, dict)
