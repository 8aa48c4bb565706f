"""What is no text in UTF-8 is told by what it seems to be."""

import pytest

from homecage.storage.text import decode_text


@pytest.mark.parametrize("data", ["é\n".encode(), b"\xef\xbb\xbf\xc3\xa9\n"])
def test_utf_8_is_text_with_its_mark_or_without(data):
    assert decode_text(data) == "é\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "video\tpath\n".encode("utf-16"),
            "text in UTF-16, which Excel calls Unicode; save it as plain text in UTF-8, such as CSV",
        ),
        (b"\xfe\xff\x00v", "text in UTF-16"),
        ("video".encode("utf-16-le"), "text in UTF-16"),
        (b"PK\x03\x04\x14\x00", "a spreadsheet .* save it as plain text"),
        (b"\xd0\xcf\x11\xe0\xa1", r"an old Excel workbook \(\.xls\)"),
        ("ab é".encode("latin-1"), r"not UTF-8 text \(byte 3\); save it as plain text in UTF-8"),
    ],
)
def test_what_is_no_text_is_named(data, said):
    with pytest.raises(ValueError, match=said):
        decode_text(data)
