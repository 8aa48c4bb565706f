import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from homecage.sequence import lstm
from homecage.sequence.lstm import WIDE_UNITS, StackedLSTM, drop, train_layer
from homecage.sequence.network import SequenceModel, load_sequence_model
from homecage.storage.weights import save_weights

sizes = st.integers(1, 9)


def gradients(module, x, weigh):
    """Return a module's hidden states and the gradients to its input and its weights."""
    x = x.clone().requires_grad_()
    hidden = module(x)
    if isinstance(hidden, tuple):  # torch's own gives its state too
        hidden = hidden[0]
    return [hidden, *torch.autograd.grad((hidden * weigh).sum(), [x, *module.parameters()])]


@pytest.mark.parametrize("wide", [1, 10_000], ids=["by hand", "torch's layers"])
@given(steps=st.integers(1, 12), batch=sizes, inputs=sizes, units=sizes, layers=st.integers(1, 3))
@settings(deadline=None)
def test_states_and_gradients_are_those_of_torch(wide, steps, batch, inputs, units, layers):
    torch.manual_seed(0)
    ours = StackedLSTM(inputs, units, layers, dropout=0)
    plain = nn.LSTM(inputs, units, layers, batch_first=True)
    plain.load_state_dict(ours.state_dict())
    x, weigh = torch.randn(batch, steps, inputs), torch.randn(batch, steps, units)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lstm, "WIDE_UNITS", wide)
        found = gradients(ours, x, weigh)
    torch.testing.assert_close(found, gradients(plain, x, weigh), rtol=1e-4, atol=1e-5)


def test_a_wide_layer_of_many_steps_is_torchs_up_to_rounding():
    torch.manual_seed(0)
    ours = StackedLSTM(300, WIDE_UNITS, 2, dropout=0)
    plain = nn.LSTM(300, WIDE_UNITS, 2, batch_first=True)
    plain.load_state_dict(ours.state_dict())
    exact = nn.LSTM(300, WIDE_UNITS, 2, batch_first=True, dtype=torch.float64)
    exact.load_state_dict(ours.state_dict())
    x, weigh = torch.randn(4, 100, 300), torch.randn(4, 100, WIDE_UNITS)
    expected = gradients(exact, x.double(), weigh.double())
    for found, torchs, true in zip(
        gradients(ours, x, weigh), gradients(plain, x, weigh), expected, strict=True
    ):
        error, allowed = ((value - true).norm() / true.norm() for value in (found, torchs))
        assert error < 3 * allowed + 1e-6


def test_bfloat16_products_stay_near_float32():
    torch.manual_seed(0)
    layer = StackedLSTM(64, WIDE_UNITS, 2, dropout=0)
    x, weigh = torch.randn(4, 30, 64), torch.randn(4, 30, WIDE_UNITS)
    expected = gradients(layer, x, weigh)
    layer.precision = torch.bfloat16
    for found, true in zip(gradients(layer, x, weigh), expected, strict=True):
        assert found.dtype == torch.float32
        assert 1e-5 < (found - true).norm() / true.norm() < 2e-2


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    weights = nn.LSTM(3, 4, dtype=torch.float64).all_weights[0]
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(train_layer, (x, *weights))


@pytest.mark.parametrize("units", [8, WIDE_UNITS])
def test_the_same_seed_gives_the_same_bits(units):
    def train():
        torch.manual_seed(3)
        layers = StackedLSTM(20, units, 2, dropout=0.5)
        return gradients(layers, torch.randn(2, 9, 20), torch.ones(2, 9, units))

    assert all(torch.equal(*pair) for pair in zip(train(), train(), strict=True))


@given(rate=st.floats(0.01, 0.99), shape=st.lists(st.integers(1, 7), min_size=1, max_size=3))
@settings(deadline=None)
def test_dropped_values_are_zero_and_the_others_scaled_up(rate, shape):
    x = torch.ones(shape, requires_grad=True)
    dropped = drop(x, rate)
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], (x / (1 - rate))[kept], rtol=1e-2, atol=0)
    (slope,) = torch.autograd.grad(dropped.sum(), x)
    assert torch.equal(slope, dropped)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_values_are_dropped_at_the_rate_and_independently(rate):
    torch.manual_seed(0)
    n = 400_000
    kept = (drop(torch.ones(n), rate) != 0).double().numpy()
    sigma = np.sqrt(rate * (1 - rate) / n)
    assert abs(kept.mean() - (1 - rate)) < 5 * sigma
    for lag in (1, 2, 3, 4, 5):  # four share a random number
        assert abs(np.corrcoef(kept[:-lag], kept[lag:])[0, 1]) < 5 / np.sqrt(n)
    torch.testing.assert_close(
        drop(torch.ones(n), rate).mean(), torch.tensor(1.0), rtol=0.02, atol=0
    )


@pytest.mark.parametrize("units", [8, WIDE_UNITS])
def test_layers_drop_between_them_in_training_alone(units):
    torch.manual_seed(0)
    layers = StackedLSTM(4, units, 2, dropout=0.5)
    x = torch.randn(3, 6, 4)
    assert not torch.equal(layers(x), layers(x))
    layers.eval()
    assert torch.equal(layers(x), layers(x))
    layers.train()
    assert (layers(x) != 0).all()  # not after the last one
    single = StackedLSTM(4, units, 1, dropout=0.5)
    assert torch.equal(single(x), single(x))


def test_a_model_of_torchs_own_layers_is_read(tmp_path):
    torch.manual_seed(0)
    plain = nn.ModuleDict({"lstm": nn.LSTM(4, 6, 3, batch_first=True), "output": nn.Linear(6, 8)})
    shape = {"descriptor": 4, "units": 6, "layers": 3}
    save_weights(tmp_path / "m", plain.state_dict(), {"kind": "lstm", "shape": shape})
    assert plain.state_dict().keys() == SequenceModel(4, 6, 3, 0.5).state_dict().keys()
    x = torch.randn(1, 40, 4)
    with torch.inference_mode():
        expected = plain["output"](plain["lstm"](x)[0])
        assert torch.equal(load_sequence_model(tmp_path / "m")(x), expected)
