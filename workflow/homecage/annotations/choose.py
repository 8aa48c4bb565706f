"""Which of what a file holds is meant: of which observation and video, subject and annotator."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

from homecage.annotations.reading import NOBODY, Edge, Medium, Players, RawBout, Reading
from homecage.study.choice import Choice

_BORDER_S = 1e-6


class ChoiceError(ValueError):
    """The file holds several, and it is not said which is meant; or it has not what is asked for."""


def choose(reading: Reading, choice: Choice) -> list[RawBout]:
    """Return the bouts of one observation, one subject and one annotator, on the clock of their video.

    Raises:
        ChoiceError: there are several and none is chosen, or one that is not there.
    """
    observation = _choose_observation(reading, choice)
    bouts = [bout for bout in reading.bouts if bout.observation == observation]
    for kind in ("subject", "annotator"):
        bouts = _choose_one(bouts, kind, getattr(choice, kind), choice.column_of(kind))
    players = reading.media.get(observation or "")
    if players is None:  # No observation, or a table that says of each bout which video it is of.
        return bouts
    if not players:
        reading.notes.append(
            f"the observation {observation!r} was coded live, or does not say of which video; its times "
            "are taken for the video's"
        )
        return bouts
    return _cut_to_video(bouts, players, reading, choice)


def _choose_observation(reading: Reading, choice: Choice) -> str | None:
    """Return the name of an observation; None where the file has none."""
    found = [bout.observation for bout in reading.bouts if bout.observation is not None]
    names = list(dict.fromkeys([*found, *reading.media]))
    if not names:
        return None
    wanted = choice.observation
    if wanted is not None:
        return _find_named(names, "observation", wanted)
    of_video = [
        name
        for name in names
        if choice.means(name) or _find_medium(reading.media.get(name, ()), choice)
    ]
    candidates = of_video or names
    if len(candidates) > 1:
        which = "of this video" if of_video else "and none is of this video by its name"
        raise ChoiceError(
            f"holds {len(candidates)} observations {which}: {_list(candidates)}; name one in the column "
            f"{choice.column_of('observation')} of videos.tsv"
        )
    return candidates[0]


def _find_medium(players: Players, choice: Choice) -> list[tuple[int, int]]:
    """Return where the video is among the media of an observation: by player, and place in its row."""
    return [
        (player, place)
        for player, row in enumerate(players)
        for place, medium in enumerate(row)
        if choice.means(stem(medium.name))
    ]


def stem(path: str) -> str:
    """Return a file's name without folders, of whatever system, and without its last suffix."""
    return PurePosixPath(PureWindowsPath(path).name).stem


def _cut_to_video(
    bouts: Iterable[RawBout], players: Players, reading: Reading, choice: Choice
) -> list[RawBout]:
    """Return what lies within the video, on its own clock; a bout that began before it starts with it."""
    places = _find_medium(players, choice)
    if not places and len(players) == len(players[0]) == 1:
        reading.notes.append(
            f"the observation is of {players[0][0].name!r}, which is taken for this video"
        )
        places = [(0, 0)]
    if len(places) != 1:
        media = [medium.name for row in players for medium in row]
        how = (
            "none of which has this video's name" if not places else "several of this video's name"
        )
        raise ChoiceError(f"the observation is of {len(media)} videos, {how}: {_list(media)}")
    ((player, place),) = places
    row = players[player]
    if player:
        reading.notes.append(
            f"the video was shown on player {player + 1}, beside {players[0][0].name!r}: its times are "
            "taken to be the same, and frame indexes, which are of the other, are not used"
        )
        bouts = [_drop_frames(bout) for bout in bouts]
    if len(row) == 1:
        return list(bouts)
    begin_s, end_s = _find_span(row, place)
    return [cut for bout in bouts if (cut := _cut(bout, begin_s, end_s))]


def _drop_frames(bout: RawBout) -> RawBout:
    def drop(edge: Edge) -> Edge:
        return replace(edge, frame=None) if edge.time_s is not None else edge

    return replace(bout, start=drop(bout.start), stop=bout.stop and drop(bout.stop))


def _find_span(row: Sequence[Medium], place: int) -> tuple[float, float]:
    """Return where one of the media that follow each other begins and ends."""
    durations_s = [medium.duration_s for medium in row[: place + 1]]
    if None in durations_s:
        raise ChoiceError(
            f"the observation plays {len(row)} videos one after the other and the file does not say how "
            "long each is; give the project (.boris) itself, or export it with a newer BORIS"
        )
    begin_s = sum(filter(None, durations_s[:-1]))
    return begin_s, begin_s + (durations_s[-1] or 0.0)


def _cut(bout: RawBout, begin_s: float, end_s: float) -> RawBout | None:
    """Return what of a bout lies within a span of time, from whose beginning it then counts."""
    start_s, stop_s = bout.start.time_s, bout.stop.time_s if bout.stop else None
    if start_s is None or (bout.stop and stop_s is None):
        return None
    lasts = stop_s is None or stop_s > begin_s + _BORDER_S or bout.point
    # One that nobody stopped is over where the video ends in which it began.
    began = start_s >= begin_s - _BORDER_S or bout.stop is not None
    if start_s >= end_s - _BORDER_S or not lasts or not began or (bout.point and start_s < begin_s):
        return None
    begins_here = start_s >= begin_s - _BORDER_S
    start = replace(bout.start, time_s=max(0.0, start_s - begin_s)) if begins_here else Edge(0, 0.0)
    stop = None
    if stop_s is not None and bout.stop is not None and stop_s <= end_s + _BORDER_S:
        stop = replace(bout.stop, time_s=stop_s - begin_s)
    return replace(bout, start=start, stop=stop, goes_on=stop_s is not None and stop is None)


def _choose_one(bouts: list[RawBout], kind: str, wanted: str | None, column: str) -> list[RawBout]:
    get: Callable[[RawBout], str | None] = lambda bout: getattr(bout, kind)  # noqa: E731
    counts = Counter(name for b in bouts if not b.point and (name := get(b)) is not None)
    if counts.keys() <= {NOBODY}:  # It names none.
        return bouts
    if wanted is not None:
        chosen = _find_named(list(counts), kind, wanted)
    elif len(counts) == 1:
        (chosen,) = counts
    else:
        listed = ", ".join(f"{name!r} ({n} bout{'s'[: n > 1]})" for name, n in counts.items())
        raise ChoiceError(
            f"holds annotations of {len(counts)} {kind}s: {listed}; name one in the column {column} of "
            "videos.tsv"
        )
    return [bout for bout in bouts if get(bout) == chosen]


def _find_named(names: Sequence[str], kind: str, wanted: str) -> str:
    folded = {name.strip().casefold(): name for name in names}
    if (name := folded.get(wanted.strip().casefold())) is None:
        raise ChoiceError(
            f"has no {kind} {wanted!r}, which videos.tsv names; it has: {_list(names)}"
        )
    return name


def _list(names: Sequence[str], most: int = 20) -> str:
    listed = ", ".join(map(repr, names[:most]))
    return listed if len(names) <= most else f"{listed} and {len(names) - most} more"
