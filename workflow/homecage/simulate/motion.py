"""From bouts to poses: how the mouse holds itself and moves in every frame.

A bout is a sequence of short modes of motion (sniffing, stepping, rubbing the face, ...), and most
modes occur in several behaviors: it is their mixture over seconds, and what came before, that makes
a behavior. Every parameter of the pose is a piecewise constant target, smoothed over time, plus
oscillations whose amplitude and rate are smoothed targets too, so a pose never jumps.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from homecage.simulate.cage import RATE_FPS, WIDTH_PX
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import DEPTH_RANGE, Bout, x_range
from homecage.simulate.seeds import named_generator

Track = NDArray[np.float64]  # (T,)
Segment = tuple[int, int, str]
"""A stretch ``[start, stop)`` of one mode of motion."""


@dataclass
class Pose:
    """The pose in T frames, one array (T,) for each parameter; lengths in pixels, angles in radians.

    ``torso`` is the mean angle of the spine above the horizontal, ``arch`` half of what it falls
    from hip to neck, ``head`` the head's angle above the neck's. ``yaw`` is 0 for a mouse facing
    right and pi/2 for one facing away; ``turn`` and ``bend`` turn the head and bend the spine
    sideways. ``paws`` leads the forepaws from the floor (0) to the mouth (1), ``reach`` stretches
    them out beyond the head.
    """

    x: Track
    depth: Track
    height: Track
    yaw: Track
    torso: Track
    arch: Track
    head: Track
    turn: Track
    bend: Track
    paws: Track
    reach: Track
    paw_x: Track
    paw_y: Track
    gait: Track
    stride: Track
    breath: Track
    tail: Track

    def part(self, start: int, stop: int) -> "Pose":
        """Return the pose in the frames ``[start, stop)``."""
        tracks = {field.name: getattr(self, field.name)[start:stop] for field in fields(self)}
        return Pose(**tracks)

    def mirrored(self) -> "Pose":
        """Return what a mirror shows."""
        return replace(
            self, x=WIDTH_PX - self.x, yaw=np.pi - self.yaw, turn=-self.turn, bend=-self.bend
        )


@dataclass(frozen=True)
class Posture:
    """What a mode's pose tends to; angles in degrees, height of the hips in pixels."""

    torso: float
    arch: float
    head: float
    height: float = 13.0
    paws: float = 0.0
    reach: float = 0.0


@dataclass(frozen=True)
class Mode:
    """A way of moving: a posture, and how strongly and fast it swings."""

    posture: str
    rate_hz: float = 3.0
    bob: float = 0.0  # swing of the head, degrees
    rub: float = 0.0  # path of the paws, pixels
    rock: float = 0.0  # swing of the torso, degrees
    wander: float = 0.0  # slow searching of head and torso, relative
    step: float = 0.0  # probability of a small step


POSTURES = {
    "stand": Posture(torso=6, arch=12, head=-14),
    "stride": Posture(torso=3, arch=3, head=-6, height=15),
    "crouch": Posture(torso=12, arch=30, head=-2, height=12),
    "curl": Posture(torso=20, arch=58, head=-36, height=9),
    "sit": Posture(torso=46, arch=40, head=-44, height=12, paws=1.0),
    "lick": Posture(torso=44, arch=56, head=-50, height=12, paws=0.7),
    "up": Posture(torso=66, arch=8, head=-38, height=15, paws=0.35, reach=0.25),
    "gnaw": Posture(torso=64, arch=10, head=-22, height=19, paws=0.5, reach=0.35),
    "spout": Posture(torso=34, arch=10, head=6, height=14, paws=0.15),
    "hang": Posture(torso=80, arch=4, head=-42, height=52, reach=1.0),
}

