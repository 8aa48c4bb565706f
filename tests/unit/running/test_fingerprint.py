"""What of the code counts as what it computes with: rules run again for that and for nothing else."""

import re
import subprocess
import sys

import grimp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecage.running import fingerprint as fingerprints
from homecage.running.fingerprint import LEFT_OUT, fingerprint, hash_code
from homecage.verbs import VERBS

MODULE = '''
"""Mean over behaviors."""

import logging

from homecage.errors import StoreError

logger = logging.getLogger(__name__)


class Options:
    """What a user may choose."""

    window: int = 15
    """Clips in a window."""


def average(values: list[float], path: str, kind: str = "mean") -> float:
    """Return the mean."""
    if len(values) < 2:  # one is no mean
        raise StoreError(path, f"found {len(values)} values; " "expected two")
    problems = [StoreError(path, "not a number") for value in values if value != value]
    if kind == "none":
        raise NothingToDo("no " + "kind")
    for count, problem in enumerate(problems):
        logger.warning("%d: %s", count, problem)
    name = f"{kind}-{len(values):>3}"
    return {name: sum(values) / len(values)}[name]
'''

SAYS_THE_SAME = {
    "a comment": ("# one is no mean", "# of one value there is none"),
    "a comment less": ("  # one is no mean", ""),
    "a docstring": (
        '"""Return the mean."""',
        '"""Return their mean.\n\n    Of all of them.\n    """',
    ),
    "a docstring less": ('    """Return the mean."""\n', ""),
    "the module's docstring": ('"""Mean over behaviors."""', '"""The mean."""'),
    "an option's docstring": ('"""Clips in a window."""', '"""How many."""'),
    "an error's words": ("expected two", "expected two or more"),
    "an error's words and what they name": ("found {len(values)} values", "found {values!r}"),
    "an error's words, plain": (
        'f"found {len(values)} values; " "expected two"',
        '"found too few"',
    ),
    "words of an error that is kept": ('"not a number"', '"found nan; expected a number"'),
    "words that are raised under any name": ('"kind"', '"such kind"'),
    "a log line's words": ("%d: %s", "problem %d: %s"),
    "a log line more": ("    name = f", '    logger.info("counted %d", len(values))\n    name = f'),
    "the quotes": ('"mean"', "'mean'"),
    "the layout": ("sum(values) / len(values)", "(\n        sum(values)\n    / len( values ))"),
    "numbers written otherwise": ("15", "1_5"),
}

COMPUTES_OTHERWISE = {
    "a formula": ("sum(values) / len(values)", "sum(values) / (len(values) - 1)"),
    "an operator": ("sum(values) / len(values)", "sum(values) // len(values)"),
    "an option's default": ("15", "16"),
    "the kind of a number": ("15", "15.0"),
    "a text": ('"mean"', '"Mean"'),
    "the condition of an error": ("len(values) < 2", "len(values) < 3"),
    "the condition of an error that is kept": ("value != value", "value is None"),
    "the error": ("raise StoreError", "raise ValueError"),
    "a text with values in it": ("{kind}-", "{kind}_"),
    "how a value is written": (":>3", ":>4"),
    "a name that is imported": ("import StoreError", "import StudyError as StoreError"),
    "a decorator": ("def average", "@cache\ndef average"),
    "a call that is no log line": ("    name = f", "    values.sort()\n    name = f"),
}


def change(old: str, new: str) -> str:
    assert MODULE.count(old) == 1, old
    return MODULE.replace(old, new)


@pytest.mark.parametrize("old, new", SAYS_THE_SAME.values(), ids=SAYS_THE_SAME)
def test_what_is_only_said_does_not_count(old, new):
    assert hash_code(change(old, new)) == hash_code(MODULE)


@pytest.mark.parametrize("old, new", COMPUTES_OTHERWISE.values(), ids=COMPUTES_OTHERWISE)
def test_what_is_computed_counts(old, new):
    assert hash_code(change(old, new)) != hash_code(MODULE)


def test_a_first_log_line_does_not_count():
    silent = "def double(x):\n    return 2 * x\n"
    logging = "import logging\nlogger = logging.getLogger(__name__)\n" + silent.replace(
        "    return", '    logger.info("doubling")\n    return'
    )
    assert hash_code(logging) == hash_code(silent)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values, values)
def test_two_values_have_one_hash_only_if_they_are_the_same(one, other):
    same = repr(one) == repr(other)
    assert (hash_code(f"x = {one!r}") == hash_code(f"x = {other!r}")) == same
    assert hash_code(f"raise E({one!r})") == hash_code(f"raise E(\n  {one!r}) # words")


