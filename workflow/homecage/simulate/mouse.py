"""Drawing the mouse into a frame: shaded fur, ears, eye, limbs, tail and a soft shadow."""

from dataclasses import dataclass, fields
from itertools import pairwise

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from homecage.simulate.anatomy import Shape
from homecage.simulate.scene import Color, Floats, Image, Scene

SUPERSAMPLED = 3
"""Outlines are drawn this much enlarged, then averaged: smooth edges that move by part pixels."""

INFRARED = 1.08
"""How much brighter fur looks by night, relative to the rest of the picture."""

MARGIN_PX = 10
_SHIFT = 4  # cv2 takes coordinates in 1/16 pixels


@dataclass(frozen=True)
class Coat:
    """A mouse's colors (blue, green, red), size, and the grain of its fur."""

    size: float
    back: Color
    belly: Color
    skin: Color
    grain: Floats  # (256, 256), mean 0
    grain_strength: float


def sample_coat(generator: Generator, scene: Scene) -> Coat:
    """Sample a session's mouse: agouti or nearly black."""
    shade = generator.uniform(0.9, 1.1)
    if generator.random() < 0.5:
        back, belly, skin = (50, 70, 88), (92, 116, 134), (106, 116, 152)
        strength = 0.26
    else:
        back, belly, skin = (42, 43, 46), (60, 63, 68), (82, 88, 112)
        strength = 0.20
    streaks = cv2.GaussianBlur(generator.normal(0, 1, (256, 256)), (0, 0), 2.2, sigmaY=0.6)
    specks = cv2.GaussianBlur(generator.normal(0, 1, (256, 256)), (0, 0), 0.7)
    grain = 0.6 * streaks / streaks.std() + 0.7 * specks / specks.std()

    def seen(color: Color) -> Color:
        blue, green, red = scene.tone(color)
        # Fur reflects the infrared of a night camera's lamp better than it does daylight.
        factor = shade * (INFRARED if scene.light.night else 1.0)
        return (blue * factor, green * factor, red * factor)

    return Coat(
        size=float(generator.uniform(1.08, 1.17)),
        back=seen(back),
        belly=seen(belly),
        skin=seen(skin),
        grain=grain.astype(np.float32),
        grain_strength=strength,
    )


def _mixed(color: Color, share: float, other: Color = (0.0, 0.0, 0.0), rest: float = 0.0) -> Color:
    """Return a weighted sum of two colors."""
    blue, green, red = (share * a + rest * b for a, b in zip(color, other, strict=True))
    return (min(blue, 255.0), min(green, 255.0), min(red, 255.0))


