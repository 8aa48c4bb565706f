"""Whose videos they are: the animal, its group, and when each video starts, as the study's sheet says."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from homecage.analyze.options import AnalysisOptions
from homecage.errors import ConfigError, StoreError, StudyError
from homecage.options import Options
from homecage.storage.tables import read_tsv
from homecage.study.study import Study, Video, join_lines


class Recording(Options):
    """A video, and the animal in it."""

    video: str
    """Its key."""
    name: str
    animal: str
    group: str | None = None
    """None where the sheet says none."""
    start: datetime | None = None
    """By the clock of its animal's first video, without a zone; None where the sheet says none."""

    @field_validator("start", mode="before")
    @classmethod
    def _read_start(cls, start: Any) -> Any:
        return read_start(start) if isinstance(start, str) else start


class Cohort(Options):
    """The animals of a study, by their videos."""

    unit: Literal["animal", "video"]
    """What counts as one animal: ``video`` where the sheet does not say whose a video is."""
    recordings: tuple[Recording, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_groups(self) -> Self:
        for animal, own in self.by_animal.items():
            if len({one.group for one in own}) > 1:
                found = ", ".join(f"{one.group} by {one.name}" for one in own)
                raise ValueError(f"animal {animal!r}: found groups {found}; expected one")
        return self

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in the order of the videos."""
        return tuple(dict.fromkeys(one.group for one in self.recordings if one.group))

    @property
    def by_animal(self) -> dict[str, list[Recording]]:
        """The recordings of each animal by when they start; animals by group, then as the videos come."""
        order = [*self.groups, None]
        animals: dict[str, list[Recording]] = defaultdict(list)
        for one in sorted(self.recordings, key=lambda one: order.index(one.group)):
            animals[one.animal].append(one)
        for own in animals.values():
            own.sort(key=lambda one: one.start or datetime.max)
        return animals

    def tabulate(self) -> str:
        """Return the sheet of the cohort, tab-separated."""
        return join_lines(
            ("video", "name", "animal", "group", "start", "unit"),
            *(
                (
                    one.video,
                    one.name,
                    one.animal,
                    one.group or "",
                    one.start.isoformat() if one.start else "",
                    self.unit,
                )
                for one in self.recordings
            ),
        )


def read_start(text: str) -> datetime:
    """Read when a video starts.

    Raises:
        ValueError: it is no date with a time of day: midnight is not meant where nothing is said.
    """
    try:
        date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)
    raise ValueError(f"found the date {text} without a time of day")


def read_cohort(path: Path) -> Cohort:
    """Read a sheet as ``Cohort.tabulate`` writes it.

    Raises:
        StoreError: there is no such table, or it is not of that form.
    """
    rows = read_tsv(path, text=True).to_dict("records")
    unit = rows[0].get("unit") if rows else None
    cells = [{key: cell or None for key, cell in row.items() if key != "unit"} for row in rows]
    try:
        return Cohort.model_validate({"unit": unit, "recordings": cells})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise StoreError(
            path,
            f"found {place or 'rows'}: {first['msg']}; expected a line for each video, with columns video, "
            "name, animal, group, start and unit",
        ) from None


def make_cohort(study: Study, options: AnalysisOptions) -> Cohort:
    """Read from the columns of a study's videos whose they are.

    A video without an entry for its animal is one by itself; one without a group is of its animal's.

    Raises:
        ConfigError: the configuration names a column that the sheet has not, or a reference that is no group.
        StudyError: an animal is in several groups, or a start is no date and time; names all of them.
    """
    _check_columns(study, options)
    animal_of = {
        video.name: video.columns.get(options.animal, "").strip() or video.name
        for video in study.videos
    }
    problems: list[str] = []
    group_of = _find_groups(study.videos, animal_of, options, problems)
    start_of = _find_starts(study.videos, animal_of, options, problems)
    if problems:
        raise StudyError(problems)
    recordings = tuple(
        Recording(
            video=video.key,
            name=video.name,
            animal=animal_of[video.name],
            group=group_of.get(animal_of[video.name]),
            start=start_of.get(video.name),
        )
        for video in study.videos
    )
    cohort = Cohort(
        unit="animal" if options.animal in study.columns else "video", recordings=recordings
    )
    if options.reference is not None and options.reference not in cohort.groups:
        raise ConfigError(
            f"analysis.reference: found {options.reference!r}; expected one of the groups: "
            f"{', '.join(cohort.groups) or 'none, as the sheet has no such column'}"
        )
    return cohort


def _check_columns(study: Study, options: AnalysisOptions) -> None:
    for key in ("group", "animal", "start"):
        column = getattr(options, key)
        if (
            column
            and column not in study.columns
            and column != AnalysisOptions.model_fields[key].default
        ):
            raise ConfigError(
                f"analysis.{key}: found {column!r}; expected a column of the sheet of videos, one of: "
                f"{', '.join(study.columns) or 'none'}"
            )


def _find_groups(
    videos: Iterable[Video],
    animal_of: dict[str, str],
    options: AnalysisOptions,
    problems: list[str],
) -> dict[str, str]:
    """Return each animal's group."""
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for video in videos:
        if group := video.columns.get(options.group or "", "").strip():
            said[animal_of[video.name]][group].append(video.name)
    for animal, groups in said.items():
        if len(groups) > 1:
            found = ", ".join(f"{group!r} (by {', '.join(of)})" for group, of in groups.items())
            problems.append(
                f"{options.animal} {animal!r}: found in {len(groups)} groups, {found}; expected one: mend "
                f"the column {options.group!r} of the sheet, or name another one in analysis.group (null: "
                "none)"
            )
    return {animal: next(iter(groups)) for animal, groups in said.items()}


def _find_starts(
    videos: Iterable[Video],
    animal_of: dict[str, str],
    options: AnalysisOptions,
    problems: list[str],
) -> dict[str, datetime]:
    """Return when each video starts, by the clock of its animal's first one."""
    starts: dict[str, dict[str, datetime]] = defaultdict(dict)
    for video in videos:
        if text := video.columns.get(options.start or "", "").strip():
            try:
                starts[animal_of[video.name]][video.name] = read_start(text)
            except ValueError:
                problems.append(
                    f"{video.name}: found {text!r} in the column {options.start!r}; expected a date and time "
                    "such as 2024-05-01T19:00:00: mend it, or name another column in analysis.start (null: "
                    "none)"
                )
    clocked: dict[str, datetime] = {}
    for animal, own in starts.items():
        zoned = [name for name, start in own.items() if start.tzinfo]
        if zoned and len(zoned) < len(own):
            plain = next(name for name in own if name not in zoned)
            problems.append(
                f"{options.animal} {animal!r}: found a time zone in the start of {zoned[0]} and none in that "
                f"of {plain}; expected one in all of them, or in none"
            )
            continue
        zone = min(own.values()).tzinfo
        for name, start in own.items():
            clocked[name] = (start.astimezone(zone) if zone else start).replace(tzinfo=None)
    return clocked
