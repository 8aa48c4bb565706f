"""Graphs that OpenVINO computes on the CPU."""

import openvino as ov
import torch

_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}


def compile_graph(model: ov.Model, precision: torch.dtype, threads: int) -> ov.InferRequest:
    """Compile a graph for the processor that it is on."""
    settings = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # Jobs run side by side: pinned, they would all choose the same cores.
        "ENABLE_CPU_PINNING": False,
    }
    return ov.Core().compile_model(model, "CPU", settings).create_infer_request()
