"""Drawing the mouse into a frame: shaded fur, ears, eye, limbs, tail and a soft shadow."""

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from homecage.simulate.anatomy import Shape
from homecage.simulate.cage import HEIGHT_PX, WIDTH_PX
from homecage.simulate.scene import Color, Floats, Image, Scene, View, paste

INFRARED = 1.08
"""How much brighter fur looks by night, relative to the rest of the picture."""

MARGIN_PX = 10
FUR_STEPS = 64
_SHIFT = 4  # cv2 takes coordinates in 1/16 pixels
_CIRCLE = np.linspace(0, 2 * np.pi, 16, endpoint=False)
_CIRCLE = np.stack([np.cos(_CIRCLE), np.sin(_CIRCLE)], axis=-1)  # (16, 2)
Fixed = NDArray[np.int32]
"""Coordinates in 1/16 pixels."""


@dataclass(frozen=True)
class Coat:
    """A mouse's colors (blue, green, red), size, and the grain of its fur."""

    size: float
    fur: Image  # (256, 1, 3): the fur's color by its brightness, FUR_STEPS to that of the back
    pale: float  # how much brighter than the back the belly is, relative
    tail: Color
    limbs: tuple[Color, Color]  # and where they are lit
    far: tuple[Color, Color]  # the limbs on the other side
    paws: Color
    ears: tuple[Color, Color]  # rim and shell
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

    limbs = _mixed(seen(back), 0.55, seen(skin), 0.25)
    far = _mixed(limbs, 0.7)
    return Coat(
        size=float(generator.uniform(1.08, 1.17)),
        fur=_ramp(np.array(seen(back)), np.array(seen(belly))),
        pale=sum(belly) / sum(back) - 1,
        tail=_mixed(seen(back), 0.35, seen(skin), 0.6),
        limbs=(limbs, _mixed(limbs, 1.3)),
        far=(far, _mixed(far, 1.3)),
        paws=_mixed(seen(back), 0.25, seen(skin), 0.75),
        ears=(
            _mixed(seen(back), 0.75, seen(skin), 0.15),
            _mixed(seen(back), 0.45, seen(skin), 0.5),
        ),
        grain=grain.astype(np.float32),
        grain_strength=strength,
    )


def _ramp(back: NDArray[np.float64], belly: NDArray[np.float64]) -> Image:
    """Return the fur's colors from shade to light; brighter fur takes on the belly's color."""
    tone = np.maximum(np.arange(256) / FUR_STEPS, 0.28)[:, None]
    share = np.clip(tone - 0.8, 0, 1)
    color = back * (1 - share) + belly * (back.sum() / belly.sum()) * share
    ramp: Image = np.clip(tone * color, 0, 255).astype(np.uint8)[:, None]
    return ramp


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


@dataclass(frozen=True)
class Traced:
    """The outlines of a mouse in T frames, relative to the part of the picture that it takes up."""

    shape: Shape  # its points relative to the box
    box: NDArray[np.int64]  # (T, 4): left, top, right, bottom, all even
    fur: NDArray[np.int64]  # (T, 4): the same of trunk and head, within the box
    body: Fixed  # (T, N, 16, 2); the outlines of trunk and head are relative to the fur's box
    crown: Fixed  # (T, 16, 2)
    face: Fixed  # (T, 2 S, 2)
    thighs: Fixed  # (T, 2, 16, 2)
    tail: Fixed  # (T, 2 M, 2)
    feet: Fixed  # (T, 2, 3, 2)
    arms: Fixed  # (T, 2, 3, 2)


