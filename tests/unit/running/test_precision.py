import pytest
import torch

from homecage.running.precision import autocast, choose_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("amx", "limit", "chosen"),
    [
        (True, None, torch.bfloat16),
        (True, "AVX512_CORE_AMX", torch.bfloat16),
        (True, "DEFAULT", torch.bfloat16),
        (True, "AVX512_CORE_BF16", torch.float32),
        (False, None, torch.float32),
    ],
)
def test_a_cpu_with_amx_computes_in_bfloat16_unless_told_otherwise(monkeypatch, amx, limit, chosen):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": amx})
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if limit:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert choose_precision("auto", CPU) == chosen
    assert choose_precision("float32", CPU) == torch.float32
    assert choose_precision("bfloat16", CPU) == torch.bfloat16


def test_layers_compute_in_the_precision_and_keep_their_weights():
    layer, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
    for precision in (torch.float32, torch.bfloat16):
        with autocast(precision, CPU):
            assert layer(x).dtype == precision
        assert layer.weight.dtype == torch.float32