# Rates and amplitudes overlap between behaviors once each bout's own factors are applied.
# ASSUME: face rubbing at 4 to 7 Hz, sniffing at 3 to 8 Hz, licking near 6 Hz, as mice do.
MODES = {
    "doze": Mode("curl"),
    "still": Mode("crouch"),
    "freeze": Mode("stand"),
    "sniff": Mode("stand", rate_hz=4.5, bob=9.0, rock=2.0, wander=2.0, step=0.3),
    "forage": Mode("crouch", rate_hz=4.0, bob=10.0, rub=3.0, rock=2.2, wander=1.7, step=0.2),
    "step": Mode("stride", rate_hz=3.0, bob=3.0, wander=1.0, step=1.0),
    "gait": Mode("stride", rate_hz=3.5, bob=2.5, wander=0.3),
    "rub": Mode("sit", rate_hz=4.8, bob=10.0, rub=7.5, rock=3.0, wander=0.2),
    "chew": Mode("sit", rate_hz=6.0, bob=4.0, rub=2.2, rock=0.8, wander=0.2),
    "hold": Mode("sit", rate_hz=3.0, bob=1.0, rub=0.6, wander=0.4),
    "flank": Mode("lick", rate_hz=4.0, bob=12.0, rub=4.0, rock=4.5, wander=0.3),
    "look": Mode("up", rate_hz=3.5, bob=6.0, rub=1.2, rock=1.5, wander=1.4),
    "stretch": Mode("up", rate_hz=2.0, bob=1.5, wander=0.5),
    "gnaw": Mode("gnaw", rate_hz=5.0, bob=9.0, rub=1.5, rock=3.0, wander=0.3),
    "lap": Mode("spout", rate_hz=6.0, bob=4.5, rub=0.4, rock=0.8),
    "nose": Mode("spout", rate_hz=4.0, bob=5.0, wander=1.0, step=0.1),
    "hang": Mode("hang", rate_hz=1.6, bob=6.0, rub=2.0, rock=5.0, wander=1.0),
    "cling": Mode("hang", rate_hz=1.2, bob=1.5, rock=1.5, wander=0.4),
}

# What each behavior is made of. The shares that a behavior lends from its neighbors set how often
# a glimpse of a quarter of a second deceives: raise them to make single clips harder.
MIXTURES: dict[str, dict[str, float]] = {
    "drink": {"lap": 0.92, "nose": 0.08},
    "eat": {"gnaw": 0.40, "look": 0.08, "stretch": 0.06, "chew": 0.36, "hold": 0.06, "rub": 0.04},
    "groom": {"rub": 0.58, "flank": 0.20, "chew": 0.09, "hold": 0.06, "forage": 0.05, "doze": 0.02},
    "hang": {"hang": 0.74, "cling": 0.16, "look": 0.10},
    "micromovement": {
        "sniff": 0.47, "forage": 0.25, "step": 0.10, "freeze": 0.04, "still": 0.04,
        "doze": 0.02, "chew": 0.03, "rub": 0.03, "look": 0.02,
    },
    "rear": {"look": 0.66, "stretch": 0.20, "gnaw": 0.08, "sniff": 0.06},
    "rest": {"doze": 0.84, "still": 0.11, "forage": 0.03, "freeze": 0.02},
    "walk": {"gait": 0.86, "sniff": 0.10, "freeze": 0.04},
}  # fmt: skip

# What is in reach is tried in passing: sniffing at the spout is no drink, and a mouse that rears at
# the hopper may gnaw at a bar.
AT_SITE: dict[tuple[str, str], dict[str, float]] = {
    ("micromovement", "spout"): {"nose": 0.20},
    ("rear", "spout"): {"nose": 0.15},
    ("micromovement", "hopper"): {"gnaw": 0.06, "chew": 0.10},
    ("rear", "hopper"): {"gnaw": 0.25},
}

BOUT_CONCENTRATION = 9.0
"""How alike the bouts of a behavior are in their mixture: lower gives more bouts of an odd kind."""

BOUT_SPREAD = 0.25
"""Log standard deviation of each bout's own factors on amplitude and rate."""

DWELL_S = (0.35, 1.5)
"""Shortest and longest time in one mode."""

STEP_PX = 9.0
"""Standard deviation of a small step's length."""

AIMED = ("gnaw", "lap", "nose")
"""Modes for which the mouse moves its nose to the hopper or spout before it."""

STRIDE_PX = 30.0
"""Way that a mouse goes in one cycle of its legs."""

LEAST_GAIT = 0.6
"""Share of a walk, up to any pause's end, that is spent going."""

LEAN_DEGREES = 2.5
"""Standard deviation of each bout's own posture."""

YAW_SPREAD = {"rest": 0.4, "groom": 0.35, "walk": 0.12, "drink": 0.15, "eat": 0.3}
"""Standard deviation of the yaw about the side a bout faces, where it is not 0.25 radians."""

BLEND_S = 0.10
"""Standard deviation of the smoothing of targets: a transition takes about four of these."""

_FPS = float(RATE_FPS)
_TARGETS = (
    "x", "depth", "yaw", "torso", "arch", "head", "height", "paws", "reach", "bend",
    "rate", "bob", "rub", "rock", "wander", "alive",
)  # fmt: skip


