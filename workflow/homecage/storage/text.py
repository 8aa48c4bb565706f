"""Text that people write, in a file of any origin; what is no text is told by what it seems to be."""

_ARCHIVES = {
    b"PK\x03\x04": "a spreadsheet (.xlsx, .ods) or another zip archive, whatever its name",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), whatever its name",
}
_AS_TEXT = "save it as plain text in UTF-8, such as CSV"


def decode_text(data: bytes) -> str:
    """Return what a file in UTF-8 says, with or without a byte order mark.

    Raises:
        ValueError: it is something else, which is said, with what to do.
    """
    for beginning, what in _ARCHIVES.items():
        if data.startswith(beginning):
            raise ValueError(f"{what}; open it in its program and {_AS_TEXT}")
    if _is_utf_16(data):
        raise ValueError(f"text in UTF-16, which Excel calls Unicode; {_AS_TEXT}")
    if (place := data.find(0)) >= 0:
        raise ValueError(f"not text (byte {place} is zero); {_AS_TEXT}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start}); {_AS_TEXT}") from None


def _is_utf_16(data: bytes) -> bool:
    """Tell by the mark at the beginning, or by the zero in every other byte."""
    beginning = data[:400]
    halves = beginning[::2], beginning[1::2]
    return data.startswith((b"\xff\xfe", b"\xfe\xff")) or any(
        2 * half.count(0) > len(half) > 1 for half in halves
    )
