"""The formats of annotations that are read: each is a module, which knows its own by what is in a file."""

from collections.abc import Callable
from dataclasses import dataclass

from homecage.annotations import (
    bento,
    boris_aggregated,
    boris_binary,
    boris_project,
    boris_tabular,
    caltech,
    frame_labels,
    intervals,
    mit,
    one_hot,
    solomon,
)
from homecage.annotations.reading import Reading
from homecage.annotations.source import Source
from homecage.errors import AnnotationError


@dataclass(frozen=True)
class Format:
    """A format of annotation files."""

    name: str
    """What the check calls it."""
    detect: Callable[[Source], bool]
    """Whether a file is of this format, by its content alone."""
    read: Callable[[Source], Reading]
    """Read a file of this format; raises an AnnotationError where it cannot be read at all."""


FORMATS = (
    Format("MIT text", mit.detect, mit.read),
    Format("BORIS project", boris_project.detect, boris_project.read),
    Format("BORIS tabular events", boris_tabular.detect, boris_tabular.read),
    Format("BORIS aggregated events", boris_aggregated.detect, boris_aggregated.read),
    Format("BENTO", bento.detect, bento.read),
    Format("Caltech annotator", caltech.detect, caltech.read),
    Format("table of intervals", intervals.detect, intervals.read),
    Format("table of labels by frame", frame_labels.detect, frame_labels.read),
    Format("Solomon Coder", solomon.detect, solomon.read),
    Format("BORIS binary table", boris_binary.detect, boris_binary.read),
    Format("table of 0 and 1 by frame", one_hot.detect, one_hot.read),
)
"""In the order in which they are tried: those that are told by the least come last."""


def recognize(source: Source) -> Format:
    """Return the format of a file.

    Raises:
        AnnotationError: it is empty, or of none that is read.
    """
    if not source.text.strip():
        problem = (
            f"the file has no bouts: it is empty; {mit.EXPECTED}, or another format that is read"
        )
        raise AnnotationError(source.path, problem)
    for form in FORMATS:
        if form.detect(source):
            return form
    line = next(n for n, text in enumerate(source.lines, start=1) if text.strip())
    found = source.lines[line - 1].strip()
    if found.count(";") > max(found.count(","), found.count("\t")):
        problem = (
            f"found {found[:80]!r}, separated by semicolons; expected commas or tabs, and points in "
            "numbers: save it as CSV as an English system does"
        )
    else:
        names = ", ".join(form.name for form in FORMATS)
        problem = f"found {found[:80]!r}; {mit.EXPECTED}, or a file of: {names}"
    raise AnnotationError(source.path, problem, line)