def true_modes(name: str, options: SimulationOptions, bouts: list[Bout]) -> list[list[Segment]]:
    """Return the modes of motion in each of a recording's bouts."""
    return choose_modes(named_generator(options, name, "modes"), bouts)


def true_pose(name: str, options: SimulationOptions, bouts: list[Bout]) -> Pose:
    """Return the pose of a recording's mouse in every frame, as the cage is laid out."""
    modes = true_modes(name, options, bouts)
    return move_mouse(named_generator(options, name, "motion"), bouts, modes)


def choose_modes(generator: Generator, bouts: list[Bout]) -> list[list[Segment]]:
    """Return each bout's segments, one mode of motion each."""
    return [_choose_modes(generator, bout) for bout in bouts]


def move_mouse(generator: Generator, bouts: list[Bout], modes: list[list[Segment]]) -> Pose:
    """Return the pose in every frame that the bouts tile, each bout in its modes of motion."""
    n_frames = bouts[-1].stop
    targets = {name: np.zeros(n_frames) for name in _TARGETS}
    at = bouts[0].place
    x, depth, yaw = at.x, at.depth, _yaw_of(generator, at.facing, 0.0, 0.4)
    for bout, segments in zip(bouts, modes, strict=True):
        x, depth, yaw = _act(generator, bout, segments, targets, x, depth, yaw)
    return _animate(generator, targets)


def _act(
    generator: Generator,
    bout: Bout,
    segments: list[Segment],
    targets: dict[str, Track],
    x: float,
    depth: float,
    yaw: float,
) -> tuple[float, float, float]:
    """Write one bout's targets; return where the mouse then is and faces."""
    strength, pace = np.exp(BOUT_SPREAD * generator.standard_normal(2) * [1.0, 0.5])
    lean = generator.normal(0, LEAN_DEGREES, 3)
    side = generator.normal(0, 0.2)
    walking = bout.behavior == "walk"
    facing = (1 if bout.place.x >= x else -1) if walking else bout.place.facing
    yaw = _yaw_of(generator, facing, yaw, YAW_SPREAD.get(bout.behavior, 0.25))

    moving = sum(stop - start for start, stop, name in segments if name == "gait")
    origin, walked = np.array([x, depth]), 0
    way = np.array([bout.place.x, bout.place.depth]) - origin
    for start, stop, name in segments:
        mode, length = MODES[name], stop - start
        at = np.array([[x], [depth]])  # (2, 1): stays, unless it walks or steps
        if walking and name == "gait":
            share = (walked + np.arange(1, length + 1)) / moving
            at = origin[:, None] + way[:, None] * share
            walked += length
        elif bout.place.site != "open" and name in AIMED:
            nearing = np.minimum(np.arange(1, length + 1) / (0.3 * _FPS), 1.0)
            at = at + (np.array([[bout.place.x], [bout.place.depth]]) - at) * nearing
        elif not walking and generator.random() < mode.step:
            step = generator.normal(0, [STEP_PX, STEP_PX / 180])
            at = at + step[:, None] * np.linspace(0, 1, length)
            yaw += generator.normal(0, 0.25)
        at = np.clip(at.T, *np.transpose([x_range(facing), DEPTH_RANGE])).T
        x, depth = at[:, -1].tolist()

        posture = POSTURES[mode.posture]
        values = {
            "x": at[0],
            "depth": at[1],
            "yaw": yaw,
            "torso": posture.torso + lean[0],
            "arch": posture.arch + lean[1],
            "head": posture.head + lean[2],
            "height": posture.height,
            "paws": posture.paws,
            "reach": posture.reach,
            "bend": side + (0.9 * np.sign(side) if name == "flank" else 0.0),
            "rate": mode.rate_hz * pace,
            "bob": mode.bob * strength,
            "rub": mode.rub * strength,
            "rock": mode.rock * strength,
            "wander": mode.wander * strength,
            "alive": float(name not in ("doze", "still", "freeze")),
        }
        for parameter, value in values.items():
            targets[parameter][start:stop] = value
    return x, depth, yaw


