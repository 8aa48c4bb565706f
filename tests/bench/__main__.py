"""The speed card: every comparison in one go, printed and written to results/benchmarks/speed.tsv."""

import logging
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch

from homecage.storage.publish import publish
from tests.bench.decode import measure_decode
from tests.bench.extract import (
    measure_extract_cpu,
    measure_extract_cpu_without_amx,
    measure_extract_gpu,
    measure_extract_gpu_from_store,
)
from tests.bench.train_convnet import measure_train_convnet_cpu
from tests.bench.train_model import measure_train_model_gpu

OUTPUT = Path("results/benchmarks/speed.tsv")

ON_CPU = [measure_extract_cpu, measure_decode, measure_train_convnet_cpu]
WITH_AMX = [measure_extract_cpu_without_amx]
ON_GPU = [measure_extract_gpu, measure_extract_gpu_from_store, measure_train_model_gpu]


def main() -> None:
    """Measure one after the other, so that none disturbs another."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    has_amx = torch.cpu.get_capabilities().get("amx_bf16")
    measures = ON_CPU + (WITH_AMX if has_amx else [])
    measures += ON_GPU if torch.cuda.is_available() else []
    table = pd.DataFrame([asdict(measure()) for measure in measures])
    with publish(OUTPUT) as temporary:
        table.to_csv(temporary, sep="\t", index=False, float_format="%.4g", na_rep="n/a")
    print(table.to_string(index=False, float_format="{:.4g}".format, na_rep="n/a"))
    print(f"Written to {OUTPUT}")


if __name__ == "__main__":
    main()
