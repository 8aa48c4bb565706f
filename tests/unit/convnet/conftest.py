"""A small training, planned by the verb that plans it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from homecage.clips.balance import balance_clips
from homecage.clips.options import BalanceOptions, ClipGeometry
from homecage.convnet.options import AugmentOptions, ConvnetOptions, NetworkOptions
from homecage.convnet.train import train_convnet

BEHAVIORS = ["drink", "groom", "rest", "walk"]
BALANCE = BalanceOptions()
NETWORK = NetworkOptions(
    input="gray+difference", channels=(2, 2, 2, 2, 2), descriptor=8, dropout=0.1
)
AUGMENT = AugmentOptions(shift=0.04, zoom=0.05)
OPTIONS = ConvnetOptions(epochs=2, batch_size=4, learning_rate=0.01)


@dataclass(frozen=True)
class Inputs:
    """Stores of frames and the plan of clips in them."""

    stores: list[Path]
    plan: Path

    def train(
        self,
        folder: Path,
        *,
        seed: int = 0,
        options: ConvnetOptions = OPTIONS,
        network: NetworkOptions = NETWORK,
        behaviors: list[str] = BEHAVIORS,
        code: str = "1",
        length: int = 8,
    ) -> dict[str, Path]:
        """Train, and return what was written."""
        outputs = {name: folder / name for name in ("model", "history", "test")}
        train_convnet(
            stores=self.stores,
            plan=self.plan,
            behaviors=behaviors,
            length=length,
            network=network,
            augment=AUGMENT,
            options=options,
            seed=seed,
            threads=2,
            code=code,
            checkpoints=folder / "checkpoints",
            **outputs,
        )
        return outputs


def plan_inputs(
    plan: Path, stores: list[Path], options: BalanceOptions = BALANCE, **labels: object
) -> Inputs:
    """Plan clips from stores, and from what says their behaviors."""
    balance_clips(
        behaviors=BEHAVIORS,
        geometry=ClipGeometry(),
        options=options,
        seed=0,
        plan=plan,
        counts=plan.with_suffix(".counts"),
        **labels,
    )
    return Inputs(stores, plan)


@pytest.fixture
def planned(tmp_path, write_clip_store, random_frames) -> Inputs:
    clips = [
        (f"c{i}", behavior, random_frames(18 + 5 * i, seed=i))
        for i, behavior in enumerate(["walk", "walk", "walk", "rest", "rest", "groom"])
    ]
    store = write_clip_store(tmp_path / "folder.zarr", clips)
    table = tmp_path / "clips.tsv"
    return plan_inputs(tmp_path / "plan.tsv", [store], clips=[store], table=table)
