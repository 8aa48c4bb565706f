"""The cage as one camera sees it in one light: everything in the picture but the mouse.

A scene is drawn once for a recording session, enlarged, and then seen through the session's camera,
once for each place that it is bumped to. What the mouse can be in front of is kept apart from the glass
before it. Pictures are kept as they are encoded, in I420: (360, 320), the luma (240, 320) above the two
chroma planes (120, 160) in a row each.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from homecage.simulate.cage import (
    FLOOR_BACK_Y,
    FLOOR_FRONT_Y,
    HEIGHT_PX,
    LEFT_X,
    LID_Y,
    RIGHT_X,
    WIDTH_PX,
    Cage,
)

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
Color = tuple[float, float, float]

ENLARGED = 2
"""How much larger the scene is drawn than it is seen."""

BACK_INSET = 15.0
"""How much narrower the back wall looks on either side."""

CHIPS = 7000
"""Wood chips strewn."""

NOISE_MARGIN_PX = 48
"""How far the bank of sensor noise reaches beyond the picture: each frame takes another window."""


@dataclass(frozen=True)
class Camera:
    """A small move of the camera: zoom, tilt in degrees and shift in pixels."""

    zoom: float
    tilt: float
    shift: tuple[float, float]

    def matrix(self) -> NDArray[np.float64]:
        """Return the map (2, 3) from the cage's pixels to the picture's."""
        center = (WIDTH_PX / 2, HEIGHT_PX / 2)
        matrix = cv2.getRotationMatrix2D(center, self.tilt, self.zoom)
        matrix[:, 2] += np.array(self.shift)
        return np.asarray(matrix, dtype=np.float64)


@dataclass(frozen=True)
class Light:
    """The light of a session: by night one gray channel, dim, uneven and noisy."""

    night: bool
    exposure: float
    tint: Color  # blue, green, red
    vignette: float
    spot: tuple[float, float]  # brightest point, relative
    noise: float  # standard deviation, gray levels
    haze: float  # gray levels added by the glass


@dataclass
class View:
    """What one place of the camera shows without a mouse; mice move its bedding about."""

    matrix: NDArray[np.float64]  # (2, 3), from the cage's pixels to the picture's
    behind: Image  # (H, W, 3), in blue, green, red: what the mouse covers
    through: Floats  # (H, W, 3): the light's and the glass's factor on all behind the glass
    glare: Image  # (H, W, 3): the glass's own reflections, added last
    still: Image  # in I420: the picture without a mouse

    def copy(self) -> "View":
        """Return a view whose bedding can be moved while this one's stays."""
        return replace(self, behind=self.behind.copy(), still=self.still.copy())

    def show(self, behind: Image, left: int, top: int) -> Image:
        """Return a part (h, w, 3) of what is behind the glass as the camera records it, in I420.

        All four numbers are even: (left, top) is where the part lies in the picture.
        """
        height, width = behind.shape[:2]
        window = (slice(top, top + height), slice(left, left + width))
        lit = cv2.multiply(behind, self.through[window], dtype=cv2.CV_8U)
        cv2.add(lit, self.glare[window], dst=lit)
        return np.asarray(cv2.cvtColor(lit, cv2.COLOR_BGR2YUV_I420))


@dataclass(frozen=True)
class Noise:
    """A bank of sensor noise, larger than the picture, as what it adds and takes away."""

    luma: tuple[Image, Image]
    chroma: tuple[Image, Image] | None  # none by night


