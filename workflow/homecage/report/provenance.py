"""What a run was made of: versions, seeds, hashes of what went in, and the time that each rule took."""

import csv
import hashlib
import json
import math
import platform
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from homecage.errors import StoreError
from homecage.frames.raw import read_report
from homecage.report.options import Configuration
from homecage.storage.hashing import hash_file

_PACKAGES = ("homecage", "torch", "numpy", "pandas", "scikit-learn", "matplotlib")


@dataclass(frozen=True)
class Hashed:
    """A raw file, or the clips of a folder."""

    path: str
    sha256: str
    """Of several files: of a line for each of them that has its own, in the order of the study."""
    n_files: int = 1


@dataclass(frozen=True)
class Model:
    """Networks that were made alike, by what their files say of themselves."""

    name: str
    """Of a method, or the kind of a network that others look through."""
    torch: str
    precision: str
    seed: str
    n_files: int


@dataclass(frozen=True)
class Times:
    """What the jobs of a rule took, each the last time that it ran."""

    rule: str
    n_jobs: int
    total_s: float
    longest_s: float
    most_mb: float | None
    """None where a job was too short to be measured."""


def list_versions(ffmpeg: str) -> Iterator[tuple[str, str]]:
    """Return what is installed where this is called; in a conda environment of its own, not all of it is."""
    yield "Python", platform.python_version()
    for package in _PACKAGES:
        yield package, find_version(package)
    yield "ffmpeg", ffmpeg
    yield "system", f"{platform.system()} {platform.machine()}"


def find_version(package: str) -> str:
    """Return the version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:  # Of homecage: the library is used from where it lies.
        return "not installed"


def hash_raw(reports: Iterable[Path], annotations: Iterable[Path]) -> Iterator[Hashed]:
    """Return the hashes of videos and clips, as they were when they were decoded, and of annotations now.

    Args:
        reports: of decoding, one for each video and each folder of clips.
        annotations: annotation files.
    """
    for report in reports:
        if report.parent.name == "clips":
            yield Hashed(str(report.with_suffix("")), *hash_clips(report))
        else:
            yield from (Hashed(file.path, file.sha256 or "n/a") for file in read_report(report))
    for path in annotations:
        yield Hashed(str(path), hash_file(path))


def hash_clips(report: Path) -> tuple[str, int]:
    """Return one hash of a folder of clips, by their report, and their number."""
    files = read_report(report)
    hashed = hashlib.sha256("".join(f"{file.sha256}\n" for file in files).encode())
    return hashed.hexdigest(), len(files)


def write_configuration(configuration: Configuration) -> tuple[str, str]:
    """Return the configuration as YAML, and the SHA-256 of that text."""
    text = yaml.safe_dump(configuration.root, sort_keys=False, allow_unicode=True)
    return text, hashlib.sha256(text.encode()).hexdigest()


def list_seeds(configuration: Configuration) -> Iterator[tuple[str, int]]:
    """Return each seed of the configuration, by the keys that lead to it."""

    def seek(values: dict[str, Any], before: str) -> Iterator[tuple[str, int]]:
        for key, value in values.items():
            if isinstance(value, dict):
                yield from seek(value, f"{before}{key}.")
            elif key == "seed":
                yield f"{before}{key}", value

    return seek(configuration.root, "")


def describe_models(paths: Iterable[Path]) -> list[Model]:
    """Tell what files of weights say of themselves, folds together; no weights are loaded.

    Raises:
        StoreError: a file is missing or not one of ours.
    """
    found = Counter(
        (
            str(said.get("method") or said.get("kind")),
            str(said.get("torch", "n/a")),
            str(said.get("precision", "n/a")),
            str(said.get("seed", "n/a")),
        )
        for said in map(_read_header, paths)
    )
    return [Model(*said, n_files) for said, n_files in found.items()]


def _read_header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))["__metadata__"]["homecage"]
        return dict(json.loads(json.loads(header)["metadata"]))
    except (OSError, ValueError, KeyError, TypeError, struct.error, OverflowError, MemoryError):
        raise StoreError(path, "cannot be read as weights") from None


def sum_times(benchmarks: Path, without: str) -> list[Times]:
    """Return the times of each rule, the longest first.

    Args:
        benchmarks: Snakemake's folder of them: ``{rule}.tsv``, or a folder ``{rule}`` of one for each job.
        without: a rule that is not told of: that of the page itself, which is not over.
    """
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in sorted(benchmarks.rglob("*.tsv")):
        rule = path.relative_to(benchmarks).with_suffix("").parts[0]
        if rule != without:
            found[rule] += _read_benchmark(path)
    times = [
        Times(
            rule,
            len(jobs),
            sum(seconds for seconds, _ in jobs),
            max(seconds for seconds, _ in jobs),
            max((mb for _, mb in jobs if not math.isnan(mb)), default=None),
        )
        for rule, jobs in found.items()
        if jobs
    ]
    return sorted(times, key=lambda one: (-one.total_s, one.rule))


def _read_benchmark(path: Path) -> list[tuple[float, float]]:
    """Return seconds and MB of each line; MB are not a number where nothing was measured."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (float(row["s"]), _read_number(row.get("max_rss")))
            for row in csv.DictReader(file, delimiter="\t")
        ]


def _read_number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:  # "NA" and "-" of Snakemake.
        return math.nan
