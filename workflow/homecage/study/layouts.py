"""Every way in which the files of a study may lie, each in a module of its own."""

from collections.abc import Callable
from pathlib import Path

from homecage.errors import ConfigError, StudyError
from homecage.simulate.options import SimulationOptions
from homecage.study.corrections import correct_study
from homecage.study.files import FOLDER, describe_failure, find_problem
from homecage.study.mit import read_mit
from homecage.study.options import DatasetOptions
from homecage.study.sheets import read_sheets
from homecage.study.simulated import plan_simulated
from homecage.study.study import Study

LAYOUTS: dict[str, Callable[[Path], Study]] = {"mit": read_mit, "sheets": read_sheets}
"""The layouts of files that are there; each lists what is under a folder, and opens nothing."""


def make_study(dataset: DatasetOptions, simulation: SimulationOptions) -> Study:
    """Make the study from its files, corrected; this runs whenever the workflow is planned.

    Raises:
        ConfigError: the root is missing or not a folder.
        StudyError: the root does not hold the layout, cannot be read, or names are ambiguous or unusable;
            a correction is of no video.
    """
    try:
        return correct_study(_list_study(dataset, simulation), dataset.corrections)
    except OSError as error:
        raise StudyError([f"{error.filename}: {describe_failure(error)}"]) from None


def _list_study(dataset: DatasetOptions, simulation: SimulationOptions) -> Study:
    root = dataset.root
    if root is None:
        return plan_simulated(simulation)
    if (found := find_problem(root) or "a file") != FOLDER:
        raise ConfigError(f"dataset.root: {root}: {found}; expected the data set's folder")
    return LAYOUTS[dataset.layout](root)