@dataclass(frozen=True)
class Scene:
    """A session's cage in its light, to be seen from wherever the camera is."""

    light: Light
    canvas: Image  # enlarged
    reflections: Floats  # enlarged
    noise: Noise
    views: dict[Camera, View] = field(default_factory=dict)  # from where it was seen already

    def tone(self, color: Color) -> Color:
        """Return a color as the camera's sensor sees it before exposure."""
        if not self.light.night:
            return color
        gray = 0.25 * color[0] + 0.5 * color[1] + 0.25 * color[2]
        return (gray, gray, gray)

    def see(self, camera: Camera) -> View:
        """Return what a camera sees of it before any bedding moved."""
        if camera not in self.views:
            self.views[camera] = self._look_through(camera)
        return self.views[camera].copy()

    def _look_through(self, camera: Camera) -> View:
        seen = _seen(self.canvas, camera)
        if self.light.night:
            gray = seen @ np.array([0.25, 0.5, 0.25], np.float32)
            seen = np.repeat(gray[..., None], 3, axis=2)
        behind: Image = np.clip(seen, 0, 255).astype(np.uint8)
        tint = np.array(self.light.tint, np.float32)
        exposure = tint * np.float32(self.light.exposure)
        through = np.ascontiguousarray(_falloff(self.light)[..., None] * exposure)
        dimmed = 0.45 if self.light.night else 1.0
        mirrored = _seen(self.reflections, camera) * dimmed + self.light.haze
        glare: Image = np.clip(mirrored * tint, 0, 255).astype(np.uint8)
        view = View(camera.matrix(), behind, through, glare, behind)
        view.still = view.show(behind, 0, 0)
        return view


def planes(picture: Image) -> tuple[Image, Image, Image]:
    """Return a picture's luma (h, w) and chroma (h/2, w/2) planes: views of one in I420 (3h/2, w)."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    flat, size, quarter = picture.reshape(-1), height * width, height * width // 4
    half = (height // 2, width // 2)
    return (
        picture[:height],
        flat[size : size + quarter].reshape(half),
        flat[size + quarter :].reshape(half),
    )


def paste(picture: Image, part: Image, left: int, top: int) -> None:
    """Put a part in I420 into a picture in I420, at an even place."""
    for step, (whole, piece) in zip(
        (1, 2, 2), zip(planes(picture), planes(part), strict=True), strict=True
    ):
        y, x = top // step, left // step
        whole[y : y + piece.shape[0], x : x + piece.shape[1]] = piece


def sample_camera(generator: Generator) -> Camera:
    """Sample a session's camera."""
    return Camera(
        zoom=float(generator.uniform(0.98, 1.04)),
        tilt=float(generator.normal(0, 0.6)),
        shift=(float(generator.uniform(-3.5, 3.5)), float(generator.uniform(-3.5, 2.5))),
    )


def sample_light(generator: Generator, night: bool) -> Light:
    """Sample a session's light."""
    spot = (float(generator.uniform(0.3, 0.7)), float(generator.uniform(0.25, 0.55)))
    if night:
        return Light(
            night=True,
            exposure=float(generator.uniform(0.62, 0.74)),
            tint=(1.03, 1.0, 0.97),
            vignette=float(generator.uniform(0.38, 0.50)),
            spot=spot,
            noise=float(generator.uniform(3.0, 4.6)),
            haze=float(generator.uniform(3.0, 6.0)),
        )
    warmth = generator.uniform(0.0, 0.09)
    return Light(
        night=False,
        exposure=float(generator.uniform(0.92, 1.08)),
        tint=(float(0.97 - warmth), 1.0, float(1.02 + 0.6 * warmth)),
        vignette=float(generator.uniform(0.14, 0.26)),
        spot=spot,
        noise=float(generator.uniform(1.2, 2.4)),
        haze=float(generator.uniform(2.0, 6.0)),
    )


def draw_scene(generator: Generator, look: Generator, cage: Cage, light: Light) -> Scene:
    """Draw a session's cage: what changes between sessions by its own generator, the rest by ``look``."""
    canvas = _room(look)
    _walls(canvas)
    _bedding(generator, canvas, cage)
    _nest(look, canvas)
    _lid(canvas, front=False)
    _hopper(look, canvas, cage)
    _spout(canvas, cage)
    _lid(canvas, front=True)
    _rim(canvas)
    if cage.mirrored:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    return Scene(light, canvas, _reflections(generator), _noise(generator, light))


def _seen(canvas: NDArray[np.float32] | Image, camera: Camera) -> Floats:
    """Return the enlarged canvas as the camera sees it."""
    soft = cv2.GaussianBlur(canvas.astype(np.float32), (0, 0), 0.42 * ENLARGED)
    matrix = camera.matrix()
    matrix[:, :2] /= ENLARGED
    size = (WIDTH_PX, HEIGHT_PX)
    seen = cv2.warpAffine(soft, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.float32)


