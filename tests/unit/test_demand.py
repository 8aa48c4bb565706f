"""What an experiment asks of a machine is counted as its networks are built."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from homecage.check.demand import Demand
from homecage.clips.options import ClipGeometry
from homecage.config import Experiment, check_config
from homecage.convnet.network import Convnet, Shape
from homecage.demand import count_model, count_network, estimate_demand
from homecage.features.options import REPRESENTATIONS, Representation
from homecage.sequence.bilstm import Bilstm
from homecage.sequence.lstm import Lstm
from homecage.sequence.options import LstmOptions, MlpOptions, TcnOptions
from homecage.sequence.tcn import Tcn

SMALL = {
    "network": {"input": "gray+difference", "channels": [4, 5, 6, 7, 8], "descriptor": 16},
    "frames": {"size_px": 64},
    "geometry": {"length": 16},
}


@pytest.mark.parametrize("config", [{}, SMALL], ids=["paper", "small"])
def test_the_convnet_as_it_is_built(config):
    experiment = check_config(config)
    size_px, length = experiment.frames.size_px, experiment.geometry.length
    shape = Shape(length, size_px, experiment.vocabulary.names, experiment.network)
    with torch.device("meta"):
        network = Convnet(shape).eval()
        clips = torch.zeros(
            1, experiment.network.frames_before + length, size_px, size_px, 3, dtype=torch.uint8
        )
    with FlopCounterMode(display=False) as counter:
        network(clips)
    operations, parameters = count_network(experiment)
    assert operations == counter.get_total_flops()
    assert parameters == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("options", "network"),
    [
        (LstmOptions(layers=2, units=32), Lstm(100, 8, 2, 32, 0)),
        (LstmOptions(kind="bilstm", layers=3, units=32), Bilstm(100, 8, 3, 32, 0)),
        (TcnOptions(layers=3, units=32), Tcn(100, 8, 3, 32, 0, 0)),
    ],
)
def test_models_as_they_are_built(options, network):
    built = sum(p.numel() for p in network.parameters())
    assert count_model(options, 100) == pytest.approx(built, rel=0.1)
    assert count_model(MlpOptions(units=10), 100) == 1000


def test_a_convnet_for_each_fold_describes_each_video_as_often():
    once = estimate_demand(check_config({}), 5)
    each = estimate_demand(check_config({"convnet": {"trained_on": "fold"}}), 5)
    assert each.example_gflop == pytest.approx(5 * once.example_gflop)
    assert each.clip_bytes == pytest.approx(5 * once.clip_bytes)
    assert each.video_jobs == once.video_jobs + 4


def test_clips_that_overlap_share_arithmetic():
    shared = estimate_demand(check_config({}), 4).clip_gflop
    alone = estimate_demand(
        check_config({"geometry": {"stride": 8, "label_offset": 0}}), 4
    ).clip_gflop
    assert alone - shared == pytest.approx(25.17 - 12.09, abs=0.01)


def test_what_is_not_counted_is_named():
    methods = {
        "a": {"title": "A", "representations": ["cuboids"], "model": {"kind": "svm"}},
        "b": {"title": "B", "representations": ["motion"], "model": {"kind": "tcn"}},
    }
    demand = estimate_demand(check_config({"methods": methods, "comparisons": []}), 4)
    assert demand.left_out == ("cuboids", "models of kind svm")
    assert demand.example_gflop == 0  # There is no convnet.
    assert estimate_demand(Experiment(), 4).left_out == ()


def test_it_is_told_in_disk_and_time():
    demand = Demand(clip_bytes=1000, frame_bytes=100, model_bytes=1e6, clip_gflop=10, jobs=2)
    geometry = ClipGeometry()
    told = demand.describe([8, 2006, 5], 0, geometry)  # 1, 1000 and no clips
    assert told.startswith(
        "what follows the check takes, very roughly, 2 MB of disk and 2 min of one core (at 100 "
    )
    assert told.endswith("a small part of it)")
    trained = Demand(example_gflop=7200, left_out=("cuboids",))
    assert " 2 hours of one core" in trained.describe([], 809, geometry)
    assert " 1 MB of disk and 20 min " in trained.model_copy(update={"examples": 17}).describe(
        [], 809, geometry
    )
    assert trained.describe([], 0, geometry).endswith("; not counted: cuboids")


def test_a_representation_that_is_not_known_here_is_named_and_stops_nothing(monkeypatch):
    """Those that a lab adds."""
    monkeypatch.setitem(REPRESENTATIONS, "brightness", Representation("brightness"))
    method = {"title": "B", "representations": ["brightness"], "model": {"kind": "tcn"}}
    demand = estimate_demand(check_config({"methods": {"b": method}, "comparisons": []}), 4)
    assert "brightness" in demand.left_out and demand.clip_gflop > 0
