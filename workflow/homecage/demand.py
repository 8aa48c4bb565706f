"""What an experiment asks of a machine, by its options alone: operations and bytes, to be multiplied by the
frames and clips that the check counts.

It is rough, and only ever told: it follows the networks' layers, and knows nothing of a machine. A
multiplication and an addition are two operations; learning takes three times those of looking.
"""

from itertools import pairwise

from homecage.check.demand import Demand
from homecage.config import Experiment
from homecage.features.options import REPRESENTATIONS
from homecage.sequence.options import LstmOptions, MlpOptions, TcnOptions, TrainingOptions

_TIMES, _SIDES = (1, 1, 2, 4, 8), (1, 2, 4, 8, 16)
"""How many times smaller than a clip what conv1 to conv5 give is, in time and in height and width, before
it is pooled; convnet/network.py has them as pooling windows."""
_SHARED = 12.1 / 25.2
"""What is left of the arithmetic where clips overlap, at the paper's geometry (docs/performance.md)."""
_WIDTHS = {"motion": 12, "jhuang": 310, "cuboids": 250, "encoder": 384}
"""Numbers that describe a clip, about: of those that options set, at their defaults."""
_USUAL = 100
"""Numbers that one which is not known here is taken to have."""
_COUNTED = {"fc6", "fc8", "motion"}


def count_network(experiment: Experiment) -> tuple[float, int]:
    """Return the operations that the convnet takes for a clip by itself, and its parameters."""
    network, size_px = experiment.network, experiment.frames.size_px
    length = experiment.geometry.length
    widths = ({"rgb": 3, "gray+difference": 2}[network.input], *network.channels)
    operations, parameters = 0.0, 0
    for i, (time, side) in enumerate(zip(_TIMES, _SIDES, strict=True)):
        weights = 27 * widths[i] * widths[i + 1]
        operations += 2 * weights * (length // time) * (size_px // side) ** 2
        parameters += weights + widths[i + 1]
    pooled, behaviors = (
        widths[-1] * length // 8 * (size_px // 32) ** 2,
        len(experiment.behaviors),
    )
    steps = (pooled, network.descriptor, network.descriptor, behaviors)
    for n_in, n_out in pairwise(steps):
        operations += 2 * n_in * n_out
        parameters += (n_in + 1) * n_out
    return operations, parameters


def count_model(model: TrainingOptions, n_in: int) -> int:
    """Return the weights of a model that is trained by gradient, of descriptors of so many numbers."""
    match model:
        case LstmOptions():
            units = model.units * (2 if model.kind == "bilstm" else 1)
            above = (model.layers - 1) * (units + model.units)
            return 4 * units * (n_in + model.units + above)
        case TcnOptions():
            return model.units * (n_in + 4 * model.units * model.layers)
        case MlpOptions():
            return model.units * n_in
    return 0


def estimate_demand(experiment: Experiment, n_folds: int) -> Demand:
    """Return what an experiment asks of a machine, for each thing that the check counts."""
    operations, parameters = count_network(experiment)
    behaviors = len(experiment.behaviors)
    n_learned = 1 if experiment.convnet.trained_on == "clips" else n_folds
    n_nets = n_learned * experiment.uses_convnet
    widths = {"fc6": experiment.network.descriptor, "fc8": behaviors, **_WIDTHS}
    widths["fc6-2d"] = widths["fc6"]

    def width_of(name: str) -> int:
        return widths.get(name, _USUAL)

    used = {
        name for method in experiment.complete_methods.values() for name in method.representations
    }
    # Each with how often it is made: once, or by what each fold has learned.
    stores = {
        REPRESENTATIONS[name].store: n_learned if REPRESENTATIONS[name].learned else 1
        for name in used
    }
    clip_gflop = n_nets * operations / 1e9
    if experiment.geometry.stride < experiment.geometry.length:
        clip_gflop *= _SHARED
    left_out = sorted(used - _COUNTED)
    weights, n_models = n_nets * parameters, 0
    for method in experiment.methods.values():
        if method.model is None or method.model.kind in ("own", "prior"):
            continue
        n_models += n_folds
        if isinstance(method.model, TrainingOptions):
            own = count_model(method.model, sum(map(width_of, method.representations)))
            passes = method.model.epochs * method.model.window_growth * (1 + method.model.refit)
            clip_gflop += n_folds * 6 * own * passes / 1e9
            weights += n_folds * own
        else:
            left_out.append(f"models of kind {method.model.kind}")
    of_stores = sum(2 * width_of(store) * times for store, times in stores.items())
    n_methods = len(experiment.methods)
    return Demand(
        clip_bytes=of_stores + 4 * behaviors * n_nets,
        frame_bytes=n_methods * (4 * behaviors + 12),
        model_bytes=4 * weights,
        clip_gflop=clip_gflop,
        example_gflop=3 * n_nets * operations / 1e9 * behaviors * experiment.convnet.epochs,
        examples=experiment.balance.clips_per_behavior,
        video_jobs=sum(stores.values()) + 2,
        jobs=n_nets + n_models * 2 + 15,
        left_out=tuple(dict.fromkeys(left_out)),
    )
