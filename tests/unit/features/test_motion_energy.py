"""S1 and C1, on gratings whose direction and speed are known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from homecage.features.motion_energy import DIRECTIONS, pool_c1, respond_s1

WAVELENGTH, SPEEDS = 8.0, (1.0, 2.0, 3.0)
STEPS = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}  # rows, columns


def drift(direction, speed, contrast=60.0, phase=0.0, length=8, size=32):
    """Draw stripes that drift: one clip (1, L, S, S)."""
    rows, columns = (np.arange(size) * part for part in STEPS[direction])
    at = rows[:, None] + columns[None, :]  # along the way
    times = np.arange(length)[:, None, None]
    waves = np.sin(2 * np.pi * (at - speed * times) / WAVELENGTH + phase)
    return torch.from_numpy(128 + contrast * waves)[None].float()


def respond(clip):
    """Return the median response, {(direction, speed): response}."""
    s1 = respond_s1(clip, WAVELENGTH, SPEEDS)
    assert s1.shape == (1, 12, 32, 32)
    middle = s1[0, :, 8:-8, 8:-8].flatten(1).median(dim=1).values.tolist()
    return dict(zip([(d, s) for d in DIRECTIONS for s in SPEEDS], middle, strict=True))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("speed", SPEEDS)
def test_a_drifting_grating_excites_its_direction_and_speed_most(direction, speed):
    found = respond(drift(direction, speed))
    assert max(found, key=found.get) == (direction, speed)
    across = [d for d in DIRECTIONS if STEPS[d][0] == 0] if STEPS[direction][0] else ["up", "down"]
    assert all(found[one, s] < 0.05 * found[direction, speed] for one in across for s in SPEEDS)


@given(st.floats(0, 6.3), st.floats(15, 60))
def test_neither_phase_nor_contrast_matters(phase, contrast):
    reference = respond(drift("right", 1.0))["right", 1.0]
    found = respond(drift("right", 1.0, contrast, phase))["right", 1.0]
    assert found == pytest.approx(reference, rel=0.1)


def test_what_stands_still_excites_nothing():
    still = drift("right", 0.0)
    assert respond_s1(still, WAVELENGTH, SPEEDS).max() < 1e-3
    flat = torch.full((1, 8, 32, 32), 90.0)
    assert respond_s1(flat, WAVELENGTH, SPEEDS).max() < 1e-3


def test_faint_noise_stays_faint():
    noise = 128 + torch.randn(1, 8, 32, 32, generator=torch.Generator().manual_seed(0))
    loud = respond(drift("right", 1.0))["right", 1.0]
    assert max(respond(noise).values()) < 0.2 * loud


def test_c1_keeps_the_largest_response_nearby():
    s1 = torch.zeros(1, 12, 32, 32)
    s1[0, 5, 9, 20] = 3
    c1 = pool_c1(s1, 8)
    assert c1.shape == (1, 12, 7, 7)
    rows, columns = np.nonzero(c1[0, 5].numpy())
    assert sorted({*rows}) == [1, 2] and sorted({*columns}) == [4, 5] and c1.max() == 3
    assert c1[0, [*range(5), *range(6, 12)]].max() == 0
