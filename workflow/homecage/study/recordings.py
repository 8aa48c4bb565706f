"""What the names of recordings say: that two are of one recording, or were made at the same time."""

import re
from datetime import datetime, timedelta

_TIME = re.compile(r"(?<!\d)(?:19|20)\d{12}(?!\d)")
_PART = re.compile(r"(?<=\d)[A-Z]$")


def find_coincidence(name: str, other: str, within: timedelta) -> str:
    """Return why two names look like one recording; an empty text where they do not.

    Args:
        name: of a recording, or of a folder of clips.
        other: of another.
        within: how far apart two times may lie and still be of one recording: its length.
    """
    if _whole(name) == _whole(other):
        return "names of one recording"
    times = [_read_time(one) for one in (name, other)]
    if times[0] and times[1] and abs(times[0] - times[1]) <= within:
        return "times within the length of a recording"
    return ""


def _whole(name: str) -> str:
    """Take off the letter of a part: 20080324143707A and B are of one recording."""
    return _PART.sub("", name).casefold()


def _read_time(name: str) -> datetime | None:
    found = _TIME.search(name)
    try:
        return datetime.strptime(found.group(), "%Y%m%d%H%M%S") if found else None
    except ValueError:
        return None
