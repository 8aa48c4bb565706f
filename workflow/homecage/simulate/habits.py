"""How sessions differ in what the mouse does: what it leaves out, and whether it sleeps for minutes."""

from dataclasses import dataclass

from homecage.simulate.names import video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.seeds import named_generator

# ASSUME: an animal does not do everything in every few minutes. Shares of the full videos, so that
# every behavior still occurs in most of them, and every fold can be scored.
MISSING = {"thirst": 0.25, "climb": 0.25, "feed": 0.17, "sleep": 0.17}
"""Share of the full videos in which a goal never comes up."""

DROWSY = 0.25
"""Share of the full videos in which the mouse sleeps for minutes."""


@dataclass(frozen=True)
class Habits:
    """What a mouse does in one session: by default all it can."""

    missing: frozenset[str] = frozenset()
    drowsy: bool = False


def habits_of(name: str, options: SimulationOptions) -> Habits:
    """Return a session's habits; in the long sessions that clips are cut from, everything occurs."""
    videos = video_names(options)
    if name not in videos:
        return Habits()
    generator = named_generator(options, "habits")
    missing = frozenset(
        goal
        for goal, share in MISSING.items()
        if name
        in [videos[i] for i in generator.permutation(len(videos))[: int(share * len(videos))]]
    )
    drowsy = {videos[i] for i in generator.permutation(len(videos))[: int(DROWSY * len(videos))]}
    return Habits(missing - {"sleep"} if name in drowsy else missing, name in drowsy)
