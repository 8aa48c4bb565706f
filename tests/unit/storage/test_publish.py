"""A result appears whole or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from homecage.storage.publish import publish


def write_folder(path, text):
    path.mkdir()
    (path / "part").write_text(text)


def test_a_file_appears_under_its_name_alone(tmp_path):
    with publish(tmp_path / "new" / "table.tsv") as temporary:
        assert temporary.suffix == ".tsv"
        temporary.write_text("whole")
        assert not (tmp_path / "new" / "table.tsv").exists()
    assert (tmp_path / "new" / "table.tsv").read_text() == "whole"
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_folder_replaces_an_earlier_one(tmp_path):
    target = tmp_path / "frames.zarr"
    for text in ("first", "second"):
        with publish(target) as temporary:
            write_folder(temporary, text)
    assert (target / "part").read_text() == "second"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "write", [lambda path: path.write_text("half"), lambda p: write_folder(p, "")]
)
def test_after_an_error_the_earlier_result_stands_and_nothing_else(tmp_path, write):
    target = tmp_path / "result"
    target.write_text("earlier")
    with pytest.raises(ZeroDivisionError), publish(target) as temporary:
        write(temporary)
        _ = 1 / 0
    assert target.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_do_not_share_a_temporary(tmp_path):
    with publish(tmp_path / "a") as first, publish(tmp_path / "a") as second:
        assert first != second
        first.write_text("1")
        second.write_text("2")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_long_name_is_published(tmp_path):
    target = tmp_path / ("鼠" * 60 + ".parquet")
    with publish(target) as temporary:
        temporary.write_text("whole")
    assert target.read_text() == "whole"


@pytest.mark.parametrize("name", ["frames.zarr", "clips", "a (b).c.d", "鼠" * 80])
def test_what_a_killed_writer_left_is_removed(tmp_path, name):
    target = tmp_path / name
    script = (
        "import os, signal, sys; from pathlib import Path; from homecage.storage.publish import publish\n"
        "with publish(Path(sys.argv[1])) as temporary:\n"
        "    temporary.mkdir(); (temporary / 'half').touch(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, target])
    (left,) = tmp_path.iterdir()
    with publish(tmp_path / "features.zarr") as another:
        another.touch()
        assert left.exists()
    with publish(target) as mine:
        assert not left.exists()
        write_folder(mine, "whole")
        with pytest.raises(FileNotFoundError), publish(target):
            assert mine.exists()  # Its writer lives.
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["features.zarr", name])


def test_an_earlier_folder_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    target = tmp_path / "frames.zarr"
    write_folder(target, "earlier")
    rename = Path.rename

    def fail_into_place(path, to):
        if to == target and path.suffix == ".zarr":
            raise OSError(errno.EIO, "no")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", fail_into_place)
    with pytest.raises(OSError, match="no"), publish(target) as temporary:
        write_folder(temporary, "new")
    assert (target / "part").read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_of_with_the_files_name(tmp_path):
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*frames\.zarr'"),
        publish(tmp_path / "frames.zarr"),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_who_may_read_a_result_is_the_umasks_to_say(tmp_path, umask, mode):
    """Whatever the writer left: safetensors lets nobody else read, a copy has the rights of its original."""
    before = os.umask(umask)
    try:
        with publish(tmp_path / "model.safetensors") as temporary:
            temporary.touch(mode=0o600)
        with publish(tmp_path / "folder") as temporary:
            write_folder(temporary, "")
            (temporary / "part").chmod(0o400)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    for path in (tmp_path / "model.safetensors", tmp_path / "folder" / "part"):
        assert path.stat().st_mode & 0o777 == mode


def test_rights_that_a_writer_gave_stay(tmp_path):
    """As a folder's default list of rights gives them."""
    with publish(tmp_path / "table.tsv") as temporary:
        temporary.touch()
        temporary.chmod(0o666)
    assert (tmp_path / "table.tsv").stat().st_mode & 0o777 == 0o666
