"""Turns .po files into the .mo files that Django reads, without GNU gettext and without starting Django."""

import os
import sys
from pathlib import Path

import polib


def compile_catalogue(source):
    """Writes the .mo beside a .po when it is missing or older; returns True where it did."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return False
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(fresh))
    fresh.replace(target)  # a server that starts meanwhile reads the old one or the new one, never half
    return True


def compile_all(folders):
    """Compiles every catalogue under these locale folders; returns a sentence about it."""
    sources = [po for folder in folders for po in sorted(Path(folder).glob("*/LC_MESSAGES/*.po"))]
    compiled = sum(compile_catalogue(source) for source in sources)
    return f"{compiled} of {len(sources)} catalogues compiled."


if __name__ == "__main__":
    print(compile_all(sys.argv[1:]))
