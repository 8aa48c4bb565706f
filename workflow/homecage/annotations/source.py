"""The text of an annotation file; what cannot be one is refused with a word on what it seems to be."""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from gzip import GzipFile
from io import BytesIO
from pathlib import Path

from homecage.errors import AnnotationError

_MAX_BYTES = 2**29  # A day at 60 frames a second, with ten behaviors, has a tenth of it.
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_GZIP = b"\x1f\x8b"
_NO_TEXT = {
    b"PK\x03\x04": "a spreadsheet (.xlsx, .ods) or another zip archive, whatever its name",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), whatever its name",
}
_AS_CSV = "open it in its program and save it as CSV in UTF-8"
_UTF_16 = "text in UTF-16, which Excel calls Unicode; save it as plain text or CSV in UTF-8"


@dataclass(frozen=True)
class Source:
    """The text of a file; where it was compressed by gzip, of what it holds."""

    path: Path
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends: those that a table has, too."""
        return _END_OF_LINE.split(self.text)


def read_source(path: Path) -> Source:
    """Read an annotation file as text.

    Raises:
        AnnotationError: it cannot be read, is too large, or is no text in UTF-8.
    """
    data = _read_bytes(path)
    for signature, what in _NO_TEXT.items():
        if data.startswith(signature):
            raise AnnotationError(path, f"{what}; {_AS_CSV}")
    if _is_utf_16(data):
        raise AnnotationError(path, _UTF_16)
    if (place := data.find(0)) >= 0:
        raise AnnotationError(path, f"not text (byte {place} is zero); expected an annotation file")
    try:
        return Source(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 text (byte {error.start}); save it as plain UTF-8 text"
        raise AnnotationError(path, problem) from None


def _read_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _too_large(path)
        data = path.read_bytes()
    except OSError as error:
        raise AnnotationError(path, f"cannot be read ({error.strerror})") from None
    if not data.startswith(_GZIP):
        return data
    try:
        data = GzipFile(fileobj=BytesIO(data)).read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise AnnotationError(path, f"a damaged gzip archive ({error})") from None
    if len(data) > _MAX_BYTES:
        raise _too_large(path)
    return data


def _too_large(path: Path) -> AnnotationError:
    problem = f"larger than {_MAX_BYTES >> 20} MB, too large for an annotation; is it a video?"
    return AnnotationError(path, problem)


def _is_utf_16(data: bytes) -> bool:
    """Tell by the mark at the beginning, or by the zero in every other byte."""
    beginning = data[:400]
    halves = beginning[::2], beginning[1::2]
    return data.startswith((b"\xff\xfe", b"\xfe\xff")) or any(
        2 * half.count(0) > len(half) > 1 for half in halves
    )
