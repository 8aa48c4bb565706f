"""Names on disk: what a video is called by its lab, made safe for paths, wildcards and job names."""

import re
import unicodedata

LONGEST_BYTES = 180
"""Of a safe name: file systems take 255, and results add to it."""

_LOOP = re.compile(r"(.+)\1{19}$")
"""What Snakemake takes for a wildcard that feeds itself: a name that ends with twenty times the same."""


def safe_name(name: str) -> str:
    """Return a name of letters and digits of any script, ``.``, ``_`` and ``-``; ``_`` stands for others.

    It begins with none of ``.`` and ``-``, which would hide a file or look like an option, and does not end
    as if it would never end.
    """
    safe = re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", name))
    safe = re.sub(r"^[.-]", "_", safe)
    return f"{safe}{'_' if safe.endswith('-') else '-'}" if _LOOP.search(safe) else safe


def find_unsafe(names: list[str]) -> list[str]:
    """Return what is wrong with names that are to be told apart once they are safe."""
    problems = [
        f"the name {name!r} is too long for a file ({len(safe_name(name).encode())} bytes, expected "
        f"at most {LONGEST_BYTES}); shorten it"
        for name in names
        if len(safe_name(name).encode()) > LONGEST_BYTES
    ]
    first: dict[str, str] = {}
    for name in names:
        if not name.strip():
            problems.append("a name is empty; give it one")
        elif name == (other := first.setdefault(safe_name(name), name)):
            continue
        else:
            problems.append(
                f"{other!r} and {name!r} would both be called {safe_name(name)!r} on disk; rename one"
            )
    return problems
