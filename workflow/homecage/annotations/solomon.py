"""Tables of Solomon Coder: a row for each step in time, which need not be a frame, and its behavior."""

from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.annotations.source import Source
from homecage.annotations.table import LABEL, CellError, parse_time, read_head
from homecage.errors import AnnotationError


def detect(source: Source) -> bool:
    """Tell by the first column, which is time, and that one is of labels."""
    table = read_head(source)
    return (
        table is not None and table.names[:1] != () and table.names[0].casefold() == "time"
    ) and bool(table.find(LABEL))


def read(source: Source) -> Reading:
    """Read the bouts: steps of one label, one after the other, each until the next one's time.

    Raises:
        AnnotationError: the times do not increase.
    """
    table = read_head(source)
    label = table.find(LABEL) if table else None
    assert table is not None and label is not None, source.path
    reading = Reading()
    rows = [(row.line, row.cells[0], row[label]) for row in table.rows()]
    times_s: list[float] = []
    for line, time, _ in rows:
        try:
            times_s.append(parse_time(time))
        except CellError as error:
            raise AnnotationError(source.path, str(error), line) from None
        if len(times_s) > 1 and times_s[-1] <= times_s[-2]:
            problem = f"found the time {time}, which is not after the one before it"
            raise AnnotationError(source.path, problem, line)
    if times_s:  # The last step is as long as the one before it.
        times_s.append(2 * times_s[-1] - times_s[-2] if len(times_s) > 1 else times_s[-1])
    begun = 0
    for n, (_, _, name) in enumerate(rows):
        if n + 1 == len(rows) or rows[n + 1][2] != name:
            if name:
                start, stop = Edge(time_s=times_s[begun]), Edge(time_s=times_s[n + 1])
                reading.add(RawBout(start, stop, name, rows[begun][0]))
            begun = n + 1
    return reading
