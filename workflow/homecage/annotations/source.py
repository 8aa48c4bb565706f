"""The text of an annotation file; what cannot be one is refused with a word on what it seems to be."""

import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from gzip import GzipFile
from io import BytesIO
from pathlib import Path

from homecage.errors import AnnotationError
from homecage.storage.text import decode_text

_MAX_BYTES = 2**29  # A day at 60 frames a second, with ten behaviors, has a tenth of it.
_END_OF_LINE = re.compile(r"\r\n|\r|\n")
_GZIP = b"\x1f\x8b"


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
    try:
        return Source(path, decode_text(data))
    except ValueError as error:
        raise AnnotationError(path, str(error)) from None


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
