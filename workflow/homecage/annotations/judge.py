"""Bouts put on the frames of their video, and what is wrong with them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from homecage.annotations.bouts import Bout, find_overlaps
from homecage.annotations.clock import Clock
from homecage.annotations.options import AnnotationOptions
from homecage.annotations.reading import Edge, RawBout, Reading
from homecage.errors import UnknownBehaviorError
from homecage.study.behaviors import Vocabulary

_ROUNDING_FRAMES = 2
"""So far apart may the time of an event and its frame be, in a program that shows frames as it is able to."""
_ANOTHER = "is this the annotation of another video, or was the video cut short?"
_TOLERANCE = "(annotations.tolerance_frames lets a few pass)"


@dataclass(frozen=True)
class Judge:
    """What the bouts of a file are judged by; problems and notes go to its reading."""

    vocabulary: Vocabulary
    options: AnnotationOptions
    reading: Reading
    clock: Clock | None
    """None where the video's frames are not known; then nothing is said of times or of the length."""

    def place(self, found: Sequence[RawBout]) -> list[Bout]:
        """Return the bouts that fit the video, in frames."""
        states = self._leave_out_points(found)
        if not (states or self.reading.n_rows or self.reading.problems):
            self._refuse(None, f"the file has no bouts{' that last' if found else ''}")
        if self.reading.in_time:
            self._note_disorder(states)
        bouts = self._find_frames(self._map_labels(states))
        self._judge_overlaps(bouts)
        return self._judge_length(bouts)

    def _refuse(self, line: int | None, problem: str) -> None:
        self.reading.problems.append((line, problem))

    def _note(self, note: str) -> None:
        self.reading.notes.append(note)

    def _leave_out_points(self, found: Sequence[RawBout]) -> list[RawBout]:
        points = Counter(bout.label for bout in found if bout.point)
        if points:
            listed = ", ".join(f"{label!r}: {n}" for label, n in points.items())
            self._note(
                f"{_count(points.total(), 'point event')} left out, which do not last ({listed})"
            )
        return [bout for bout in found if not bout.point]

    def _note_disorder(self, states: Sequence[RawBout]) -> None:
        ordered = sorted(states, key=lambda bout: bout.line or 0)
        back = [(a, b) for a, b in pairwise(ordered) if b.start.comes_before(a.start)]
        if back:
            before, after = back[0]
            self._note(
                f"bouts are not in the order of time, in {_count(len(back), 'place')}: {after} of line "
                f"{after.line} comes before {before} of line {before.line}; they are sorted"
            )

    def _map_labels(self, states: Sequence[RawBout]) -> list[tuple[RawBout, str | None]]:
        """Return the bouts whose labels are known, each with its behavior."""
        meanings: dict[str | None, str | None] = {None: None}
        unknown: dict[str, UnknownBehaviorError] = {}
        lines = []
        for bout in sorted(states, key=lambda bout: bout.line or 0):
            if (label := bout.label) is None or label in meanings or label in unknown:
                continue
            try:
                meanings[label] = self.vocabulary.parse(label)
            except UnknownBehaviorError as error:
                if label not in self.reading.fillers:
                    unknown[label] = error
                    lines.append(bout.line)
        if unknown:
            self._refuse(lines[0], UnknownBehaviorError.join(list(unknown.values())))
        return [(bout, meanings[bout.label]) for bout in states if bout.label in meanings]

    def _find_frames(self, states: Sequence[tuple[RawBout, str | None]]) -> list[Bout]:
        """Return the bouts by frame; none that goes by time, where the times of frames are not known."""
        bouts, short, gap = [], [], 0
        for bout, behavior in states:
            if bout.stop is None and not bout.goes_on:
                self._note(
                    f"{bout.label!r}, which starts at {bout.start}, is never stopped; it is ended where "
                    "the video ends"
                )
            with self.reading.collect(bout.line):
                if (span := self._find_span(bout)) is None:
                    continue
                start, stop = span
                if start == stop and not self._reaches_beyond(stop):
                    short.append(bout)
                    continue
                by_time = bout.start.time_s is not None
                frames = f" (frames {start}-{stop - 1} from 0)" if by_time else ""
                bouts.append(Bout(start, stop, behavior, bout.line, f"{bout}{frames}"))
                gap = max(gap, self._measure_gap(bout.start), self._measure_gap(bout.stop))
        if short:
            first = f"{short[0].label!r}, {short[0]}"
            self._note(
                f"{_count(len(short), 'bout')} shorter than a frame left out, the first: {first}"
            )
        if gap > _ROUNDING_FRAMES:
            self._note(f"frame indexes and times lie up to {gap} frames apart; the indexes count")
        return bouts

    def _find_span(self, bout: RawBout) -> tuple[int, int] | None:
        if self.clock is not None:
            start = self.clock.find_frame(bout.start)
            end = max(start, self.clock.n_frames)
            return start, end if bout.stop is None else self.clock.find_frame(bout.stop)
        if bout.start.frame is None or bout.stop is None or bout.stop.frame is None:
            return None
        return bout.start.frame, bout.stop.frame

    def _measure_gap(self, edge: Edge | None) -> int:
        return self.clock.measure_gap(edge) if self.clock and edge else 0

    def _reaches_beyond(self, stop: int) -> bool:
        return self.clock is not None and stop > self.clock.n_frames

    def _judge_overlaps(self, bouts: Iterable[Bout]) -> None:
        """Refuse bouts that overlap, except where the study says which of them counts."""
        exclusive, priority = self.reading.exclusive, self.options.priority
        decided: set[str | None] = {*priority, None} if priority else set()
        n_merged = 0
        for pair in find_overlaps(b for b in bouts if exclusive or b.behavior is not None):
            behaviors = {bout.behavior for bout in pair}
            if behaviors <= decided:
                continue
            if len(behaviors) == 1 and not exclusive:
                n_merged += 1
                continue
            before, after = sorted(pair, key=lambda bout: bout.line or 0)
            where = f" of line {before.line}" if before.line else ""
            self._refuse(
                after.line,
                f"the bout {after} overlaps the bout {before}{where}; expected one behavior a frame, or "
                "the order in which behaviors win (annotations.priority)",
            )
        if n_merged:
            self._note(
                f"bouts of one behavior overlap, in {_count(n_merged, 'place')}; they are taken as one"
            )

    def _judge_length(self, bouts: list[Bout]) -> list[Bout]:
        """Return the bouts as far as they fit the video, and the frames that the file has no row for."""
        if self.clock is None:
            return bouts
        n_frames, n_rows = self.clock.n_frames, self.reading.n_rows
        n_labeled = max((bout.stop for bout in bouts), default=0)
        n_over = max(n_labeled, n_rows or 0) - n_frames
        if n_over > self.options.tolerance_frames:
            last = max(bouts, key=lambda bout: bout.stop, default=None)
            if n_rows is not None or last is None:
                line, what = None, f"{n_rows} rows, one a frame, reach"
            else:
                line, what = last.line, f"the bout {last} reaches"
            self._refuse(
                line,
                f"{what} beyond the video, which has {n_frames} frames: {n_over} fewer than the "
                f"{n_frames + n_over} of the labels; {_ANOTHER} {_TOLERANCE}",
            )
        elif n_over > 0:
            self._note(
                f"labels reach {_count(n_over, 'frame')} beyond the video's {n_frames} and are cut off"
            )
        if n_rows is not None and n_rows < n_frames:
            self._note(f"has rows for {n_rows} of {n_frames} frames; the rest are unlabeled")
            bouts = [*bouts, Bout(n_rows, n_frames, None)]
        fitting = [replace(bout, stop=min(bout.stop, n_frames)) for bout in bouts]
        return [bout for bout in fitting if bout.start < bout.stop]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
