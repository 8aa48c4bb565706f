"""What overlapping clips share, exactly: the plan that the sharing engines carry out.

A *plane* is what a layer gives at one time: the channels of one image. A 3x3x3 convolution of a clip
at one time is the sum of three 2-D convolutions, its *taps*, of the planes before, at and after that
time; at a clip's ends, where it is padded with zeros, one is left out. Two planes that are made of the
same inputs are the same, in whichever clips they stand: so each plane is known by its inputs, and is
computed once, as is each tap of it.

At the paper's clips (8 frames, stride 2) conv2 to conv5 take 10, 7, 4 and 1 plane convolutions a
clip in place of 24, 12, 6 and 3.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import POOLING

TAPS = (0, 1, 2)
"""A 3x3x3 kernel's positions in time: before, at, after."""

PADDING = -1
"""Stands for the plane of zeros beyond a clip's end."""

Inputs = tuple[int, int, int]
"""What goes into a convolution at one time: the number of a plane for each tap, or PADDING."""

Plane = tuple[Inputs, ...]
"""What a plane is made of: it is the maximum over its times, one or two, of the convolution."""


@dataclass(frozen=True)
class Group:
    """Planes that are computed alike and used alike."""

    planes: tuple[Plane, ...]
    first: int
    """The number of the first plane in its layer; the others follow."""
    taps: tuple[int, ...]
    """The taps of these planes that the next layer needs; of the last layer, none."""

    def list_inputs(self, time: int) -> dict[int, list[int]]:
        """Return, for each tap but those that meet padding, the input of each plane at a time.

        Padding is met by all planes of a group or by none.
        """
        by_tap = zip(TAPS, zip(*(plane[time] for plane in self.planes), strict=True), strict=True)
        return {tap: list(inputs) for tap, inputs in by_tap if inputs[0] != PADDING}


Layer = tuple[Group, ...]


@dataclass(frozen=True)
class SharingPlan:
    """How consecutive clips are computed together; their frames are conv1's inputs."""

    n_frames: int
    layers: tuple[Layer, ...]
    clips: tuple[tuple[int, ...], ...]
    """The planes of the last layer that make up each clip, in the order of time."""


def plan_sharing(n_clips: int, geometry: ClipGeometry) -> SharingPlan:
    """Plan the computation of consecutive clips, of the frames from the first one's first on."""
    clips = [
        tuple(clip * geometry.stride + i for i in range(geometry.length)) for clip in range(n_clips)
    ]
    distinct: list[dict[Plane, int]] = []
    for window in POOLING:
        numbers: dict[Plane, int] = {}
        for i, clip in enumerate(clips):
            planes = _convolve_and_pool(clip, n_times=window[0])
            clips[i] = tuple(numbers.setdefault(plane, len(numbers)) for plane in planes)
        distinct.append(numbers)
    n_frames = (n_clips - 1) * geometry.stride + geometry.length
    order = {frame: frame for frame in range(n_frames)}
    layers: list[Layer] = []
    for planes_of_layer, following in zip(distinct, [*distinct[1:], {}], strict=True):
        layer, order = _group(planes_of_layer, _find_taps(following), order)
        layers.append(layer)
    return SharingPlan(
        n_frames, tuple(layers), tuple(tuple(order[i] for i in clip) for clip in clips)
    )


def count_convolutions(plan: SharingPlan) -> list[int]:
    """Count the plane convolutions of conv2 to conv5."""
    return [
        sum(len(group.planes) * len(group.taps) for group in layer) for layer in plan.layers[:-1]
    ]


def _convolve_and_pool(planes: tuple[int, ...], n_times: int) -> Iterator[Plane]:
    padded = (PADDING, *planes, PADDING)
    inputs = list(zip(padded, planes, padded[2:], strict=False))
    return (tuple(inputs[i : i + n_times]) for i in range(0, len(planes), n_times))


def _find_taps(planes: Iterable[Plane]) -> dict[int, set[int]]:
    """Return which taps of each input these planes need."""
    taps: dict[int, set[int]] = defaultdict(set)
    for plane in planes:
        for inputs in plane:
            for tap, number in zip(TAPS, inputs, strict=True):
                taps[number].add(tap)
    return taps


def _group(
    planes: dict[Plane, int], taps: dict[int, set[int]], order: dict[int, int]
) -> tuple[Layer, dict[int, int]]:
    """Put planes of one kind side by side, those first that are needed first in time.

    So the planes of which a tap is needed follow one another.

    Args:
        planes: the layer's planes and their numbers as they were found.
        taps: the taps of each that the next layer needs.
        order: the inputs' new numbers.

    Returns:
        The layer, and its planes' new numbers.
    """

    def kind(plane: Plane) -> tuple[list[int], list[list[bool]]]:
        at_padding = [[number == PADDING for number in inputs] for inputs in plane]
        return sorted(taps.get(planes[plane], ())), at_padding

    def renumber(inputs: Inputs) -> Inputs:
        before, at, after = (order.get(number, PADDING) for number in inputs)
        return before, at, after

    groups: list[Group] = []
    new_order: dict[int, int] = {}
    for (needed, _), members in groupby(sorted(planes, key=kind), key=kind):
        first, own = len(new_order), list(members)
        new_order |= {planes[plane]: first + i for i, plane in enumerate(own)}
        renumbered = tuple(tuple(map(renumber, plane)) for plane in own)
        groups.append(Group(renumbered, first, tuple(needed)))
    return tuple(groups), new_order