def _points(*points: tuple[float, float]) -> NDArray[np.int32]:
    return np.round(np.array(points) * ENLARGED * 16).astype(np.int32)


def _fill(canvas: Image, color: Color, *points: tuple[float, float]) -> None:
    cv2.fillPoly(canvas, [_points(*points)], color, cv2.LINE_AA, 4)


def _box(canvas: Image, color: Color, low: tuple[float, float], high: tuple[float, float]) -> None:
    _fill(canvas, color, low, (high[0], low[1]), high, (low[0], high[1]))


def _line(canvas: Image, color: Color, width: float, *points: tuple[float, float]) -> None:
    thickness = max(1, round(width * ENLARGED))
    cv2.polylines(canvas, [_points(*points)], False, color, thickness, cv2.LINE_AA, 4)


def _room(generator: Generator) -> Image:
    """Return the room behind the cage: a wall, and shelves out of focus."""
    wall = np.array([generator.uniform(154, 168), generator.uniform(165, 177), 0])
    wall[2] = wall[1] + generator.uniform(2, 14)
    wall *= generator.uniform(0.8, 1.06)
    ramp = np.linspace(1.05, 0.82, HEIGHT_PX)[:, None, None]
    canvas = np.clip(wall * ramp * np.ones((HEIGHT_PX, WIDTH_PX, 1)), 0, 255).astype(np.uint8)
    for _ in range(5):
        x, y = generator.uniform(0, WIDTH_PX), generator.uniform(0, HEIGHT_PX * 0.7)
        half_x, half_y = generator.uniform(12, 60), generator.uniform(8, 45)
        shade = float(generator.uniform(0.74, 1.08))
        blue, green, red = np.clip(wall * shade, 0, 255).tolist()
        low, high = (round(x - half_x), round(y - half_y)), (round(x + half_x), round(y + half_y))
        cv2.rectangle(canvas, low, high, (blue, green, red), -1)
    far = cv2.GaussianBlur(canvas, (0, 0), 7.0)
    return np.asarray(cv2.resize(far, None, fx=ENLARGED, fy=ENLARGED), np.uint8)


def _walls(canvas: Image) -> None:
    """Tint what is seen through the back wall and draw the edges of the glass."""
    pane = canvas.copy()
    left, right = LEFT_X + BACK_INSET, RIGHT_X - BACK_INSET
    top = LID_Y + 7
    _box(pane, (150, 158, 156), (LEFT_X, LID_Y), (RIGHT_X, 226))
    _box(pane, (168, 175, 173), (left, top), (right, FLOOR_BACK_Y))
    cv2.addWeighted(canvas, 0.62, pane, 0.38, 0, dst=canvas)
    for x in (left, right):
        _line(canvas, (182, 190, 188), 1.2, (x, top), (x, FLOOR_BACK_Y))
        _line(canvas, (128, 136, 134), 0.6, (x + 1.3, top), (x + 1.3, FLOOR_BACK_Y))


def _bedding(generator: Generator, canvas: Image, cage: Cage) -> None:
    """Strew wood chips: a rough floor, drifts at the back wall, a cut through it at the front."""
    height, width = canvas.shape[:2]
    xs = np.linspace(LEFT_X + BACK_INSET, RIGHT_X - BACK_INSET, 140)
    drift = sum(
        size * cv2.GaussianBlur(generator.normal(0, np.sqrt(wide), (1, 140)), (0, 0), wide)[0]
        for size, wide in ((6.0, 18.0), (2.4, 5.0), (0.7, 0.8))
    )
    drift = drift - drift.min() - 1.5
    back = [(float(x), float(FLOOR_BACK_Y - d)) for x, d in zip(xs, drift, strict=True)]
    outline = [*back, (RIGHT_X, FLOOR_FRONT_Y), (RIGHT_X, 227.0), (LEFT_X, 227.0)]
    outline.append((LEFT_X, FLOOR_FRONT_Y))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [_points(*outline)], 255, cv2.LINE_AA, 4)

    chips = _chips(generator, canvas)
    # Light falls from above and the front: darker under the hopper and along the back wall, and
    # darker still in the cut behind the front glass.
    rows = np.arange(height)[:, None] / ENLARGED
    columns = np.arange(width)[None, :] / ENLARGED
    shade = 0.80 + 0.20 * np.clip((rows - FLOOR_BACK_Y) / 30.0, 0, 1)
    under_hopper = np.exp(
        -(((columns - 222 - cage.shift) / 46.0) ** 2) - ((rows - 190) / 16.0) ** 2
    )
    shade = shade * (1 - 0.16 * under_hopper)
    shade = np.where(rows > FLOOR_FRONT_Y + 1, 0.80 * shade, shade)
    coarse = generator.normal(0, 1.0, (height // 9 + 1, width // 9 + 1))
    patches = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 3.0), (width, height))
    shade = shade * (1 + 0.06 * patches / patches.std())
    lit = np.clip(chips * shade[..., None], 0, 255)
    cover = mask[..., None] / 255.0
    canvas[:] = (lit * cover + canvas * (1 - cover)).astype(np.uint8)


