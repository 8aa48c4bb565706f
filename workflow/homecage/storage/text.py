"""Text that people write, in a file of any origin; what is no text is told by what it seems to be."""

_ARCHIVES = {
    b"PK\x03\x04": "a spreadsheet (.xlsx, .ods) or another zip archive, whatever its name",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), whatever its name",
}
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def decode_text(data: bytes) -> str:
    """Return what a file in UTF-8 says, with or without a byte order mark.

    Raises:
        ValueError: it is something else, which is said, with what to do.
    """
    for beginning, what in _ARCHIVES.items():
        if data.startswith(beginning):
            raise ValueError(f"{what}; open it in its program and save it as plain text in UTF-8")
    if data.startswith(_MARKS_OF_UTF_16):
        raise ValueError("text in UTF-16, which Excel calls Unicode; save it in UTF-8")
    if (place := data.find(0)) >= 0:
        raise ValueError(f"no text in UTF-8 (byte {place} is zero); save it as plain text in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"not UTF-8 text (byte {error.start}); save it as plain text in UTF-8"
        ) from None
