"""Names of the simulated recordings: what a workflow needs to plan, without simulating anything."""

import re
from dataclasses import dataclass
from string import ascii_uppercase

from homecage.simulate.options import SimulationOptions

# The layout of the MIT home-cage data set (Jhuang et al. 2010), in which the simulated one is written.
FULL, CLIPPED = "full_database", "clipped_database"
ANNOTATOR_FOLDERS = {"annotator_1": "Annotator_group_1", "annotator_2": "Annotator_group_2"}

MARKER = "SIMULATED.txt"
"""The file at the root of a data set that says that it is simulated."""

NIGHTS_IN = 3
"""One recording in three is made at night: four of twelve, as in Jhuang et al. (2010)."""

SESSIONS_PER_FOLDER = 8
"""Recording sessions whose clips share one folder of the clipped database."""


SESSIONS_PER_ANIMAL = 2
"""Recordings made of one mouse, one after the other."""

CAGES = 4
"""Cages of the full videos: washed and used again, so that a cage may have held several mice."""


@dataclass(frozen=True)
class Housing:
    """Whom a recording shows, where: names of the mouse and its cage, and the mouse's how many-th it is.

    Mice live alone, each in one cage. In half of the cages hopper and spout are ``mirrored``.
    """

    animal: str
    cage: str
    session: str
    mirrored: bool


def house(name: str, options: SimulationOptions) -> Housing:
    """Return whom a recording shows and where; no mouse or cage of the videos is in a clip."""
    found = re.fullmatch(r"sim(\d+)(?:day|night)([A-Z]?)", name)
    assert found, name
    number, letter = int(found[1]), found[2] or "A"
    if number <= options.videos:
        animal, session = divmod(number - 1, SESSIONS_PER_ANIMAL)
        cage = animal % CAGES
        return Housing(f"m{animal + 1:02d}", f"c{cage + 1:02d}", f"{session + 1}", cage % 2 == 1)
    animal, session = divmod(ascii_uppercase.index(letter), SESSIONS_PER_ANIMAL)
    own = f"{number:02d}{ascii_uppercase[animal]}"
    return Housing(f"m{own}", f"c{own}", f"{session + 1}", animal % 2 == 1)


def video_names(options: SimulationOptions) -> list[str]:
    """Return the names of the full videos, in order."""
    return [_recording_name(number) for number in range(1, options.videos + 1)]


def names_annotated_twice(options: SimulationOptions) -> list[str]:
    """Return the full videos that annotator group 2 labeled too, spread over day and night."""
    names = video_names(options)
    count = min(options.videos_annotated_twice, len(names))
    return [names[index * len(names) // count] for index in range(count)]


def clip_folder_names(options: SimulationOptions) -> list[str]:
    """Return the folders of the clipped database; no full video has one of these names."""
    first = options.videos + 1
    return [_recording_name(number) for number in range(first, first + options.clip_folders)]


def session_names(folder: str) -> list[str]:
    """Return the sessions that a folder's clips were cut from; only the first bears its name.

    In the real data set, too, a clip's prefix need not be the name of its folder.
    """
    stem = folder.removesuffix("day").removesuffix("night")
    letters = ascii_uppercase[1:SESSIONS_PER_FOLDER]
    nights = ["night" if index % NIGHTS_IN == 0 else "day" for index in range(len(letters))]
    return [folder, *(stem + night + letter for night, letter in zip(nights, letters, strict=True))]


def is_night(name: str) -> bool:
    """Tell whether a recording of this name is made at night."""
    return "night" in name


def _recording_name(number: int) -> str:
    return f"sim{number:02d}{'night' if number % NIGHTS_IN == 0 else 'day'}"
