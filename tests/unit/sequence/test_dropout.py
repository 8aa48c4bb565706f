import torch
import torch.nn.functional as F

from homecage.sequence.dropout import dropout


def test_a_share_of_the_numbers_is_dropped_and_the_mean_stays():
    torch.manual_seed(0)
    for rate in (0.1, 0.5, 0.9):
        dropped = dropout(torch.ones(1_000_000), rate, training=True)
        assert abs((dropped == 0).float().mean() - rate) < 0.002
        assert (dropped.unique() - torch.tensor([0, 1 / (1 - rate)])).abs().max() < 1e-5
        assert abs(dropped.mean() - 1) < 0.01


def test_it_is_that_of_pytorch_where_nothing_is_random():
    x = torch.randn(5, 3)
    assert torch.equal(dropout(x, 0.3, training=False), F.dropout(x, 0.3, training=False))
    assert torch.equal(dropout(x, 0.0, training=True), x)


def test_what_was_dropped_has_no_gradient_and_the_type_stays():
    x = torch.ones(1000, dtype=torch.bfloat16, requires_grad=True)
    dropped = dropout(x, 0.5, training=True)
    assert dropped.dtype == torch.bfloat16
    dropped.sum().backward()
    assert torch.equal(x.grad, dropped)
