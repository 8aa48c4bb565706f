import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from homecage.deliver import nwb
from homecage.deliver.nwb import export_nwb, parse_start
from homecage.deliver.options import ExportOptions
from homecage.errors import ConfigError


def export(lab):
    export_nwb(
        predictions=lab.predictions,
        videos=lab.sheet,
        behaviors=list(lab.behaviors),
        method=lab.method,
        options=ExportOptions(),
        output=lab.root / "exports",
    )


def test_without_pynwb_the_extra_is_named(lab, monkeypatch):
    def import_nothing(module):
        raise ModuleNotFoundError(module)

    monkeypatch.setattr(nwb, "import_module", import_nothing)
    with pytest.raises(ConfigError, match=r"NWB files need pynwb, .*homecage\[nwb\]"):
        export(lab.predict("v1", [0, 1]))
    assert not (lab.root / "exports").exists()


def test_when_a_session_began_is_what_the_sheet_says():
    sheet = Path("videos.tsv")
    assert parse_start("", sheet, "v1") is None
    assert parse_start("2024-05-01 13:30", sheet, "v1") == datetime(2024, 5, 1, 13, 30, tzinfo=UTC)
    stated = parse_start("2024-05-01T13:30:00+02:00", sheet, "v1")
    assert stated == datetime(2024, 5, 1, 11, 30, tzinfo=UTC)
    with pytest.raises(ConfigError, match=r"videos\.tsv, v1: found the session_start 'May 1'"):
        parse_start("May 1", sheet, "v1")


def test_pynwb_reads_every_bout_and_finds_nothing_wrong(lab, caplog):
    pynwb = pytest.importorskip("pynwb", reason="the extra nwb is not installed")
    pytest.importorskip("ndx_ethogram", reason="the extra nwb is not installed")
    lab.predict("v1", [0, 0, 1, -1, 2, 2], animal="M1", session_start="2024-05-01T13:30:00+02:00")
    lab.predict("v2", [0, 0, 1])
    with caplog.at_level(logging.WARNING, "homecage"):
        export(lab)
    assert caplog.messages == ["v2: no session_start; NWB demands one, so 1970 stands there"]
    path = lab.root / "exports" / "v1.nwb"
    assert not pynwb.validate(path=str(path))
    with pynwb.NWBHDF5IO(str(path), "r", load_namespaces=True) as file:
        read = file.read()
        bouts = read.processing["behavior"]["EthogramBouts"].to_dataframe()
        labeled = read.processing["behavior"]["labeled"].to_dataframe()
        catalog = read.processing["behavior"]["Ethogram"].to_dataframe()
        assert read.subject.subject_id == "M1"
        assert read.acquisition["video"].external_file[0] == "../../data/v1.mpg"
    assert bouts["label"].tolist() == ["drink", "rear", "rest"]
    assert bouts["start_time"].tolist() == pytest.approx([0, 0.08, 0.16])
    assert bouts["stop_time"].tolist() == pytest.approx([0.08, 0.12, 0.24])
    assert bouts[["start_frame", "stop_frame"]].to_numpy().tolist() == [[0, 2], [2, 3], [4, 6]]
    assert labeled["stop_time"].tolist() == pytest.approx([0.12, 0.24])
    assert catalog["behavior"].tolist() == list(lab.behaviors)
