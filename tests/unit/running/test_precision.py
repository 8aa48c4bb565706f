import pytest
import torch

from homecage.running.precision import autocast, choose_precision

CPU = torch.device("cpu")


INTEL = {"cpu_name": "Intel(R) Xeon(R) Processor", "avx512_bf16": True}
XEON = INTEL | {"amx_bf16": True}
EPYC = {"cpu_name": "AMD EPYC", "avx512_bf16": True, "amx_bf16": False}


@pytest.mark.parametrize(
    ("able", "limit", "chosen"),
    [
        (XEON, None, torch.bfloat16),
        (XEON, "AVX512_CORE_AMX", torch.bfloat16),
        (XEON, "DEFAULT", torch.bfloat16),
        (XEON, "AVX512_CORE_BF16", torch.float32),
        (INTEL, None, torch.float32),
        (EPYC, None, torch.bfloat16),
        (EPYC, "AVX512_CORE_BF16", torch.bfloat16),
        (EPYC, "AVX512_CORE_VNNI", torch.float32),
        (EPYC | {"avx512_bf16": False}, None, torch.float32),
        ({}, None, torch.float32),
    ],
)
def test_a_cpu_that_is_fast_in_bfloat16_computes_in_it_unless_told_otherwise(
    monkeypatch, able, limit, chosen
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
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