SYNTAX = """
import os.path as p
from . import a, b as c
def f(x, /, *rest: int, key=None, **more) -> "text": return f"{x!r:>{key}}{more=}{x:{key}{x}}" f"b\\n"
class A(B, metaclass=C): x: int = 1; y = -1 - 2j
async def g():
    async with a as b: await c
y = [*x, *(i async for i in z if i), {**d, "é": b"\\xff", "\U0001fae8": ...}, 1e999, -0.0, u"u"]
match z:
    case {"a": [1, *_], **r} | C(d=None) if r: del r
    case _: pass
try: pass
except* E as e: raise E("x") from e
lambda a, *, b=1: (yield)
x[1:2, ::3] @= not y if (z := 1) else True < False is None
"""


def test_every_version_of_python_has_the_same_hash():
    """With another one, whoever updates Python or homecage would train everything again."""
    assert hash_code(SYNTAX).startswith("ab68")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write modules of a package, as homecage is one; they are read anew after each change."""
    monkeypatch.syspath_prepend(tmp_path)

    def write_modules(**modules):
        for name, code in {"__init__": "", **modules}.items():
            path = tmp_path / "kitchen" / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(code)
        clear()

    def clear():
        for function in (fingerprint, fingerprints._read_imports, fingerprints._hash_module):
            function.cache_clear()

    yield write_modules
    sys.modules.pop("kitchen", None)
    clear()


def find_prints():
    return {name: fingerprint(f"kitchen.{name}") for name in ("knead", "bake", "toast")}


def test_users_of_a_changed_module_change_and_others_do_not(write):
    write(
        knead="from kitchen import flour",
        bake="def bake():\n    from kitchen.knead import knead",
        toast="import numpy",
        flour="GRAMS = 500",
    )
    before = find_prints()
    assert len(set(before.values())) == 3
    write(flour="GRAMS = 500  # of wheat")
    assert find_prints() == before
    write(flour="GRAMS = 501")
    after = find_prints()
    assert {name for name in before if before[name] != after[name]} == {"knead", "bake"}


def test_a_module_that_is_imported_by_name_is_told(write):
    write(bake="", knead="from kitchen import flour", flour="GRAMS = 500", toast="")
    before, alone = fingerprint("kitchen.bake", "kitchen.knead"), fingerprint("kitchen.bake")
    assert before != alone
    write(flour="GRAMS = 501")
    assert fingerprint("kitchen.bake", "kitchen.knead") != before
    assert fingerprint("kitchen.bake") == alone
    with pytest.raises(ModuleNotFoundError, match=r"kitchen\.grill"):
        fingerprint("kitchen.bake", "kitchen.grill")


def test_modules_that_are_left_out_do_not_count(write, monkeypatch):
    monkeypatch.setattr(fingerprints, "LEFT_OUT", ("kitchen.radio",))
    write(bake="from kitchen import radio", radio="from kitchen import music", music="VOLUME = 1")
    before = fingerprint("kitchen.bake")
    write(radio="from kitchen import music, news", music="VOLUME = 2", news="")
    assert fingerprint("kitchen.bake") == before


@pytest.mark.parametrize("name", ["bake.html", "bake.part.css"])
def test_what_a_page_is_made_of_is_part_of_the_module_that_it_is_named_after(write, name, tmp_path):
    write(bake="", knead="", toast="")
    before = find_prints()
    for other in ("cake.html", "bakery.html", "bake.md"):
        (tmp_path / "kitchen" / other).write_text("<p>")
    write()
    assert find_prints() == before
    prints = [before]
    for text in ("<p>", "<b>"):
        (tmp_path / "kitchen" / name).write_text(text)
        write()
        prints.append(find_prints())
    assert len({found.pop("bake") for found in prints}) == 3
    assert prints[0] == prints[1] == prints[2]


def test_the_modules_that_are_left_out_exist():
    modules = grimp.build_graph("homecage", cache_dir=None).modules
    assert set(LEFT_OUT) <= modules


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_fingerprint(verb):
    assert re.fullmatch("[0-9a-f]{16}", fingerprint(VERBS[verb].partition(":")[0]))


def test_planning_does_not_wait_for_large_packages():
    """As torch, whose import takes longer than all fingerprints."""
    listed = (
        "import sys, homecage.running.fingerprint as f; f.fingerprint('homecage.convnet.train')"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", f"{listed}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "grimp" in loaded and not {"torch", "numpy", "pandas"} & set(loaded)
