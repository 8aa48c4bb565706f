"""What is no text is refused with a word on what it seems to be."""

import gzip
import zipfile

import pytest
from tests.unit.annotations.conftest import list_bouts, list_problems

TEXT = "frame: 1-9 walk\nframe: 10-12 rest\n"
BOUTS = [(0, 9, "walk"), (9, 12, "rest")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEXT.encode("utf-16"), "text in UTF-16, which Excel calls Unicode; save it as plain text"),
        (TEXT.encode("utf-16-be"), "text in UTF-16"),
        (b"frame: 1-2 r\xe9st\n", "not UTF-8 text (byte 12); save it as plain text in UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls), whatever its name"),
        (b"frame: 1-9 walk" + bytes(1), "not text (byte 15 is zero)"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "a damaged gzip archive"),
        (b"\x1f\x8b", "a damaged gzip archive"),
        (
            b"frame;behavior\n0;walk\n",
            "found 'frame;behavior', separated by semicolons; expected commas or tabs, and points in",
        ),
        (b"from;to;type\n2,461;3,257;walk\n", "separated by semicolons"),
        (b"frame,behavior\n0,walk\n1,rest,x\n", "3 cells under 2 columns"),
        (b'frame,behavior\n0,"walk\n', "cannot be read as a table (unexpected end of data)"),
        (
            b"a,b\n1,2\n",
            "found 'a,b'; expected a line like 'frame: 00000001-00000019 micromovement', ",
        ),
    ],
)
def test_a_file_that_cannot_be_read(read, content, message):
    (problem,) = list_problems(read(content))
    assert message in problem


def test_a_spreadsheet_that_is_called_csv(read, tmp_path):
    path = tmp_path / "a.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    (problem,) = list_problems(read(path))
    assert problem == (
        "a spreadsheet (.xlsx, .ods) or another zip archive, whatever its name; open it in its program "
        "and save it as plain text in UTF-8, such as CSV"
    )


@pytest.mark.parametrize("name", ["a.txt", ""])
def test_a_file_that_is_not_there_or_is_a_folder(read, tmp_path, name):
    (problem,) = list_problems(read(tmp_path / name))
    assert problem.startswith("cannot be read (")


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        gzip.compress(TEXT.encode(), mtime=0),
    ],
)
def test_marks_line_ends_and_compression_do_not_matter(read, content):
    assert list_bouts(read(content)) == BOUTS


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_nor_do_they_in_tables(read, end, mark):
    text = f"{mark}frame,behavior,{end}0, Walk ,{end}1,WALK,{end}2,rest,{end}{end},,{end}"
    bouts = [(0, 1, "walk"), (1, 2, "walk"), (2, 3, "rest")]
    assert list_bouts(read(text, n_frames=3)) == bouts
