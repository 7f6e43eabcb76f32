"""The product's settings as tests see them: nobody's shell, nobody's data folder, a fast password hasher."""

import atexit
import os
import shutil
import tempfile

# What a developer's shell may hold must not change what a test sees.
for name in ("DEBUG", "ALLOWED_HOSTS", "GUANXI_DEMO", "SECRET_KEY", "LANGUAGE_CODE", "TIME_ZONE", "CACHE_URL"):
    os.environ.pop(name, None)
# Own folder for mail, files, the embedded broker and the SQLite file; worker processes of a test inherit it.
if "GUANXI_TEST_VAR" not in os.environ:
    os.environ["GUANXI_TEST_VAR"] = tempfile.mkdtemp(prefix="guanxi-tests-")
    atexit.register(shutil.rmtree, os.environ["GUANXI_TEST_VAR"], ignore_errors=True)
os.environ["GUANXI_VAR"] = os.environ["GUANXI_TEST_VAR"]

from crm_site.settings import *  # noqa: E402, F403
from crm_site.settings import DATABASES, VAR_DIR  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: as in the product, so that a live server's threads and a worker process can share it.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
