"""What some tests need from the machine, and the one rule when it is not there: skip at home, fail in CI."""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
STRICT = any(os.environ.get(name, "").lower() in ("1", "true", "yes") for name in ("CI", "GUANXI_REQUIRE_SERVICES"))
SHARED = Path(__file__).resolve().parents[2] / "shared"  # real data and golden numbers, beside the checkout or absent


def chromium():
    """Path of a Chromium or Chrome, or None. CHROMIUM names another one."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)


def _vendor():
    return settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]


def missing(marker):
    """What a test with this marker lacks here, as a sentence; empty when nothing."""
    if marker == "postgres" and _vendor() != "postgresql":
        return "needs PostgreSQL: run it through `make test`, or set DATABASE_URL"
    if marker == "sqlite" and _vendor() != "sqlite3":
        return "needs SQLite"
    if marker == "redis" and not settings.CELERY_BROKER_URL.startswith("redis"):
        return "needs Redis: run it through `make test`, or set REDIS_URL"
    if marker == "browser" and not chromium():
        return "needs Chromium (Debian: apt-get install chromium)"
    if marker == "gettext" and not (shutil.which("xgettext") and shutil.which("msgmerge")):
        return "needs GNU gettext (Debian: apt-get install gettext)"
    return ""


def require(item):
    """Before a test: everything its marks name is there, or it is skipped; in CI a lack is a failure."""
    for marker in ("postgres", "sqlite", "redis", "browser", "gettext"):
        reason = missing(marker) if item.get_closest_marker(marker) else ""
        if reason:
            lacking(reason)


def lacking(reason):
    """The machine lacks something: the test is skipped, in CI it fails."""
    if STRICT:
        pytest.fail(f"{reason}; nothing may be skipped here", pytrace=False)
    pytest.skip(reason)


def shared(*parts):
    """A file of the shared folder beside the project; the calling test is skipped where the folder is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared folder with real data is not beside this checkout")
    return SHARED.joinpath(*parts)
