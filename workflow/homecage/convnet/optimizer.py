"""The convnet's optimizer, and its learning rate from the first step to the last."""

import math
from typing import Any

import torch

from homecage.convnet.network import Convnet
from homecage.convnet.options import ConvnetOptions

BIAS_RATE = 2.0
"""Of sgd: how much faster biases learn than weights. Source: the C3D UCF101 training example."""


def make_optimizer(convnet: Convnet, options: ConvnetOptions) -> torch.optim.Optimizer:
    """Return the optimizer that the options name."""
    groups = group_parameters(convnet, options)
    if options.optimizer == "adamw":
        return torch.optim.AdamW(groups, betas=(options.momentum, 0.999), fused=True)
    return torch.optim.SGD(groups, momentum=options.momentum, fused=True)


def group_parameters(convnet: Convnet, options: ConvnetOptions) -> list[dict[str, Any]]:
    """Weights decay; biases do not, and with sgd learn faster. ``peak`` is a group's full rate."""
    faster = BIAS_RATE if options.optimizer == "sgd" else 1.0
    groups: list[dict[str, Any]] = [
        {"params": [], "weight_decay": options.weight_decay, "peak": options.learning_rate},
        {"params": [], "weight_decay": 0.0, "peak": faster * options.learning_rate},
    ]
    for name, parameter in convnet.named_parameters():
        groups[name.endswith("bias")]["params"].append(parameter)
    return groups


def set_rate(
    optimizer: torch.optim.Optimizer, options: ConvnetOptions, step: int, steps_per_epoch: int
) -> None:
    """Set the learning rates of a step, counted from 0."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * find_share(options, step, steps_per_epoch)


def find_share(options: ConvnetOptions, step: int, steps_per_epoch: int) -> float:
    """Return which share of the full learning rate a step takes."""
    n_steps = options.epochs * steps_per_epoch
    n_rising = options.warm_up * n_steps
    if step < n_rising:
        return min(1.0, (step + 1) / n_rising)
    if options.optimizer == "adamw":
        return 0.5 + 0.5 * math.cos(math.pi * (step - n_rising) / (n_steps - n_rising))
    return float(
        options.learning_rate_drop ** (step // steps_per_epoch // options.learning_rate_drop_epochs)
    )
