"""The precision of the convnet's arithmetic, and which devices are fast in which."""

import os

import torch

from homecage.options import Precision


def choose_precision(wanted: Precision, device: torch.device) -> torch.dtype:
    """Return the precision to compute in: ``auto`` is bfloat16 where the device is fast in it."""
    if wanted == "auto":
        wanted = "bfloat16" if _multiplies_bfloat16(device) else "float32"
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[wanted]


def name_precision(precision: torch.dtype) -> str:
    """Return the name that options and files use."""
    return str(precision).removeprefix("torch.")


def autocast(precision: torch.dtype, device: torch.device) -> torch.autocast:
    """Return a context in which layers compute in this precision; weights stay float32."""
    return torch.autocast(device.type, precision, enabled=precision != torch.float32)


def _multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 faster than float32, decided by what it is: always the same."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    # The switch of oneDNN, which computes for PyTorch and OpenVINO alike.
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper()
    if limit in ("ALL", "DEFAULT") or "AMX" in limit:
        if able.get("amx_bf16"):
            return True
    elif "BF16" not in limit:
        return False
    # AMD's AVX-512 multiplies twice as many bfloat16s as floats at a time; Intel's, without AMX, was slower.
    return bool(able.get("avx512_bf16")) and "AMD" in str(able.get("cpu_name"))