def _chips(generator: Generator, canvas: Image) -> Image:
    """Return chips all over: larger in front, each with its own shade and shadow."""
    chips = np.empty_like(canvas)
    chips[:] = (92, 122, 146)
    tone = np.array([116.0, 152.0, 178.0]) * generator.uniform(0.9, 1.08)
    y = np.sort(generator.uniform(FLOOR_BACK_Y - 14, 229, CHIPS))
    x = generator.uniform(LEFT_X, RIGHT_X, CHIPS)
    near = (y - FLOOR_BACK_Y + 14) / 53.0
    length = (0.5 + 0.9 * near) * generator.uniform(0.7, 1.9, CHIPS)
    width = length * generator.uniform(0.3, 0.7, CHIPS)
    shade = generator.normal(1.0, 0.17, CHIPS) * (0.84 + 0.16 * near)
    colors = np.clip(tone * shade[:, None] + generator.normal(0, 5, (CHIPS, 3)), 0, 255)
    angles = generator.normal(0, 40, CHIPS).tolist()
    places = _points(*zip(x, y, strict=True)).tolist()
    sizes = _points(*zip(length, width, strict=True)).tolist()
    darks = (0.6 * colors).tolist()
    chip = zip(places, sizes, angles, colors.tolist(), darks, strict=True)
    for place, size, angle, color, dark in chip:
        under = (place[0] + 8, place[1] + 20)
        cv2.ellipse(chips, under, size, angle, 0, 360, dark, -1, cv2.LINE_8, 4)
        cv2.ellipse(chips, place, size, angle, 0, 360, color, -1, cv2.LINE_AA, 4)
    return chips


def _nest(generator: Generator, canvas: Image) -> None:
    """Heap torn tissue in a corner at the back, as a mouse does; it rests there no more than elsewhere."""
    corner = RIGHT_X - generator.uniform(32.0, 44.0)
    for height in np.sort(generator.uniform(0, 1, 420)):
        x = corner + float(np.clip(generator.normal(0, 11.0), -20, 20)) * (1.1 - 0.6 * height)
        y = (
            FLOOR_BACK_Y
            + generator.uniform(0, 6)
            - 15.0 * height * np.exp(-(((x - corner) / 17.0) ** 2))
        )
        shade = float(np.clip(generator.normal(0.80 + 0.16 * height, 0.07), 0.5, 1.02))
        angle, length = generator.uniform(-60, 60), generator.uniform(1.2, 4.6)
        axes = (round(length * ENLARGED * 16), round(generator.uniform(0.4, 1.2) * ENLARGED * 16))
        middle = (round(x * ENLARGED * 16), round(y * ENLARGED * 16))
        under = (middle[0], middle[1] + 30)
        dark = (150 * shade, 158 * shade, 162 * shade)
        color = (206 * shade, 214 * shade, 218 * shade)
        cv2.ellipse(canvas, under, axes, angle, 0, 360, dark, -1, cv2.LINE_AA, 4)
        cv2.ellipse(canvas, middle, axes, angle, 0, 360, color, -1, cv2.LINE_AA, 4)


