"""Pictures in a page's own text."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray


def embed_jpeg(picture: NDArray[np.uint8], quality: int) -> str:
    """Return an RGB picture (H, W, 3) as an address that holds it.

    Args:
        picture: the pixels.
        quality: of JPEG, from 0 to 100.
    """
    _, jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
