"""Clips that come a few at a time are scored as those of a whole video."""

import numpy as np
import pytest
import torch

from homecage.errors import ConfigError
from homecage.sequence import stream
from homecage.sequence.bilstm import Bilstm
from homecage.sequence.lstm import Lstm
from homecage.sequence.mlp import Mlp
from homecage.sequence.models import find_model
from homecage.sequence.stream import Scorer
from homecage.sequence.tcn import Tcn

D, K, C = 5, 3, 150
SHAPE = {"descriptor": D, "behaviors": K, "dropout": 0.2}
NETWORKS = {
    "lstm": (Lstm, SHAPE | {"layers": 2, "units": 4}),
    "bilstm": (Bilstm, SHAPE | {"layers": 2, "units": 4}),
    "tcn": (Tcn, SHAPE | {"layers": 4, "units": 4, "input_dropout": 0.1}),
    "mlp": (Mlp, SHAPE | {"units": 4, "input_dropout": 0.1}),
}


@pytest.fixture
def x():
    return torch.randn(C, D, generator=torch.Generator().manual_seed(0)).half()


def make(kind):
    torch.manual_seed(0)
    network, shape = NETWORKS[kind]
    return network(**shape).state_dict(), shape


@pytest.mark.parametrize("at_once", [1, 7, 40, 1000])
@pytest.mark.parametrize("kind", NETWORKS)
def test_blocks_are_scored_as_the_whole(kind, at_once, x, monkeypatch):
    monkeypatch.setattr(stream, "_AT_ONCE", at_once)
    tensors, shape = make(kind)
    whole = find_model(kind).score(tensors, shape, x)
    parts = list(Scorer(kind, tensors, shape).score(iter(x.split(9))))
    assert len(parts) > 1 or kind == "bilstm" or at_once == 1000
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_what_looks_at_no_other_clip_is_scored_too(x):
    share = {"share": torch.tensor([0.5, 0.3, 0.2])}
    (said,) = Scorer("prior", share, {}).score(iter(x.split(9)))
    np.testing.assert_allclose(said, np.tile([0.5, 0.3, 0.2], (C, 1)), rtol=1e-6)
    (said,) = Scorer("own", {}, {}).score([x[:, :K]])
    np.testing.assert_allclose(said, torch.softmax(x[:, :K].float(), dim=1).numpy())


def test_tensors_of_another_shape_are_refused_without_room_for_them():
    tensors, shape = make("lstm")
    with pytest.raises(ConfigError, match=r"its tensors are not those of its shape .*units"):
        Scorer("lstm", tensors, shape | {"units": 10**6})
    with pytest.raises(ConfigError, match="found a model of kind 'crf'; expected one of: lstm, "):
        Scorer("crf", {}, {})
