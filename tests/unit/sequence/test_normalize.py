"""Numbers on one scale."""

import torch

from homecage.sequence.normalize import Normalize


def test_videos_are_measured_as_if_they_were_one_and_come_out_on_one_scale():
    videos = [torch.rand(50, 70).half() * 9, torch.rand(30, 70).half()]
    videos[0][:, 3] = videos[1][:, 3] = 0.5  # Never changes.
    together = torch.cat(videos)
    normalize = Normalize(70)
    normalize.measure(videos)
    deviation, mean = torch.std_mean(together.double(), dim=0, correction=0)
    deviation[3] = 1
    assert torch.equal(normalize.mean, mean.float())
    assert torch.equal(normalize.deviation, deviation.float())
    assert torch.equal(
        normalize(together.float()), (together.float() - normalize.mean) / normalize.deviation
    )
    assert not normalize(together.float())[:, 3].any()
