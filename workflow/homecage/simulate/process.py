"""What the mouse does, when and where: a semi-Markov process of goals, each a short script of bouts.

The mouse has needs that recover with time. It picks a goal by how much each is needed, walks to
where the goal can be met, and acts out a script whose bouts have random durations. Nothing here
moves or draws; :mod:`homecage.simulate.motion` turns bouts into poses.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from homecage.simulate.cage import LEFT_X, RATE_FPS, RIGHT_X, Cage, sample_cage
from homecage.simulate.habits import Habits, habits_of
from homecage.simulate.names import house
from homecage.simulate.options import SimulationOptions
from homecage.simulate.seeds import named_generator


@dataclass(frozen=True)
class Place:
    """Where a bout happens: the hips' x in pixels, depth from 0 (front) to 1, facing -1 or 1.

    ``site`` is "hopper" or "spout" where one of these is in reach, else "open".
    """

    x: float
    depth: float
    facing: int
    site: str = "open"


@dataclass(frozen=True)
class Bout:
    """One bout of a behavior over the half-open frames ``[start, stop)``, at or towards a place."""

    behavior: str
    start: int
    stop: int
    place: Place


# ASSUME: the shares and durations below were chosen, not fitted. They keep what matters of the real
# data set's order: rest, micromovement and groom fill most of the time, and drink is well under 1 %.
# Most rests are shorter than a real mouse's, so that videos of minutes hold more than one bout of
# it; in drowsy sessions (habits.py) the mouse sleeps for minutes.
NEEDS = {  # goal: (weight, seconds until the need is back)
    "explore": (1.0, 12.0),
    "feed": (1.0, 42.0),
    "thirst": (1.0, 74.0),
    "groom": (1.0, 32.0),
    "climb": (1.0, 46.0),
    "sleep": (1.0, 68.0),
}

DURATIONS_S = {  # behavior: (median, log standard deviation, shortest, longest)
    "drink": (0.80, 0.25, 0.6, 1.5),
    "eat": (6.0, 0.55, 2.0, 22.0),
    "groom": (6.5, 0.60, 1.5, 25.0),
    "hang": (3.6, 0.45, 1.2, 10.0),
    "micromovement": (2.6, 0.60, 0.7, 9.0),
    "rear": (1.7, 0.45, 0.6, 5.0),
    "rest": (17.0, 0.50, 6.0, 60.0),
}

SLEEP_S = (105.0, 0.25, 70.0, 140.0)
"""The same of rests in drowsy sessions."""

WALK_PX_PER_S = (85.0, 0.30)  # median and log standard deviation of a walk's speed
SHORTEST_WALK_PX = 65.0
BEHIND_PX, BEFORE_PX = 26.0, 64.0  # room that a mouse needs behind and before its hips
DEPTH_RANGE = (0.12, 0.88)
HOPPER_REACH_PX, SPOUT_REACH_PX = 40.0, 54.0  # from the hips to what the mouth is at

TIRED = 2.5
"""How unmet, relative, the need to sleep is when a drowsy session begins."""


USUAL_CAGE, USUAL_HABITS = Cage(), Habits()


def count_frames(options: SimulationOptions) -> int:
    """Return the number of frames of each full video."""
    return max(1, round(options.seconds * RATE_FPS))


def true_bouts(name: str, options: SimulationOptions, n_frames: int | None = None) -> list[Bout]:
    """Return what the mouse of a recording does; by default for the length of a full video."""
    generator = named_generator(options, name, "behavior")
    n_frames = n_frames or count_frames(options)
    return simulate_bouts(generator, n_frames, cage_of(name, options), habits_of(name, options))


def cage_of(name: str, options: SimulationOptions) -> Cage:
    """Return the cage that a recording was made in."""
    housing = house(name, options)
    return sample_cage(named_generator(options, housing.cage, "cage"), housing.mirrored)


def simulate_bouts(
    generator: Generator, n_frames: int, cage: Cage = USUAL_CAGE, habits: Habits = USUAL_HABITS
) -> list[Bout]:
    """Return bouts that tile ``[0, n_frames)``; neighbors differ in behavior."""
    bouts: list[Bout] = []
    needs = {goal: need for goal, need in NEEDS.items() if goal not in habits.missing}
    last_s = {goal: -generator.uniform(0, 1.5 * back_s) for goal, (_, back_s) in needs.items()}
    if habits.drowsy:
        last_s["sleep"] = -TIRED * needs["sleep"][1]
    place = _anywhere(generator)
    frame = 0
    while frame < n_frames:
        goal = _choose_goal(generator, last_s, frame / float(RATE_FPS))
        for behavior, target in _script(generator, goal, place, cage):
            duration_s = _duration_s(generator, behavior, place, target, habits.drowsy)
            stop = frame + max(1, round(duration_s * RATE_FPS))
            place = target
            if bouts and bouts[-1].behavior == behavior:
                bouts[-1] = Bout(behavior, bouts[-1].start, stop, target)
            else:
                bouts.append(Bout(behavior, frame, stop, target))
            frame = stop
        last_s[goal] = frame / float(RATE_FPS)
    bouts = [bout for bout in bouts if bout.start < n_frames]
    bouts[-1] = Bout(bouts[-1].behavior, bouts[-1].start, n_frames, bouts[-1].place)
    return bouts


def x_range(facing: int) -> tuple[float, float]:
    """Return where the hips of a mouse facing -1 or 1 can be, so that its nose stays in the cage."""
    if facing < 0:
        return LEFT_X + BEFORE_PX, RIGHT_X - BEHIND_PX
    return LEFT_X + BEHIND_PX, RIGHT_X - BEFORE_PX


def _choose_goal(generator: Generator, last_s: dict[str, float], now_s: float) -> str:
    # Cubed, so that a need long unmet comes first, and even a short video shows all of them.
    weights = np.array(
        [
            NEEDS[goal][0] * ((now_s - since_s) / NEEDS[goal][1]) ** 3 + 1e-6
            for goal, since_s in last_s.items()
        ]
    )
    return str(generator.choice(list(last_s), p=weights / weights.sum()))


def _script(
    generator: Generator, goal: str, here: Place, cage: Cage
) -> Iterator[tuple[str, Place]]:
    """Yield the bouts of a goal: behavior and where it happens (for walk, where it leads)."""
    if goal == "explore":
        for _ in range(generator.integers(1, 3)):
            here = _anywhere(generator, away_from=here)
            yield "walk", here
            yield "micromovement", here
            if generator.random() < 0.6:
                yield "rear", here
                if generator.random() < 0.6:
                    yield "micromovement", here
    elif goal == "feed":
        here = _at_hopper(generator, cage)
        yield "walk", here
        if generator.random() < 0.6:
            yield "rear", here
        yield "eat", here
        if generator.random() < 0.5:
            yield "micromovement", here
            yield "eat", here
        if generator.random() < 0.6:
            yield "micromovement", here
    elif goal == "thirst":
        here = _at_spout(generator, cage)
        yield "walk", here
        yield ("micromovement" if generator.random() < 0.6 else "rear"), here
        yield "drink", here
        if generator.random() < 0.2:
            yield "micromovement", here
            yield "drink", here
        yield "micromovement", here
    elif goal == "groom":
        yield "micromovement", here
        yield "groom", here
        if generator.random() < 0.45:
            yield "micromovement", here
            yield "groom", here
    elif goal == "climb":
        if generator.random() < 0.7:
            here = _anywhere(generator, away_from=here)
            yield "walk", here
        yield "rear", here
        yield "hang", here
        if generator.random() < 0.5:
            yield "rear", here
            yield "hang", here
        yield "micromovement", here
    else:
        if generator.random() < 0.7:
            here = _anywhere(generator, away_from=here)
            yield "walk", here
        yield "micromovement", here
        if generator.random() < 0.4:
            yield "groom", here
        yield "rest", here


def _duration_s(
    generator: Generator, behavior: str, here: Place, there: Place, drowsy: bool
) -> float:
    if behavior == "walk":
        median, spread = WALK_PX_PER_S
        speed = median * np.exp(spread * generator.standard_normal())
        return float(max(0.7, abs(there.x - here.x) / speed))
    sleeping = drowsy and behavior == "rest"
    median, spread, shortest, longest = SLEEP_S if sleeping else DURATIONS_S[behavior]
    sampled = median * np.exp(spread * generator.standard_normal())
    return float(np.clip(sampled, shortest, longest))


def _anywhere(generator: Generator, away_from: Place | None = None) -> Place:
    while True:
        facing = int(generator.choice([-1, 1]))
        x = generator.uniform(*x_range(facing))
        if away_from is None or (x - away_from.x) * facing >= SHORTEST_WALK_PX:
            return Place(x, generator.uniform(*DEPTH_RANGE), facing)


def _at_hopper(generator: Generator, cage: Cage) -> Place:
    facing = int(generator.choice([-1, 1]))
    x = cage.hopper_mouth[0] - facing * (HOPPER_REACH_PX + generator.normal(0, 4.0))
    return Place(x, generator.uniform(0.4, 0.7), facing, "hopper")


def _at_spout(generator: Generator, cage: Cage) -> Place:
    x = cage.spout[1][0] - SPOUT_REACH_PX + generator.normal(0, 2.0)
    return Place(x, generator.uniform(0.45, 0.6), 1, "spout")
