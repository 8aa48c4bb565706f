"""The table of 0 and 1 that BORIS writes: of the state at times some way apart, which is no exact record."""

from homecage.annotations.reading import Reading
from homecage.annotations.source import Source
from homecage.annotations.table import LABEL, read_head
from homecage.errors import AnnotationError


def detect(source: Source) -> bool:
    """Tell by the first column, which is time, and that none is of labels."""
    table = read_head(source)
    return (
        table is not None
        and len(table.names) > 1
        and table.names[0].casefold() == "time"
        and not table.find(LABEL)
    )


def read(source: Source) -> Reading:
    """Refuse it: a bout between two of its times is not in it.

    Raises:
        AnnotationError: always.
    """
    raise AnnotationError(
        source.path,
        "a table of samples in time, such as the binary table of BORIS: a bout between two samples is "
        "not in it, and none begins or ends exactly; export tabular or aggregated events, or give the "
        "project (.boris) itself",
    )
