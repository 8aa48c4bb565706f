"""``homecage check``: a verdict on every file of a study before hours are spent on it.

It runs the workflow as far as the gate, so nothing that it decodes is decoded again. This is the one place
of the library that calls Snakemake.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from homecage.check.verdicts import count_files
from homecage.errors import HomecageError
from homecage.running.screen import VERDICTS_FOLLOW
from homecage.storage.strict_yaml import read_yaml
from homecage.storage.tables import read_tsv

_SNAKEFILE = Path(__file__).parents[3] / "Snakefile"
_VERDICTS = Path("results/check/verdicts.tsv")


def check(
    *,
    study: Path = Path(),
    cores: str = "all",
    profile: str = "",
    configfile: Sequence[Path] = (),
    config: Sequence[str] = (),
) -> None:
    """Check a study: decode its files and say of each whether it can be used, all at once.

    Args:
        study: the folder with config.yaml, where results are.
        cores: how many jobs run at a time; all: as many as there are cores.
        profile: Snakemake's profile, as slurm.
        configfile: files laid over config.yaml, as Snakemake's --configfile.
        config: values laid over all of them, key=value, as Snakemake's --config.

    Raises:
        ConfigError: names the file, and the line, of what cannot be read.
        HomecageError: a file cannot be used, or something else came between.
    """
    # Snakemake reads them before the workflow can say what is wrong with them.
    for path in configfile:
        read_yaml(path)
    verdicts = study / _VERDICTS
    before = _get_time(verdicts)
    command = [Path(sys.executable).with_name("snakemake"), "--snakefile", _SNAKEFILE]
    command += [
        "--directory",
        study,
        "--cores",
        cores,
        *(["--profile", profile] if profile else []),
        *(["--configfile", *configfile] if configfile else []),
        *(["--config", *config] if config else []),
    ]
    # Also where it has passed: the page may be gone, and people want to see the verdicts.
    command += ["--forcerun", "check_study", "--", "results/check/verdict.txt"]
    told_here = os.environ | {VERDICTS_FOLLOW: "1"}
    ran = subprocess.run([str(word) for word in command], env=told_here)
    if _get_time(verdicts) == before:
        raise HomecageError("there is no verdict: what came between stands above")
    n_bad = _print_verdicts(verdicts)
    print(f"The table is {verdicts}; with pictures: {verdicts.with_name('index.html')}")
    if n_bad or ran.returncode:
        raise HomecageError(
            f"{n_bad} of these cannot be used as they are; mend or take away what is named, and check again"
        )


def _print_verdicts(path: Path) -> int:
    """Print a line for each file, sound clips counted only; return how many cannot be used."""
    table = read_tsv(path, text=True)
    for row in table.to_dict("records")[::-1]:  # The worst last: it is what remains on the screen.
        if row["verdict"] != "ok" or row["kind"] in ("video", "annotation"):
            frames = "" if row["n_frames"] == "n/a" else f" ({row['n_frames']} frames)"
            what = f": {row['what']}" if row["what"] else ""
            print(
                f"{row['verdict'].replace('_', ' '):9} {row['path'] or 'the study'}{frames}{what}"
            )
    print(count_files(zip(table["kind"], table["verdict"], strict=True)))
    for what in table.loc[table["kind"] == "run", "what"]:
        print(f"{what[0].upper()}{what[1:]}.")
    return int((table["verdict"] == "error").sum())


def _get_time(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None
