"""S2 and C2: how much of a clip looks like each of a few hundred pieces of other clips' motion.

The last two layers of the motion features of Jhuang et al. (2007, 2010). The templates are learned first,
from the clips that the convnet learns from.

Letters: N clips, L frames of a clip, S frame size in pixels, P cells along a side of C1, Q along one of a
template, M templates.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from homecage.clips.options import ClipGeometry
from homecage.errors import ConfigError
from homecage.features.foreground import to_gray
from homecage.features.motion_energy import pool_c1, respond_s1
from homecage.features.options import JhuangOptions
from homecage.features.spans import draw_clips, list_spans
from homecage.running.device import make_deterministic
from homecage.running.memory import keep_freed_memory
from homecage.storage.expect import expect
from homecage.storage.hashing import hash_file
from homecage.storage.weights import load_weights, save_weights

logger = logging.getLogger(__name__)

_KIND = "templates"
_LEARNED = {"wavelength_px", "speeds_px", "pool_px", "templates", "template_cells"}
"""The options that templates depend on."""
_NOISE = 0.05  # Of a match; what there is without motion.
_BATCH = 64  # Clips at once; more take longer, because their memory does not stay in the caches.


def learn_templates(
    *,
    stores: list[Path],
    plan: Path,
    geometry: ClipGeometry,
    options: JhuangOptions,
    seed: int,
    threads: int,
    model: Path,
) -> None:
    """Sample templates from the training clips of a plan; their behaviors say which clips there are, no more.

    Args:
        stores: the frames that the plan names: of clip folders, or of videos.
        plan: the balanced plan of training and test clips.
        geometry: length of a clip.
        options: the filters and the templates.
        seed: of which clips, and where in them.
        threads: CPU threads.
        model: safetensors file to write.

    Raises:
        ConfigError: a template is larger than a frame has cells.
        StoreError: the plan is of other stores, or a store cannot be read.
    """
    make_deterministic(threads)
    keep_freed_memory()
    rng = np.random.default_rng(seed)
    spans = list_spans(stores, plan)
    parts = []
    for start in range(0, options.templates, _BATCH):
        number = min(_BATCH, options.templates - start)
        clips = gray_clips(draw_clips(spans, number, geometry.length, rng))
        parts.append(sample_templates(describe_c1(clips, options), options, rng))
    templates = torch.cat(parts)
    metadata = {
        "kind": _KIND,
        "size_px": spans[0].frames.shape[1],
        "clip_length": geometry.length,
        "options": options.model_dump(mode="json", include=_LEARNED),
        "trained_on": sorted(path.stem for path in stores),
        "plan_sha256": hash_file(plan),
        "seed": seed,
    }
    save_weights(model, {"templates": templates}, metadata)
    logger.info("%d templates from %d stretches", len(templates), len(spans))


@dataclass(frozen=True)
class Templates:
    """What was learned, and how to compare clips with it."""

    size_px: int
    templates: Tensor  # (M, 12, Q, Q), of length 1
    options: JhuangOptions

    @torch.inference_mode()
    def match(self, clips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logarithm of C2, the best match of each template in gray clips (N, L, S, S), (N, M).

        A linear model tells twice the motion from the same motion better by the logarithm.
        """
        parts = [
            match_c2(describe_c1(clips[i : i + _BATCH], self.options), self.templates)
            for i in range(0, len(clips), _BATCH)
        ]
        return np.log(np.concatenate([part.numpy() for part in parts]) + _NOISE)


def load_templates(path: Path, geometry: ClipGeometry, options: JhuangOptions) -> Templates:
    """Read what was learned.

    Raises:
        StoreError: the file is damaged, holds something else, or was learned with other options.
    """
    tensors, made = load_weights(path)
    learned = options.model_dump(mode="json", include=_LEARNED)
    expect(path, made, kind=_KIND, clip_length=geometry.length, options=learned)
    return Templates(made["size_px"], tensors["templates"], options)


def gray_clips(clips: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return clips (N, L, S, S, 3) in gray, (N, L, S, S)."""
    n_clips, length = clips.shape[:2]
    gray = to_gray(clips.reshape(-1, *clips.shape[2:]))
    return gray.reshape(n_clips, length, *gray.shape[1:])


@torch.inference_mode()
def describe_c1(clips: NDArray[np.uint8], options: JhuangOptions) -> Tensor:
    """Return C1 (N, 12, P, P) of gray clips (N, L, S, S)."""
    s1 = respond_s1(torch.tensor(clips), options.wavelength_px, options.speeds_px)
    return pool_c1(s1, options.pool_px)


def sample_templates(c1: Tensor, options: JhuangOptions, rng: np.random.Generator) -> Tensor:
    """Take one piece of each clip's C1 (N, 12, P, P), of length 1: (N, 12, Q, Q).

    A piece's chance is its motion, so that templates are not of the empty cage.

    Raises:
        ConfigError: a template is larger than a frame has cells.
    """
    cells, size = c1.shape[-1], options.template_cells
    if size > cells:
        raise ConfigError(
            f"features.jhuang.template_cells: found {size}, but a frame has {cells} cells a side; expected "
            "no more, or a smaller features.jhuang.pool_px"
        )
    motion = F.avg_pool2d(c1.sum(1, keepdim=True), size, stride=1)[:, 0].double()  # (N, P', P')
    pieces = []
    for own, chances in zip(c1, motion.numpy(), strict=True):
        chance = chances.ravel() + 1e-12
        row, column = divmod(rng.choice(chance.size, p=chance / chance.sum()), chances.shape[1])
        pieces.append(own[:, row : row + size, column : column + size])
    templates = torch.stack(pieces)
    lengths: Tensor = templates.flatten(1).norm(dim=1).clamp(min=1e-6)
    return templates / lengths.view(-1, 1, 1, 1)


def match_c2(c1: Tensor, templates: Tensor) -> Tensor:
    """Return the largest projection of any piece of C1 (N, 12, P, P) onto each template, (N, M)."""
    return F.conv2d(c1, templates).flatten(2).amax(2)
