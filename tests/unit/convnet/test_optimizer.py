import pytest
from tests.unit.convnet.conftest import BEHAVIORS, NETWORK, OPTIONS

from homecage.convnet.network import Convnet, Shape
from homecage.convnet.optimizer import find_share, group_parameters, make_optimizer, set_rate
from homecage.convnet.options import ConvnetOptions

PAPER = ConvnetOptions()
ONE_CYCLE = ConvnetOptions(optimizer="adamw", epochs=10, warm_up=0.2, learning_rate=0.001)


def make_convnet():
    return Convnet(Shape(8, 32, tuple(BEHAVIORS), NETWORK))


def test_with_sgd_biases_do_not_decay_and_learn_twice_as_fast():
    weights, biases = group_parameters(make_convnet(), OPTIONS)
    assert weights["weight_decay"] == 0.005 and biases["weight_decay"] == 0
    assert biases["peak"] == 2 * weights["peak"] == 2 * OPTIONS.learning_rate
    assert len(weights["params"]) == len(biases["params"]) == 8


def test_with_adamw_all_learn_alike():
    weights, biases = group_parameters(make_convnet(), ONE_CYCLE)
    assert weights["weight_decay"] == 0.005 and biases["weight_decay"] == 0
    assert biases["peak"] == weights["peak"] == 0.001


def test_the_papers_rate_is_divided_by_ten_every_three_epochs():
    shares = [find_share(PAPER, step, steps_per_epoch=4) for step in range(15 * 4)]
    for step, share in enumerate(shares):
        assert share == pytest.approx(0.1 ** (step // 12))


def test_one_cycle_rises_and_falls_to_nothing():
    shares = [find_share(ONE_CYCLE, step, steps_per_epoch=10) for step in range(100)]
    assert shares[:20] == pytest.approx([(step + 1) / 20 for step in range(20)])
    assert shares[20] == 1 and shares[60] == pytest.approx(0.5)
    assert shares[20:] == sorted(shares[20:], reverse=True) and 0 < shares[-1] < 0.001


def test_a_warm_up_comes_before_the_papers_steps():
    options = PAPER.model_copy(update={"warm_up": 0.1})
    shares = [find_share(options, step, steps_per_epoch=4) for step in range(15 * 4)]
    assert shares[:6] == pytest.approx([(step + 1) / 6 for step in range(6)])
    assert shares[6:12] == [1] * 6 and shares[12] == pytest.approx(0.1)


@pytest.mark.parametrize(("options", "kind"), [(PAPER, "SGD"), (ONE_CYCLE, "AdamW")])
def test_each_step_has_its_rate(options, kind):
    optimizer = make_optimizer(make_convnet(), options)
    assert type(optimizer).__name__ == kind
    for step in (0, 7, 60):
        set_rate(optimizer, options, step, steps_per_epoch=5)
        for group in optimizer.param_groups:
            assert group["lr"] == group["peak"] * find_share(options, step, 5)
