import pytest
import torch

from homecage.clips.options import ClipGeometry
from homecage.convnet.network import Convnet, Shape
from homecage.convnet.options import NetworkOptions
from homecage.features.engines import choose_engine
from homecage.features.options import FeatureOptions


@pytest.mark.parametrize(
    ("wanted", "stride", "chosen", "kind"),
    [
        ("auto", 2, "openvino", "OpenVinoEngine"),
        ("auto", 7, "openvino", "OpenVinoEngine"),
        ("auto", 8, "plain", "PlainEngine"),  # clips that do not overlap share nothing
        ("plain", 2, "plain", "PlainEngine"),
        ("shared", 2, "shared", "TorchEngine"),
        ("openvino", 8, "openvino", "OpenVinoEngine"),
    ],
)
def test_the_engine_on_a_cpu(wanted, stride, chosen, kind):
    convnet = Convnet(Shape(8, 32, NetworkOptions(channels=(1, 1, 1, 1, 1), descriptor=2)))
    geometry = ClipGeometry(stride=stride, label_offset=0)
    options = FeatureOptions(engine=wanted, batch_size=2)
    name, engine = choose_engine(convnet.eval(), geometry, options, torch.float32, threads=1)
    assert name == chosen and type(engine).__name__ == kind
