import pytest
import torch
import torch.nn.functional as F

from homecage.sequence.tcn import Tcn, look_around


@pytest.mark.parametrize("distance", [1, 2, 8])
def test_looking_around_and_mixing_is_a_dilated_convolution(distance):
    torch.manual_seed(0)
    h, kernel = torch.randn(2, 7, 3), torch.randn(4, 3, 3)  # (B, C, H), (out, H, clips)
    weight = kernel.transpose(1, 2).flatten(1)  # as a linear layer has it: clip by clip
    expected = F.conv1d(h.transpose(1, 2), kernel, padding=distance, dilation=distance)
    found = F.linear(look_around(h, distance), weight)
    torch.testing.assert_close(found, expected.transpose(1, 2))


def test_a_clip_is_scored_from_as_many_around_it_as_the_layers_reach():
    network = Tcn(2, 3, layers=3, units=4, dropout=0.5, input_dropout=0.1).eval()
    x = torch.randn(1, 41, 2, requires_grad=True)
    network(x)[0, 20].sum().backward()
    seen = x.grad[0].abs().sum(dim=1).nonzero()[:, 0]
    assert (int(seen.min()), int(seen.max())) == (20 - 7, 20 + 7)  # 1 + 2 + 4
