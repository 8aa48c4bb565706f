"""What only the simulator knows: written from the same randomness as the pictures."""

from pathlib import Path

import numpy as np

from homecage.simulate.motion import MODES, true_modes
from homecage.simulate.names import video_names
from homecage.simulate.options import SimulationOptions
from homecage.simulate.process import count_frames, true_bouts
from homecage.simulate.truth import simulate_truth
from homecage.storage.tables import read_tsv

OPTIONS = SimulationOptions(seconds=120)


def test_the_truth_is_of_what_the_pictures_show(tmp_path: Path) -> None:
    at_spout = drinking = 0
    elsewhere = []
    for video in video_names(OPTIONS)[:4]:
        simulate_truth(video=video, options=OPTIONS, output=tmp_path / f"{video}.tsv")
        table = read_tsv(tmp_path / f"{video}.tsv")
        assert table["frame"].tolist() == list(range(count_frames(OPTIONS)))
        assert {*table["mode"]} <= {*MODES} and {*table["place"]} <= {
            *("spout", "hopper", "wall", "open")
        }
        bouts = true_bouts(video, OPTIONS)
        for segments in true_modes(video, OPTIONS, bouts):
            for start, stop, mode in segments:
                assert (table["mode"][start:stop] == mode).all()
        # A mouse that drinks is at the spout, from soon after its bout begins.
        for bout in (bout for bout in bouts if bout.behavior == "drink"):
            place = table["place"][bout.start + 12 : bout.stop]
            at_spout, drinking = at_spout + (place == "spout").sum(), drinking + len(place)
        elsewhere.append(np.mean(table["place"] != "spout"))
    assert np.mean(elsewhere) > 0.6
    assert drinking and at_spout > 0.8 * drinking, (at_spout, drinking)
