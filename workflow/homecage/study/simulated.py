"""The simulated home cage: known by name before any of it is made."""

from pathlib import Path

from homecage.simulate.names import (
    ANNOTATOR_FOLDERS,
    CLIPPED,
    FULL,
    MARKER,
    clip_folder_names,
    house,
    names_annotated_twice,
    video_names,
)
from homecage.simulate.options import SimulationOptions
from homecage.simulate.plan import plan_clips
from homecage.study.study import Clip, ClipFolder, Study, Video

ROOT = Path("results/dataset")
"""Where the workflow makes it, in the MIT layout."""

COLUMNS = ("animal", "cage", "session")


def plan_simulated(options: SimulationOptions, root: Path = ROOT) -> Study:
    """List the data set that these options make."""
    labeled_by = {
        "annotator_1": set(video_names(options)),
        "annotator_2": set(names_annotated_twice(options)),
    }
    videos = tuple(
        Video(
            name,
            root / FULL / f"{name}.mpg",
            {
                annotator: root / FULL / ANNOTATOR_FOLDERS[annotator] / f"{name}.txt"
                for annotator, names in labeled_by.items()
                if name in names
            },
            {column: getattr(house(name, options), column) for column in COLUMNS},
        )
        for name in video_names(options)
    )
    folders = []
    for name in clip_folder_names(options):
        folder = root / CLIPPED / name
        planned = sorted(plan_clips(name, options), key=lambda clip: clip.name)
        clips = tuple(
            Clip(Path(clip.name).stem, folder / clip.name, clip.behavior) for clip in planned
        )
        folders.append(ClipFolder(name, clips, (folder,)))
    return Study(
        title="simulated home cage",
        videos=videos,
        clip_folders=tuple(folders),
        columns=COLUMNS,
        notice=root / MARKER,
        made_here=True,
    )