def view_shape(shape: Shape, matrix: NDArray[np.float64]) -> Shape:
    """Return the shape as a camera with this map (2, 3) sees it."""
    zoom = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    points = ("spine", "skull", "ears", "eyes", "haunch", "feet", "arms", "tail")
    lengths = ("radii", "skull_radii", "ear_axes", "scale")
    viewed = {field.name: getattr(shape, field.name) for field in fields(shape)}
    for name in points:
        viewed[name] = viewed[name] @ matrix[:, :2].T + matrix[:, 2]
    for name in lengths:
        viewed[name] = viewed[name] * zoom
    middle = shape.ground[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    viewed["ground"] = np.concatenate([middle, shape.ground[:, 2:] * zoom], axis=1)
    return Shape(**viewed)


def draw_mouse(frame: Image, shape: Shape, t: int, scene: Scene, coat: Coat) -> None:
    """Draw the mouse of frame ``t`` into the still picture ``frame`` (H, W, 3), in place."""
    left, top, right, bottom = _bounds(shape, t, frame)
    if right - left < 4 or bottom - top < 4:
        return
    origin = np.array([left, top], dtype=np.float64)
    patch = scene.behind[top:bottom, left:right].copy()
    near, far = (1, 0) if shape.side[t] > 0 else (0, 1)

    _cast_shadow(patch, shape.ground[t] - [left, top, 0], shape.spine[t, 2, 1] - top)
    limbs = _mixed(coat.back, 0.55, coat.skin, 0.25)
    tail = _mixed(coat.back, 0.35, coat.skin, 0.6)
    _draw_tail(patch, shape.tail[t] - origin, shape.scale[t], tail)
    dim = _mixed(limbs, 0.7)
    _draw_limb(patch, shape.feet[t, far] - origin, shape.scale[t], dim, dim)
    _draw_limb(patch, shape.arms[t, far] - origin, shape.scale[t], dim, dim)
    ears = [side for side in (far, near) if shape.near[t, side] < -0.35]
    for side in ears:
        _draw_ear(patch, shape, t, side, origin, coat)
    hidden = bool(shape.away[t] > 0.6)  # forepaws and nose, behind a mouse that looks away
    pink = _mixed(coat.back, 0.25, coat.skin, 0.75)
    if hidden:
        _draw_limb(patch, shape.arms[t, near] - origin, shape.scale[t], limbs, pink)
    _draw_fur(patch, shape, t, near, origin, coat)
    _draw_limb(patch, shape.feet[t, near, 1:] - origin, shape.scale[t], limbs, pink)
    if not hidden:
        _draw_limb(patch, shape.arms[t, near] - origin, shape.scale[t], limbs, pink)
    for side in (far, near):
        if side not in ears:
            _draw_ear(patch, shape, t, side, origin, coat)
        if shape.near[t, side] > 0.05 and not hidden:
            _draw_eye(patch, shape.eyes[t, side] - origin, shape.scale[t], scene.light.night)
    if not hidden:
        _draw_dot(patch, shape.skull[t, -1] - origin, 1.3 * shape.scale[t], pink)

    seen = cv2.multiply(patch, scene.through[top:bottom, left:right], dtype=cv2.CV_8U)
    frame[top:bottom, left:right] = cv2.add(seen, scene.glare[top:bottom, left:right])


def _bounds(shape: Shape, t: int, frame: Image) -> tuple[int, int, int, int]:
    low = np.minimum.reduce(
        [
            (shape.spine[t] - shape.radii[t, :, None]).min(axis=0),
            (shape.skull[t] - 12.0).min(axis=0),
            shape.tail[t].min(axis=0),
            shape.arms[t].min(axis=(0, 1)),
        ]
    )
    high = np.maximum.reduce(
        [
            (shape.spine[t] + shape.radii[t, :, None]).max(axis=0),
            (shape.skull[t] + 12.0).max(axis=0),
            shape.tail[t].max(axis=0),
            shape.feet[t].max(axis=(0, 1)),
        ]
    )
    x, y, half = shape.ground[t]
    low = np.floor(np.minimum(low, [x - half, y - 8])) - MARGIN_PX
    high = np.ceil(np.maximum(high, [x + half, y + 10])) + MARGIN_PX
    height, width = frame.shape[:2]
    return (
        int(np.clip(low[0], 0, width)),
        int(np.clip(low[1], 0, height)),
        int(np.clip(high[0], 0, width)),
        int(np.clip(high[1], 0, height)),
    )


def _fixed(point: NDArray[np.float64], enlarged: int = 1) -> tuple[int, int]:
    factor = enlarged << _SHIFT
    offset = (enlarged - 1) / 2 * (1 << _SHIFT)
    return int(point[0] * factor + offset), int(point[1] * factor + offset)


def _cast_shadow(patch: Image, ground: NDArray[np.float64], hips_y: float) -> None:
    """Darken the bedding under the mouse; the higher it hangs, the fainter."""
    x, y, half = ground
    height, width = patch.shape[:2]
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :]
    across = (columns - x) / half
    along = (rows - y) / 8.5
    strength = 0.62 * float(np.clip(1.3 - (y - hips_y) / 60.0, 0.25, 1.0))
    shade = 1.0 - strength * cv2.exp(-1.4 * (across * across + along * along))
    cv2.multiply(patch, cv2.merge([shade, shade, shade]), dst=patch, dtype=cv2.CV_8U)


def _draw_tail(patch: Image, points: NDArray[np.float64], scale: float, color: Color) -> None:
    widths = np.linspace(4.2, 1.2, len(points) - 1) * scale
    for start, stop, width in zip(points[:-1], points[1:], widths, strict=True):
        thick = max(1, round(width))
        cv2.line(patch, _fixed(start), _fixed(stop), color, thick, cv2.LINE_AA, _SHIFT)


def _draw_limb(
    patch: Image, points: NDArray[np.float64], scale: float, color: Color, tip: Color
) -> None:
    joints = [_fixed(point) for point in points]
    lit = _mixed(color, 1.3)
    thick = max(2, round(3.4 * scale))
    for start, stop in pairwise(joints):
        cv2.line(patch, start, stop, color, thick, cv2.LINE_AA, _SHIFT)
        if thick > 2:
            above = ((start[0], start[1] - 10), (stop[0], stop[1] - 10))
            cv2.line(patch, *above, lit, thick - 2, cv2.LINE_AA, _SHIFT)
        thick = max(2, thick - 1)
    radius = int(1.8 * scale * (1 << _SHIFT))
    cv2.circle(patch, joints[-1], radius, tip, -1, cv2.LINE_AA, _SHIFT)