def _choose_modes(generator: Generator, bout: Bout) -> list[Segment]:
    """Cut a bout into segments, each ``(start, stop, mode)``, by the bout's own mixture."""
    mixture = MIXTURES[bout.behavior] | AT_SITE.get((bout.behavior, bout.place.site), {})
    usual = np.array(list(mixture.values()))
    shares = generator.dirichlet(BOUT_CONCENTRATION * usual / usual.sum() + 0.05)
    names, until = list(mixture), np.cumsum(shares)[:-1]
    segments: list[Segment] = []
    start = bout.start
    while start < bout.stop:
        stop = start + round(generator.uniform(*DWELL_S) * _FPS)
        stop = bout.stop if bout.stop - stop < 5 else stop
        segments.append((start, stop, names[int(np.searchsorted(until, generator.random()))]))
        start = stop
    if bout.behavior == "eat":  # a visit to the hopper begins every meal
        segments[0] = (*segments[0][:2], "gnaw")
    if bout.behavior == "walk":  # pauses must leave the time to arrive
        going = 0
        for index, (start, stop, name) in enumerate(segments):
            if name != "gait" and going < LEAST_GAIT * (stop - bout.start):
                segments[index] = (start, stop, "gait")
            going += (stop - start) * (segments[index][2] == "gait")
    return segments


def _animate(generator: Generator, targets: dict[str, Track]) -> Pose:
    n_frames = len(targets["x"])
    smooth = {name: _smoothed(track, BLEND_S) for name, track in targets.items()}
    smooth["yaw"] = _smoothed(targets["yaw"], 1.3 * BLEND_S)

    def wandering(scale: float, seconds: float) -> Track:
        return scale * smooth["wander"] * _noise(generator, n_frames, seconds)

    phase = np.cumsum(2 * np.pi * smooth["rate"] / _FPS) + 0.6 * _noise(generator, n_frames, 0.5)
    swing, beat = np.sin(phase), np.cos(phase)
    degrees = np.pi / 180
    step_px = np.hypot(np.gradient(smooth["x"]), 60 * np.gradient(smooth["depth"]))
    speed = _smoothed(step_px * _FPS, 0.1)
    gait = 2 * np.pi * np.cumsum(speed / _FPS) / STRIDE_PX
    stride = np.clip(speed / 45.0, 0, 1)
    bounce = 1.6 * stride * np.sin(gait) ** 2
    breathing = 2 * np.pi * np.cumsum(2.2 + 0.25 * _noise(generator, n_frames, 2.0)) / _FPS
    return Pose(
        x=smooth["x"] + wandering(1.0, 0.4),
        depth=smooth["depth"],
        height=smooth["height"] + 0.3 * smooth["rock"] * np.abs(swing) + bounce,
        yaw=smooth["yaw"] + wandering(0.16, 0.5),
        torso=degrees * (smooth["torso"] + smooth["rock"] * beat + wandering(5.0, 0.45)),
        arch=degrees * (smooth["arch"] + wandering(3.0, 0.5)),
        head=degrees * (smooth["head"] + smooth["bob"] * swing + wandering(11.0, 0.35)),
        turn=wandering(0.35, 0.35),
        bend=smooth["bend"] + wandering(0.15, 0.6),
        paws=np.clip(smooth["paws"], 0, 1),
        reach=np.clip(smooth["reach"], 0, 1),
        paw_x=smooth["rub"] * 0.6 * beat,
        paw_y=smooth["rub"] * swing,
        gait=gait,
        stride=stride,
        breath=np.sin(breathing),
        tail=_noise(generator, n_frames, 0.9) * (0.25 + 0.75 * smooth["alive"]),
    )


def _yaw_of(generator: Generator, facing: int, yaw: float, spread: float) -> float:
    """Return a yaw that faces left or right, reached from ``yaw`` without turning round twice."""
    wanted = (0.0 if facing > 0 else np.pi) + np.clip(generator.normal(0, spread), -1.2, 1.2)
    return yaw + float(np.angle(np.exp(1j * (wanted - yaw))))


def _smoothed(track: Track, seconds: float) -> Track:
    """Return the track convolved with a Gaussian of the given standard deviation."""
    half = max(1, round(4 * seconds * _FPS))
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / (seconds * _FPS)) ** 2)
    padded = np.pad(track, half, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _noise(generator: Generator, n_frames: int, seconds: float) -> Track:
    """Return smooth Gaussian noise of unit variance with about the given correlation time."""
    half = max(1, round(4 * seconds * _FPS))
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / (seconds * _FPS)) ** 2)
    white = generator.standard_normal(n_frames + 2 * half)
    return np.convolve(white, kernel / np.sqrt((kernel**2).sum()), mode="valid")
