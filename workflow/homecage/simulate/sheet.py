"""A contact sheet of the simulated videos, to be looked at."""

from pathlib import Path

import cv2
import numpy as np

from homecage.simulate.behaviors import BEHAVIORS
from homecage.simulate.cage import HEIGHT_PX, WIDTH_PX
from homecage.simulate.names import is_night, video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import Bout, count_frames, true_bouts
from homecage.simulate.scene import Image
from homecage.simulate.session import draw_frames, open_session
from homecage.storage.publish import publish

DAYS, NIGHTS = 2, 1
NETWORK_PX = 32
TILE_PX = (240, 180)
GAP_PX = 3
HEADING_PX = 26


def plot_contact_sheet(*, options: SimulationOptions, output: Path) -> None:
    """Write a picture of every behavior (column) in two videos by day and one by night (rows).

    The last row is the first one again, at the size that the default experiment's network sees.

    Each tile is the middle frame of one of the video's longer bouts, blank where the behavior
    does not occur.
    """
    rows = [np.hstack([_heading(behavior) for behavior in BEHAVIORS])]
    shown: list[list[Image]] = []
    for video in _chosen_videos(options):
        session = open_session(video, options, count_frames(options))
        tiles = []
        for behavior in BEHAVIORS:
            bouts = [bout for bout in session.bouts if bout.behavior == behavior]
            bouts.sort(key=lambda bout: bout.stop - bout.start)
            tile = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
            if bouts:
                middle = _middle(bouts[2 * len(bouts) // 3])
                picture = next(draw_frames(session, middle, middle + 1))
                tile = np.asarray(cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420))
            tiles.append(tile)
        shown.append(tiles)
        rows.append(np.hstack([_tile(tile) for tile in tiles]))
    rows.append(np.hstack([_tile(_coarsen(tile)) for tile in shown[0]]))
    with publish(output) as temporary:
        cv2.imwrite(str(temporary), np.vstack(rows))


def _chosen_videos(options: SimulationOptions) -> list[str]:
    """Return the videos that show most behaviors: by day first, then by night."""

    def variety(video: str) -> int:
        return len({bout.behavior for bout in true_bouts(video, options)})

    best = sorted(video_names(options), key=variety, reverse=True)
    days = [video for video in best if not is_night(video)]
    nights = [video for video in best if is_night(video)]
    return [*days[:DAYS], *nights[:NIGHTS]]


def _middle(bout: Bout) -> int:
    return (bout.start + bout.stop) // 2


def _coarsen(picture: Image) -> Image:
    small = cv2.resize(picture, (NETWORK_PX, NETWORK_PX), interpolation=cv2.INTER_AREA)
    size = (WIDTH_PX, HEIGHT_PX)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _tile(picture: Image) -> Image:
    small = cv2.resize(picture, TILE_PX, interpolation=cv2.INTER_AREA)
    edges = (GAP_PX, GAP_PX, GAP_PX, GAP_PX)
    return np.asarray(cv2.copyMakeBorder(small, *edges, cv2.BORDER_CONSTANT, value=(255, 255, 255)))


def _heading(text: str) -> Image:
    canvas = np.full((HEADING_PX, TILE_PX[0] + 2 * GAP_PX, 3), 255, np.uint8)
    font, size, color = cv2.FONT_HERSHEY_SIMPLEX, 0.55, (40, 40, 40)
    (width, height), _ = cv2.getTextSize(text, font, size, 1)
    place = ((canvas.shape[1] - width) // 2, (HEADING_PX + height) // 2)
    cv2.putText(canvas, text, place, font, size, color, 1, cv2.LINE_AA)
    return canvas
