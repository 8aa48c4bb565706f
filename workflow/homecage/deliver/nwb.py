"""NWB files: a method's bouts as the ``EthogramBouts`` of ndx-ethogram, by pynwb.

Both packages are an extra of homecage, so they are imported here when a file is asked for, and nowhere else.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from homecage.clips.bouts import find_bouts
from homecage.deliver.bouts import Scoring, read_scorings
from homecage.deliver.media import locate_video
from homecage.deliver.options import ExportOptions
from homecage.errors import ConfigError
from homecage.storage.frame_tables import UNLABELED
from homecage.storage.publish import publish
from homecage.storage.tables import read_tsv

SESSION_START = "session_start"
"""The column of ``videos.tsv`` that says when a video begins."""
SUBJECT = {
    "animal": "subject_id",
    "species": "species",
    "sex": "sex",
    "age": "age",
    "strain": "strain",
    "genotype": "genotype",
}
"""Columns of ``videos.tsv`` that describe the animal, and what NWB calls them."""

logger = logging.getLogger(__name__)


def export_nwb(
    *,
    predictions: list[Path],
    videos: Path,
    behaviors: list[str],
    method: str,
    options: ExportOptions,
    output: Path,
) -> None:
    """Write ``{video}.nwb`` for each video of a method.

    NWB demands when a session began. The column ``session_start`` of the sheet says it; where there is
    none, 1970 stands there, and the description says that it is not known.

    Args:
        predictions: the method's ``{video}.parquet`` files.
        videos: the study's ``videos.tsv``: names, paths, and columns that describe session and animal.
        behaviors: the K behaviors in order.
        method: whose predictions they are.
        options: whether short bouts go.
        output: a folder for the files.

    Raises:
        ConfigError: pynwb or ndx-ethogram is not installed, or a session_start is not a date and time.
        StoreError: a file is damaged or not what its name says.
    """
    pynwb, ndx_ethogram = _import_extra("pynwb"), _import_extra("ndx_ethogram")
    sheet = read_tsv(videos, text=True).set_index("video")
    for video, scoring in read_scorings(predictions, behaviors, method=method, options=options):
        row = {str(key): str(value) for key, value in sheet.loc[video].items()}
        start = parse_start(row.get(SESSION_START, ""), videos, row["name"])
        if start is None:
            logger.warning(
                "%s: no %s; NWB demands one, so 1970 stands there", row["name"], SESSION_START
            )
        file = pynwb.NWBFile(
            session_description=(
                f"behavior in the video {row['name']}, scored by homecage, method {method}"
                + ("" if start else "; when the session began is not known: 1970 stands for it")
            ),
            identifier=f"homecage {method} {row['name']}",
            session_start_time=start or datetime.fromtimestamp(0, UTC),
            subject=_describe_subject(pynwb, row),
        )
        source = locate_video(Path(row["path"]), output)
        _add_scoring(file, scoring, source, method, pynwb, ndx_ethogram)
        with (
            publish(output / f"{video}.nwb") as temporary,
            pynwb.NWBHDF5IO(str(temporary), mode="w") as writer,
        ):
            writer.write(file)


def parse_start(text: str, sheet: Path, name: str) -> datetime | None:
    """Return when a session began, None where the sheet does not say it; without a time zone, in UTC.

    Raises:
        ConfigError: it is not a date and time.
    """
    if not text.strip():
        return None
    try:
        start = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(
            f"{sheet}, {name}: found the {SESSION_START} {text!r}; expected a date and time such as "
            "2024-05-01T13:30:00+02:00"
        ) from None
    return start if start.tzinfo else start.replace(tzinfo=UTC)


def _import_extra(module: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise ConfigError(
            f"NWB files need {module.replace('_', '-')}, which is not installed; install the extra: "
            "python -m pip install 'homecage[nwb]' (from a clone: '.[nwb]')"
        ) from None


def _describe_subject(pynwb: Any, row: Mapping[str, str]) -> Any:
    """Return what the sheet says of the animal, or None."""
    said = {ours: row[column] for column, ours in SUBJECT.items() if row.get(column, "").strip()}
    return pynwb.file.Subject(**said) if said else None


def _add_scoring(
    file: Any, scoring: Scoring, source: Path, method: str, pynwb: Any, ndx_ethogram: Any
) -> None:
    """Add the video, the catalog of behaviors, the labeled stretches and the bouts."""
    video = pynwb.image.ImageSeries(
        name="video",
        description="the video that was scored; a path is relative to this file",
        external_file=[source.as_posix()],
        format="external",
        starting_frame=[0],
        timestamps=scoring.edges_s[:-1],
        unit="n.a.",
    )
    file.add_acquisition(video)
    catalog = ndx_ethogram.Ethogram(
        name="Ethogram", description="the behaviors that the method tells apart", exclusive=True
    )
    for behavior in scoring.behaviors:
        catalog.add_row(behavior=behavior, definition=behavior)
    module = file.create_processing_module(name="behavior", description="scored behavior")
    module.add(catalog)
    bouts = ndx_ethogram.EthogramBouts(
        name="EthogramBouts",
        description="bouts, [start_time, stop_time); probability: mean of the behavior's over the bout",
        labeling_method="automated",
        source_software="homecage",
        parameters=f'{{"method": "{method}"}}',
        source_video=video,
        ethogram=catalog,
        observation_intervals=_list_labeled(scoring, pynwb, module),
    )
    bouts.add_column(name="start_frame", description="the first frame, from 0")
    bouts.add_column(name="stop_frame", description="the first frame after it")
    bouts.add_column(name="probability", description="mean probability of the behavior")
    for bout in scoring.bouts.to_dict("records"):
        bouts.add_row(
            start_time=bout["start_s"],
            stop_time=bout["stop_s"],
            label=bout["behavior"],
            start_frame=bout["start"],
            stop_frame=bout["stop"],
            probability=bout["probability"],
        )
    module.add(bouts)


def _list_labeled(scoring: Scoring, pynwb: Any, module: Any) -> Any:
    """Return the stretches that are labeled, or None where all of the video is."""
    labeled = scoring.codes != UNLABELED
    if labeled.all():
        return None
    intervals = pynwb.epoch.TimeIntervals(name="labeled", description="what the method scored")
    for start, stop in zip(
        *find_bouts(np.where(labeled, 0, UNLABELED).astype(np.int8)), strict=True
    ):
        intervals.add_row(
            start_time=float(scoring.edges_s[start]), stop_time=float(scoring.edges_s[stop])
        )
    module.add(intervals)
    return intervals