def _lid(canvas: Image, front: bool) -> None:
    """Draw the lid: rods across it, seen end to end from slightly below, and its frame."""
    low, high = LID_Y + 7.0, LID_Y
    if not front:
        for x in np.arange(LEFT_X + 4, RIGHT_X - 2, 6.0):
            inner = 160 + (x - 160) * (1 - 2 * BACK_INSET / (RIGHT_X - LEFT_X))
            _line(canvas, (92, 96, 98), 1.1, (x, high), (inner, low))
            _line(canvas, (176, 182, 184), 0.4, (x - 0.4, high), (inner - 0.4, low))
        _line(canvas, (100, 104, 106), 1.6, (LEFT_X + BACK_INSET, low), (RIGHT_X - BACK_INSET, low))
        return
    _line(canvas, (84, 88, 90), 3.2, (LEFT_X - 4, high), (RIGHT_X + 4, high))
    _line(canvas, (198, 204, 206), 0.8, (LEFT_X - 4, high - 0.9), (RIGHT_X + 4, high - 0.9))
    _line(canvas, (120, 124, 126), 1.2, (LEFT_X - 2, high - 5), (RIGHT_X + 2, high - 5))


def _hopper(generator: Generator, canvas: Image, cage: Cage) -> None:
    """Hang the wedge of bars from the lid and fill it with pellets."""
    (left, top), (right, _), (low_right, low), (low_left, lowest) = cage.hopper
    outline = np.array([(left, top - 12), (right, top - 12), (low_right, low), (low_left, lowest)])
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(mask, [_points(*map(tuple, outline))], 255, cv2.LINE_AA, 4)
    inside = np.zeros_like(canvas)
    inside[:] = (40, 50, 58)
    level = generator.uniform(top - 4, top + 16)
    for y in np.arange(lowest + 2, level, -4.2):
        for x in np.arange(left, right, 9.0):
            middle = (x + generator.uniform(-4, 4), y + generator.uniform(-2, 2))
            angle = generator.uniform(-50, 50)
            shade = generator.uniform(0.75, 1.15)
            color = (62 * shade, 92 * shade, 124 * shade)
            along = 5.5 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
            ends = [tuple(middle - along), tuple(middle + along)]
            _line(inside, (26, 38, 50), 5.6, *ends)
            _line(inside, color, 4.4, *ends)
            lit = [(ends[0][0] - 0.3, ends[0][1] - 1.0), (ends[1][0] - 0.3, ends[1][1] - 1.0)]
            _line(inside, (84 * shade, 120 * shade, 156 * shade), 1.4, *lit)
    slope = np.linspace(1.08, 0.78, canvas.shape[1] // 3)  # the wedge's left flank is lit
    across = np.interp(
        np.arange(canvas.shape[1]) / ENLARGED, np.linspace(left, right, len(slope)), slope
    )
    inside = np.clip(inside * across[None, :, None], 0, 255)
    cover = mask[..., None] / 255.0
    canvas[:] = (inside * cover + canvas * (1 - cover)).astype(np.uint8)
    for share in np.linspace(0, 1, 15):
        upper = (left + share * (right - left), top)
        lower = (low_left + share * (low_right - low_left), lowest + share * (low - lowest))
        _line(canvas, (70, 74, 76), 1.0, upper, lower)
        _line(canvas, (206, 210, 212), 0.45, (upper[0] - 0.4, top), (lower[0] - 0.4, lower[1]))
    for share in (0.34, 0.68):
        a = (left + share * (low_left - left), top + share * (lowest - top))
        b = (right + share * (low_right - right), top + share * (low - top))
        _line(canvas, (104, 108, 110), 0.9, a, b)
    _line(
        canvas, (88, 92, 94), 1.8, (left, top), (low_left, lowest), (low_right, low), (right, top)
    )
    _line(canvas, (196, 200, 202), 0.6, (left - 0.6, top), (low_left - 0.6, lowest))


def _spout(canvas: Image, cage: Cage) -> None:
    """Draw the steel tube of the water bottle; away from the hopper it comes down from the lid."""
    (base_x, base_y), (tip_x, tip_y) = cage.spout
    if cage.gap:
        top_x = base_x + (base_x - tip_x) * (base_y - LID_Y) / (tip_y - base_y)
        base_x, base_y = top_x, LID_Y + 6
        _line(canvas, (104, 110, 114), 12.0, (top_x + 3, LID_Y - 14), (top_x, LID_Y + 4))
    _line(canvas, (60, 64, 68), 5.6, (base_x + 4, base_y - 7), (base_x, base_y))
    _line(canvas, (92, 96, 98), 4.6, (base_x, base_y), (tip_x, tip_y))
    _line(canvas, (150, 155, 158), 3.0, (base_x, base_y), (tip_x + 0.4, tip_y - 0.8))
    _line(canvas, (226, 230, 232), 0.9, (base_x - 1, base_y), (tip_x - 0.7, tip_y - 1.4))


def _rim(canvas: Image) -> None:
    """Draw the edges of the front glass and the table."""
    height = canvas.shape[0]
    table = canvas[round(229 * ENLARGED) : height]
    ramp = np.linspace(0.95, 0.7, len(table))[:, None, None]
    table[:] = np.clip(np.array([86, 92, 98]) * ramp, 0, 255).astype(np.uint8)
    _line(canvas, (196, 204, 202), 1.6, (LEFT_X - 2, 228), (RIGHT_X + 2, 228))
    _line(canvas, (120, 128, 126), 0.8, (LEFT_X - 2, 229.6), (RIGHT_X + 2, 229.6))
    for x in (LEFT_X - 1, RIGHT_X + 1):
        _line(canvas, (204, 212, 210), 2.2, (x, LID_Y), (x, 228))
        _line(canvas, (122, 130, 128), 0.7, (x - 1.6, LID_Y), (x - 1.6, 228))
        _line(canvas, (138, 146, 144), 0.5, (x + 1.6, LID_Y), (x + 1.6, 228))


def _reflections(generator: Generator) -> Floats:
    """Return what the front glass mirrors: a window's slanted panes and a lamp, out of focus."""
    canvas = np.zeros((HEIGHT_PX * ENLARGED, WIDTH_PX * ENLARGED, 3), np.uint8)
    for _ in range(int(generator.integers(2, 5))):
        x, width = generator.uniform(LEFT_X, RIGHT_X - 40), generator.uniform(8, 34)
        slant, strength = generator.uniform(14, 40), generator.uniform(6, 18)
        color = (strength, strength, strength)
        _fill(
            canvas,
            color,
            (x + slant, LID_Y),
            (x + slant + width, LID_Y),
            (x + width, 226),
            (x, 226),
        )
    x, y = generator.uniform(40, 280), generator.uniform(80, 150)
    small = cv2.GaussianBlur(canvas[::ENLARGED, ::ENLARGED], (0, 0), 3.5)
    soft = cv2.resize(small, canvas.shape[1::-1]).astype(np.float32)
    lamp = np.zeros_like(canvas)
    _fill(lamp, (46, 48, 50), (x, y), (x + 16, y - 3), (x + 17, y + 9), (x + 1, y + 11))
    return soft + cv2.GaussianBlur(lamp, (0, 0), 1.8 * ENLARGED).astype(np.float32)


def _falloff(light: Light) -> Floats:
    rows, columns = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    x = (columns / WIDTH_PX - light.spot[0]) * 1.2
    y = rows / HEIGHT_PX - light.spot[1]
    return np.asarray(1.06 - light.vignette * np.minimum((x * x + y * y) * 2.6, 1.1), np.float32)


def _noise(generator: Generator, light: Light) -> Noise:
    """Return a session's sensor noise."""
    margin = NOISE_MARGIN_PX
    luma = _grain(generator, 0.92 * light.noise, (HEIGHT_PX + margin, WIDTH_PX + margin))
    if light.night:
        return Noise(luma, None)
    half = ((HEIGHT_PX + margin) // 2, (WIDTH_PX + margin) // 2)
    return Noise(luma, _grain(generator, 0.3 * light.noise, half))


def _grain(generator: Generator, strength: float, shape: tuple[int, int]) -> tuple[Image, Image]:
    noise = cv2.GaussianBlur(generator.normal(0, strength, shape), (0, 0), 0.5) * 1.5
    noise = np.round(noise)
    return np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8)