def trace_shape(shape: Shape) -> Traced:
    """Outline a shape as the camera sees it; all frames at once."""
    box = _bound(shape)
    viewed = {field.name: getattr(shape, field.name) for field in fields(shape)}
    for name in ("spine", "skull", "ears", "eyes", "haunch", "feet", "arms", "tail"):
        points = viewed[name]
        viewed[name] = points - box[:, :2].reshape(-1, *[1] * (points.ndim - 2), 2)
    viewed["ground"] = shape.ground - np.pad(box[:, :2], [(0, 0), (0, 1)])
    shape = Shape(**viewed)
    fur = _bound_fur(shape, box[:, 2:] - box[:, :2])
    corner = fur[:, None, :2]  # (T, 1, 2)
    spine, skull = shape.spine - corner, shape.skull - corner
    widths = np.linspace(2.1, 0.5, shape.tail.shape[1]) * shape.scale[:, None]
    return Traced(
        shape=shape,
        box=box,
        fur=fur,
        body=_fix(_circles(spine, shape.radii)),
        crown=_fix(_circles(skull[:, 0], shape.skull_radii[:, 0])),
        face=_fix(_band(skull, shape.skull_radii)),
        thighs=_fix(_circles(shape.haunch - corner, 9.5 * shape.scale[:, None] * np.ones(2))),
        tail=_fix(_band(shape.tail, widths)),
        feet=_fix(shape.feet),
        arms=_fix(shape.arms),
    )


