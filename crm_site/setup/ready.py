"""Whether the demo of the embedded database stands as the code wants it, asked without starting Django."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from packages import ROOT

APPS = ("customers", "segmentation", "lifecycle", "retention")
# Somebody of the demo can sign in, and a night is published.
FILLED = (
    "SELECT EXISTS (SELECT 1 FROM customers_user WHERE is_demo)"
    " AND EXISTS (SELECT 1 FROM customers_publishednight WHERE night_id IS NOT NULL)"
)


def is_ready(mark):
    """True where migrating and seeding would change nothing; False also where it cannot be told.

    mark: what the installed packages are known by, for they bring migrations of their own.
    """
    if os.environ.get("DATABASE_URL"):
        return False
    try:
        if json.loads(_note().read_text(encoding="utf-8")) != mark:
            return False
        with closing(sqlite3.connect(f"file:{_var() / 'guanxi.sqlite3'}?mode=ro", uri=True)) as database:
            applied = set(database.execute("SELECT app, name FROM django_migrations"))
            return bool(database.execute(FILLED).fetchone()[0]) and _on_disk() <= applied
    except (OSError, ValueError, sqlite3.Error):
        return False


def remember(mark):
    """Called when migrating and seeding went well with these packages."""
    if not os.environ.get("DATABASE_URL"):
        _note().write_text(json.dumps(mark), encoding="utf-8")


def _var():
    return Path(os.environ.get("GUANXI_VAR") or ROOT / "var")


def _note():
    return _var() / "setup.json"


def _on_disk():
    """(app, name) of every migration of the house."""
    return {(app, path.stem) for app in APPS for path in (ROOT / app / "migrations").glob("[0-9]*.py")}
