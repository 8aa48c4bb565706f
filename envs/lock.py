"""Pin every dependency in envs/lock.txt, and those of each conda environment to the same versions.

Run by `make lock`. `python envs/lock.py --check` only compares the conda files with the lock.
"""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ENVS = Path(__file__).parent
LOCK = ENVS / "lock.txt"
HEADER = "# Every package of homecage's environment, pinned. Made by `make lock`; do not edit.\n"

_VIDEO = ["defopt", "ffmpeg-python", "google-crc32c", "imageio-ffmpeg", "jinja2", "numcodecs"]
_VIDEO += ["numpy", "opencv-python-headless", "pandas", "pyarrow", "pydantic", "pyyaml", "zarr"]
_VIDEO += ["zarrs"]
FAMILIES = {
    "video": _VIDEO,
    "torch": [*_VIDEO, "openvino", "python-crfsuite", "safetensors", "scikit-learn", "torch"],
    "report": [*_VIDEO, "docutils", "matplotlib", "scikit-learn", "scipy", "seaborn"],
}
"""What the rules of each family import; one conda environment a family."""


def compile_lock() -> str:
    """Resolve pyproject.toml, with the developers' tools, to one version a package."""
    output = ENVS / "lock.tmp"
    command = [
        "pip-compile",
        "--quiet",
        "--upgrade",
        "--extra=dev",
        "--strip-extras",
        "--no-header",
    ]
    command += ["--no-annotate", "--no-emit-find-links", "--no-emit-index-url"]
    command += ["--no-emit-trusted-host", f"--output-file={output}", "pyproject.toml"]
    try:
        subprocess.run(command, check=True, cwd=ENVS.parent)
        lines = output.read_text(encoding="utf-8").splitlines()
    finally:
        output.unlink(missing_ok=True)
    # A build's own suffix (torch's "+cpu") is that of one machine.
    pins = [re.sub(r"\+\w+$", "", line) for line in lines if "==" in line]
    return HEADER + "\n".join(pins) + "\n"


def read_pins(lock: str) -> dict[str, str]:
    """Return the version of each package in the lock."""
    return dict(line.split("==") for line in lock.splitlines() if "==" in line)


def describe_environment(family: str, pins: dict[str, str]) -> str:
    """Return the conda file of a family of rules."""
    packages = [f"{package}=={pins[package]}" for package in sorted(FAMILIES[family])]
    content = {
        "channels": ["conda-forge", "nodefaults"],
        "dependencies": ["python=3.11", "pip", {"pip": packages}],
    }
    return yaml.safe_dump(content, sort_keys=False)


def main() -> None:
    """Write the lock and the conda files, or compare them."""
    check = sys.argv[1:] == ["--check"]
    lock = LOCK.read_text(encoding="utf-8") if check else compile_lock()
    files = {LOCK: lock} | {
        ENVS / f"{family}.yaml": describe_environment(family, read_pins(lock))
        for family in FAMILIES
    }
    for path, content in files.items():
        if not check:
            path.write_text(content, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != content:
            sys.exit(f"{path}: not what envs/lock.txt says; run `make lock`")


if __name__ == "__main__":
    main()
