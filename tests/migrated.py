"""The tests' SQLite file, migrated once: later runs take it over, for migrating takes as long as a hundred tests."""

import ast
import hashlib
import os
import shutil
import sqlite3
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.repository import HOUSE, ROOT, tracked


def lay_out(folder):
    """Put the migrated file where the tests' database will be; whether there was one of these migrations."""
    kept = folder / f"{mark()}.sqlite3"
    if not kept.exists():
        return False
    shutil.copyfile(kept, settings.DATABASES["default"]["TEST"]["NAME"])
    return True


def keep(folder):
    """Keep the database as it has just been migrated, and none of other migrations."""
    made = folder / f"making-{os.getpid()}"
    copy = sqlite3.connect(made)
    connection.ensure_connection()
    connection.connection.backup(copy)
    copy.close()
    for old in folder.glob("*.sqlite3"):
        old.unlink(missing_ok=True)
    made.replace(folder / f"{mark()}.sqlite3")


@cache
def mark():
    """A hash of all that decides what migrating makes: packages, migrations, and what these import of the house."""
    digest = hashlib.sha256()
    for path in sorted({Path("requirements.lock"), *_decisive()}):
        digest.update(str(path).encode() + (ROOT / path).read_bytes())
    return digest.hexdigest()[:24]


def _decisive():
    migrations = {path for path in tracked(".py") if "migrations" in path.parts}
    found = set(migrations)
    for path in migrations:
        for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
            if isinstance(node, ast.Import):
                found |= {file for alias in node.names for file in _files(alias.name)}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {file for alias in node.names for file in _files(f"{node.module}.{alias.name}")}
    return found


def _files(name):
    """The module files along a dotted name of the house."""
    parts = name.split(".")
    if parts[0] not in HOUSE:
        return
    for depth in range(1, len(parts) + 1):
        for path in (Path(*parts[:depth]).with_suffix(".py"), Path(*parts[:depth], "__init__.py")):
            if (ROOT / path).is_file():
                yield path
