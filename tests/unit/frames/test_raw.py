"""A raw file is the same one when its content is, whatever its date; planning opens it at most once."""

import os
import subprocess
import sys

import pytest

from homecage.errors import StoreError
from homecage.frames import raw
from homecage.frames.raw import RawFile, describe_file, identify, read_report, write_report

HOUR_NS = 3600 * 10**9


class Files:
    """Two files and the report that knows them."""

    def __init__(self, root):
        self.paths = [root / "a.mpg", root / "b.mpg"]
        self.report = root / "results" / "ab.json"
        for path in self.paths:
            path.write_bytes(b"ten bytes." if path.stem == "a" else b"eleven byte")

    def decode(self):
        found = {"n_frames": 3, "width_px": 4, "height_px": 3, "rate_fps": 25.0, "damage": []}
        write_report(
            self.report,
            [RawFile(**describe_file(path, self.report), **found) for path in self.paths],
        )

    def identify(self):
        return identify(self.paths, self.report)

    def replace(self, content, *, age_ns=0):
        path = self.paths[0]
        mtime_ns = path.stat().st_mtime_ns - age_ns
        path.write_bytes(content)
        os.utime(path, ns=(mtime_ns, mtime_ns))


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@pytest.fixture
def opened(monkeypatch):
    """List the files that are hashed."""
    paths = []

    def hash_file(path):
        paths.append(path.name)
        return hash_plainly(path)

    hash_plainly = raw.hash_file
    monkeypatch.setattr(raw, "hash_file", hash_file)
    return paths


def test_decoding_changes_nothing_of_what_a_file_is(files, opened):
    before = files.identify()
    assert opened == []
    files.decode()
    opened.clear()
    assert files.identify() == before and opened == []


def test_a_touched_file_is_the_same_and_is_read_once(files, opened):
    files.decode()
    before = files.identify()
    files.paths[0].touch()
    opened.clear()
    assert files.identify() == files.identify() == before
    assert opened == ["a.mpg"]
    files.decode()  # For another reason: an option, say.
    assert files.identify() == before


@pytest.mark.parametrize("age_ns", [-HOUR_NS, HOUR_NS, 1])
@pytest.mark.parametrize("content", [b"TEN BYTES.", b"longer than it was"])
def test_a_replaced_file_is_another_whatever_its_date(files, content, age_ns):
    files.decode()
    before = files.identify()
    files.replace(content, age_ns=age_ns)
    after = files.identify()
    assert after != before
    files.decode()
    assert files.identify() == after


def test_a_file_that_comes_back_with_its_date_is_what_it_was(files):
    files.decode()
    before = files.identify()
    found = files.paths[0].stat()
    whole = files.paths[0].read_bytes()
    files.replace(b"ten", age_ns=-HOUR_NS)
    files.decode()
    cut = files.identify()
    files.paths[0].write_bytes(whole)
    os.utime(files.paths[0], ns=(found.st_mtime_ns, found.st_mtime_ns))
    assert files.identify() == before != cut


def test_files_that_change_places_are_others(files):
    before = files.identify()
    files.paths.reverse()
    assert files.identify() != before


def test_a_file_that_is_gone(files):
    before = files.identify()
    files.decode()
    files.paths[0].unlink()
    missing = files.identify()
    assert missing != before
    files.paths[0].write_bytes(b"another one")
    assert files.identify() not in (before, missing)


def test_a_file_that_may_not_be_read_is_another_once_it_may(files, monkeypatch):
    with monkeypatch.context() as forbidden:
        forbidden.setattr(os, "access", lambda path, mode: False)
        unreadable = files.identify()
    assert files.identify() != unreadable  # Although it has the same size and date.


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": [{"path": "a.mpg"}]}', "\udcff"])
def test_a_report_that_cannot_be_read_knows_nothing(files, text):
    before = files.identify()
    files.report.parent.mkdir()
    files.report.write_bytes(text.encode(errors="surrogateescape"))
    assert files.identify() == before
    with pytest.raises(StoreError, match=r"ab\.json: cannot be read as a report"):
        read_report(files.report)


def test_a_report_is_read_as_it_was_written(files):
    files.decode()
    first, second = read_report(files.report)
    assert (first.path, first.size) == (str(files.paths[0]), 10)
    assert second.sha256 is not None and second.damage == [] and second.rate_fps == 25.0


def test_planning_with_it_imports_nothing_heavy():
    program = (
        "import sys, homecage.frames.raw;"
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'torch', 'zarr') if m in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "[]"