def _circles(centers: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return polygons (..., 16, 2) about centers (..., 2)."""
    return centers[..., None, :] + radii[..., None, None] * _CIRCLE


def _band(points: NDArray[np.float64], widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outline (T, 2 M, 2) of a band along points (T, M, 2), of half widths (T, M)."""
    along = np.gradient(points, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1) * widths[..., None]
    return np.concatenate([points + across, (points - across)[:, ::-1]], axis=1)


def _fix(points: NDArray[np.float64]) -> Fixed:
    return np.round(points * (1 << _SHIFT)).astype(np.int32)


def _bound(shape: Shape) -> NDArray[np.int64]:
    """Return the part (T, 4) of the picture that the mouse and its shadow take up."""
    radii, skull = shape.radii[..., None], 12.0
    low = np.minimum.reduce(
        [
            (shape.spine - radii).min(axis=1),
            (shape.skull - skull).min(axis=1),
            shape.tail.min(axis=1),
            shape.arms.min(axis=(1, 2)),
        ]
    )
    high = np.maximum.reduce(
        [
            (shape.spine + radii).max(axis=1),
            (shape.skull + skull).max(axis=1),
            shape.tail.max(axis=1),
            shape.feet.max(axis=(1, 2)),
        ]
    )
    x, y, half = shape.ground.T
    low = np.minimum(low, np.stack([x - half, y - 8], axis=-1)) - MARGIN_PX
    high = np.maximum(high, np.stack([x + half, y + 10], axis=-1)) + MARGIN_PX
    size = [WIDTH_PX, HEIGHT_PX]
    low = np.clip(2 * np.floor(low / 2), 0, size)
    high = np.clip(2 * np.ceil(high / 2), 0, size)
    return np.concatenate([low, high], axis=1).astype(np.int64)


def _bound_fur(shape: Shape, size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the part (T, 4) of the box, of these sizes (T, 2), that trunk and head take up."""
    reach = [(shape.spine, shape.radii[..., None]), (shape.skull, shape.skull_radii[..., None])]
    low = np.minimum.reduce([(points - radii).min(axis=1) for points, radii in reach])
    high = np.maximum.reduce([(points + radii).max(axis=1) for points, radii in reach])
    low = np.clip(2 * np.floor((low - 2) / 2), 0, size)
    high = np.clip(2 * np.ceil((high + 2) / 2), low + 2, np.maximum(size, low + 2))
    return np.concatenate([low, high], axis=1).astype(np.int64)


def draw_mouse(frame: Image, traced: Traced, t: int, view: View, night: bool, coat: Coat) -> None:
    """Draw the mouse of frame ``t`` into the still picture ``frame``, in I420, in place."""
    left, top, right, bottom = traced.box[t].tolist()
    if right - left < 4 or bottom - top < 4:
        return
    shape = traced.shape
    patch = view.behind[top:bottom, left:right].copy()
    near, far = (1, 0) if shape.side[t] > 0 else (0, 1)
    scale = float(shape.scale[t])

    _cast_shadow(patch, shape.ground[t], float(shape.spine[t, 2, 1]))
    cv2.fillPoly(patch, [traced.tail[t]], coat.tail, cv2.LINE_AA, _SHIFT)
    _draw_limb(patch, traced.feet[t, far], scale, coat.far, coat.far[0])
    _draw_limb(patch, traced.arms[t, far], scale, coat.far, coat.far[0])
    ears = [side for side in (far, near) if shape.near[t, side] < -0.35]
    for side in ears:
        _draw_ear(patch, shape, t, side, coat)
    hidden = bool(shape.away[t] > 0.6)  # forepaws and nose, behind a mouse that looks away
    if hidden:
        _draw_limb(patch, traced.arms[t, near], scale, coat.limbs, coat.paws)
    _draw_fur(patch, traced, t, near, coat)
    _draw_limb(patch, traced.feet[t, near, 1:], scale, coat.limbs, coat.paws)
    if not hidden:
        _draw_limb(patch, traced.arms[t, near], scale, coat.limbs, coat.paws)
    for side in (far, near):
        if side not in ears:
            _draw_ear(patch, shape, t, side, coat)
        if shape.near[t, side] > 0.05 and not hidden:
            _draw_eye(patch, shape.eyes[t, side], scale, night)
    if not hidden:
        _draw_dot(patch, shape.skull[t, -1], 1.3 * scale, coat.paws)
    paste(frame, view.show(patch, left, top), left, top)


def _fixed(point: NDArray[np.float64]) -> tuple[int, int]:
    return int(point[0] * (1 << _SHIFT)), int(point[1] * (1 << _SHIFT))


def _cast_shadow(patch: Image, ground: NDArray[np.float64], hips_y: float) -> None:
    """Darken the bedding under the mouse; the higher it hangs, the fainter."""
    x, y, half = ground.tolist()
    height, width = patch.shape[:2]
    top, bottom = max(0, int(y - 20)), min(height, int(y + 20))
    if bottom <= top:
        return
    across = (np.arange(width, dtype=np.float32) - x) / half
    along = (np.arange(top, bottom, dtype=np.float32) - y) / 8.5
    strength = 0.62 * min(max(1.3 - (y - hips_y) / 60.0, 0.25), 1.0)
    shade = 1 - strength * np.exp(-1.4 * along * along)[:, None] * np.exp(-1.4 * across * across)
    dark = cv2.merge([shade, shade, shade])
    patch[top:bottom] = cv2.multiply(patch[top:bottom], dark, dtype=cv2.CV_8U)


def _draw_limb(
    patch: Image, joints: Fixed, scale: float, colors: tuple[Color, Color], tip: Color
) -> None:
    thick = max(2, round(3.2 * scale))
    cv2.polylines(patch, [joints], False, colors[0], thick, cv2.LINE_AA, _SHIFT)
    if thick > 2:
        lit = joints - np.array([0, 10], np.int32)
        cv2.polylines(patch, [lit], False, colors[1], thick - 2, cv2.LINE_AA, _SHIFT)
    x, y = joints[-1].tolist()
    cv2.circle(patch, (x, y), int(1.8 * scale * (1 << _SHIFT)), tip, -1, cv2.LINE_AA, _SHIFT)


def _draw_ear(patch: Image, shape: Shape, t: int, side: int, coat: Coat) -> None:
    center = _fixed(shape.ears[t, side])
    width, height = shape.ear_axes[t, side].tolist()
    angle = float(shape.ear_angle[t, side])
    factor = 1 << _SHIFT
    axes = (int(width * factor), int(height * factor))
    cv2.ellipse(patch, center, axes, angle, 0, 360, coat.ears[0], -1, cv2.LINE_AA, _SHIFT)
    if shape.near[t, side] > -0.35:
        axes = (int(0.66 * width * factor), int(0.70 * height * factor))
        cv2.ellipse(patch, center, axes, angle, 0, 360, coat.ears[1], -1, cv2.LINE_AA, _SHIFT)


def _draw_eye(patch: Image, point: NDArray[np.float64], scale: float, night: bool) -> None:
    _draw_dot(patch, point, 1.75 * scale, (14, 14, 16))
    glint = (235, 235, 235) if night else (190, 195, 200)  # a lamp mirrored in the eye
    _draw_dot(patch, point + np.array([-0.5, -0.6]) * scale, 0.6 * scale, glint)


def _draw_dot(patch: Image, point: NDArray[np.float64], radius: float, color: Color) -> None:
    size = max(8, int(radius * (1 << _SHIFT)))
    cv2.circle(patch, _fixed(point), size, color, -1, cv2.LINE_AA, _SHIFT)


def _draw_fur(patch: Image, traced: Traced, t: int, near: int, coat: Coat) -> None:
    """Blend in trunk, head and haunch: outlines swollen into relief, lit from above, with grain.

    The relief is smooth, and computed at half the size.
    """
    left, top, right, bottom = traced.fur[t].tolist()
    patch = patch[top:bottom, left:right]
    height, width = patch.shape[:2]
    shape, scale = traced.shape, float(traced.shape.scale[t])
    body = np.zeros((height, width), np.uint8)
    for circle in traced.body[t]:
        cv2.fillConvexPoly(body, circle, 255, cv2.LINE_AA, _SHIFT)
    head, thigh = np.zeros_like(body), np.zeros_like(body)
    cv2.fillConvexPoly(head, traced.crown[t], 255, cv2.LINE_AA, _SHIFT)
    cv2.fillPoly(head, [traced.face[t]], 255, cv2.LINE_AA, _SHIFT)
    cv2.fillConvexPoly(thigh, traced.thighs[t, near], 255, cv2.LINE_AA, _SHIFT)
    cv2.min(thigh, body, dst=thigh)
    raised = cv2.addWeighted(head, 0.55, thigh, 0.22, 0)

    half = (width // 2, height // 2)
    trunk = cv2.resize(body, half, interpolation=cv2.INTER_AREA)
    raised = cv2.resize(raised, half, interpolation=cv2.INTER_AREA)
    unit = np.float32(1 / 255)
    swollen = cv2.GaussianBlur(raised * unit, (0, 0), 1.8 * scale)
    relief = cv2.GaussianBlur(trunk * unit, (0, 0), 3.25 * scale) + swollen
    slope_x = cv2.Sobel(relief, cv2.CV_32F, 1, 0, ksize=3, scale=0.5)
    slope_y = cv2.Sobel(relief, cv2.CV_32F, 0, 1, ksize=3, scale=0.5)

    # The belly is paler: it faces away from the spine's back, whichever way the mouse is turned.
    spine = shape.spine[t]
    trend_x, trend_y = (spine[-1] - spine[1]).tolist()
    turn = (-1.6 if shape.side[t] > 0 else 1.6) / max(float(np.hypot(trend_x, trend_y)), 1.0)
    ventral = cv2.addWeighted(slope_x, trend_y * turn, slope_y, -trend_x * turn, 0.1)
    np.clip(ventral, 0.0, 1.0, out=ventral)
    crease = np.maximum(swollen - raised * unit, 0)
    shade = 0.92 + 1.15 * slope_y + 0.30 * slope_x - 0.6 * crease
    tone = cv2.resize(shade * (1 + np.float32(coat.pale) * ventral), (width, height))

    stretch = scale / max(float(np.hypot(trend_x, trend_y)), 1e-6)
    cos, sin = trend_x * stretch, trend_y * stretch
    hips_x, hips_y = (spine[2] - [left, top]).tolist()
    place = np.array(
        [
            [cos, -sin, hips_x - 100.0 * cos + 128.0 * sin],
            [sin, cos, hips_y - 100.0 * sin - 128.0 * cos],
        ]
    )
    grain = cv2.warpAffine(coat.grain, place, (width, height), borderMode=cv2.BORDER_WRAP)
    rough = FUR_STEPS * 0.5 * coat.grain_strength
    brightness = cv2.addWeighted(tone, FUR_STEPS, grain, rough, 0, dtype=cv2.CV_8U)
    fur = cv2.applyColorMap(brightness, coat.fur)
    cover = cv2.max(body, head) * unit
    patch[:] = cv2.blendLinear(fur, patch, cover, 1 - cover)