def _draw_ear(
    patch: Image, shape: Shape, t: int, side: int, origin: NDArray[np.float64], coat: Coat
) -> None:
    center = _fixed(shape.ears[t, side] - origin)
    width, height = shape.ear_axes[t, side]
    angle = float(shape.ear_angle[t, side])
    factor = 1 << _SHIFT
    rim = _mixed(coat.back, 0.75, coat.skin, 0.15)
    axes = (int(width * factor), int(height * factor))
    cv2.ellipse(patch, center, axes, angle, 0, 360, rim, -1, cv2.LINE_AA, _SHIFT)
    if shape.near[t, side] > -0.35:
        shell = _mixed(coat.back, 0.45, coat.skin, 0.5)
        axes = (int(0.66 * width * factor), int(0.70 * height * factor))
        cv2.ellipse(patch, center, axes, angle, 0, 360, shell, -1, cv2.LINE_AA, _SHIFT)


def _draw_eye(patch: Image, point: NDArray[np.float64], scale: float, night: bool) -> None:
    _draw_dot(patch, point, 1.75 * scale, (14, 14, 16))
    glint = (235, 235, 235) if night else (190, 195, 200)  # a lamp mirrored in the eye
    _draw_dot(patch, point + np.array([-0.5, -0.6]) * scale, 0.6 * scale, glint)


def _draw_dot(patch: Image, point: NDArray[np.float64], radius: float, color: Color) -> None:
    size = max(8, int(radius * (1 << _SHIFT)))
    cv2.circle(patch, _fixed(point), size, color, -1, cv2.LINE_AA, _SHIFT)


def _draw_fur(
    patch: Image, shape: Shape, t: int, near: int, origin: NDArray[np.float64], coat: Coat
) -> None:
    """Blend in trunk, head and haunch: outlines swollen into relief, lit from above, with grain."""
    height, width = patch.shape[:2]
    spine, skull = shape.spine[t] - origin, shape.skull[t] - origin
    scale = float(shape.scale[t])
    body = _spheres(spine, shape.radii[t], (height, width))
    head = _spheres(skull, shape.skull_radii[t], (height, width))
    haunch = shape.haunch[t, near : near + 1] - origin
    thigh = _spheres(haunch, np.array([9.5 * scale]), (height, width))
    thigh = np.minimum(thigh, body)

    trunk = cv2.GaussianBlur(body, (0, 0), 6.5 * scale)
    skull_relief = cv2.GaussianBlur(head, (0, 0), 3.6 * scale)
    thigh_relief = cv2.GaussianBlur(thigh, (0, 0), 3.4 * scale)
    relief = trunk + 0.55 * skull_relief + 0.22 * thigh_relief
    slope_x = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3)
    slope_y = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3)

    # The belly is paler: it faces away from the spine's back, whichever way the mouse is turned.
    trend = spine[-1] - spine[1]
    back = np.array([trend[1], -trend[0]]) / max(float(np.hypot(*trend)), 1.0)
    back = back * (-1.0 if shape.side[t] > 0 else 1.0)
    ventral = np.clip((slope_x * back[0] + slope_y * back[1]) * 1.6 + 0.1, 0.0, 1.0)

    angle = float(np.arctan2(trend[1], trend[0]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    hips = spine[2]
    place = np.column_stack([turn, hips - turn @ [100.0, 128.0]])
    grain = cv2.warpAffine(
        coat.grain, place, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    crease = skull_relief * (1.0 - head) + 0.5 * thigh_relief * (1.0 - thigh)
    shade = (
        0.92 + 1.15 * slope_y + 0.30 * slope_x - 0.35 * crease + coat.grain_strength * 0.5 * grain
    )
    shade = np.clip(shade, 0.28, 1.9)

    cover = cv2.max(body, head)
    edge = cover * (1.0 - cover) * 4.0
    cover = np.clip(cover + 0.16 * edge * grain, 0.0, 1.0)
    for channel in range(3):
        color = coat.back[channel] + (coat.belly[channel] - coat.back[channel]) * ventral
        here = patch[..., channel].astype(np.float32)
        here += cover * (color * shade - here)
        patch[..., channel] = here


def _spheres(
    centers: NDArray[np.float64], radii: NDArray[np.float64], size: tuple[int, int]
) -> Floats:
    """Return how much of each pixel the union of the spheres covers, from 0 to 1."""
    height, width = size
    large = np.zeros((height * SUPERSAMPLED, width * SUPERSAMPLED), np.uint8)
    factor = SUPERSAMPLED << _SHIFT
    for center, radius in zip(centers, radii, strict=True):
        cv2.circle(
            large, _fixed(center, SUPERSAMPLED), int(radius * factor), 255, -1, cv2.LINE_8, _SHIFT
        )
    small = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (3, 3), 0.6).astype(np.float32) * np.float32(1 / 255)
