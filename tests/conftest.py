"""Fixtures that every test file shares: the cast of users, customers, signed-in clients, a browser, a real worker."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from tests import migrated, needs

WORKER_START_SECONDS = 240  # importing numpy and pandas on a busy small machine
CHROMIUM_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
]
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop lives in the thread of the test


def pytest_configure():
    """A run that is told to end stops the workers and browsers it started, as on Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Tests that commit get back what the migrations wrote, and run last: the flush after them leaves nothing.

    A module's own `django_db` mark hides from pytest-django that a fixture commits, so the order is made here.
    """
    committing = {"transactional_db", "live_server", "browse", "page", "worker"}
    last = set()
    for item in items:
        marker = item.get_closest_marker("django_db")
        commits = committing & set(item.fixturenames) or (marker and marker.kwargs.get("transaction"))
        if commits:
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)
            last.add(item)
    items.sort(key=lambda item: item in last)


def pytest_runtest_setup(item):
    needs.require(item)


# The database


@pytest.fixture(scope="session")
def django_db_keepdb(request, django_db_keepdb):
    """Whether the database is there already: see `migrated`. Those of SQLite lie in a folder that goes with the run."""
    on_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    return django_db_keepdb or (on_sqlite and migrated.lay_out(request.config.cache.mkdir("migrated")))


@pytest.fixture(scope="session")
def django_db_setup(request, django_db_setup, django_db_keepdb, django_db_blocker):
    """A database that was migrated just now is kept for the next run."""
    if connection.vendor == "sqlite" and not django_db_keepdb:
        with django_db_blocker.unblock():
            migrated.keep(request.config.cache.mkdir("migrated"))


# People


@dataclass(frozen=True)
class Cast:
    """Everybody a page is tried with. `owner` is the account manager of the customers that a test makes."""

    owner: object  # a manager in the north team
    teammate: object  # another manager in the north team
    stranger: object  # a manager in the south team
    lead: object  # leads the north team
    other_lead: object  # leads the south team
    admin: object
    deactivated: object  # was a manager in the north team

    def insiders(self):
        """Those who may see the owner's customers."""
        return [self.owner, self.lead, self.admin]

    def outsiders(self):
        """Those who may not: they get a 404."""
        return [self.teammate, self.stranger, self.other_lead]


@pytest.fixture
def make_user(db):
    """make_user("name", role="LEAD", team=team, password=...): a user; the password is the name twice by default."""
    from customers.models import User

    def make(username, *, role="MANAGER", team=None, password=None, **fields):
        user = User(username=username, role=role, team=team, **fields)
        user.set_password(password or f"{username}-{username}")
        user.save()
        return user

    return make


@pytest.fixture
def cast(make_user):
    """The cast in two teams, north and south."""
    from customers.models import Team

    north, south = (Team.objects.create(name=name) for name in ("North", "South"))
    return Cast(
        owner=make_user("owner", team=north, first_name="Olga", last_name="Owner"),
        teammate=make_user("teammate", team=north),
        stranger=make_user("stranger", team=south),
        lead=make_user("lead", role="LEAD", team=north),
        other_lead=make_user("other_lead", role="LEAD", team=south),
        admin=make_user("admin", role="ADMIN"),
        deactivated=make_user("deactivated", team=north, is_active=False),
    )


@pytest.fixture
def owner(cast):
    return cast.owner


@pytest.fixture
def teammate(cast):
    return cast.teammate


@pytest.fixture
def stranger(cast):
    return cast.stranger


@pytest.fixture
def lead(cast):
    return cast.lead


@pytest.fixture
def other_lead(cast):
    return cast.other_lead


@pytest.fixture
def admin(cast):
    return cast.admin


@pytest.fixture
def deactivated(cast):
    return cast.deactivated


@pytest.fixture
def client_for(db):
    """client_for(user): a signed-in test client; client_for(None): an anonymous one. language="zh-hans" if wanted."""

    def make(user, language="en"):
        client = Client(headers={"accept-language": language})
        if user is not None:
            client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    return make


@pytest.fixture
def make_customer(db):
    """make_customer("C1", owner=..., **fields): a customer; its name is its code unless given."""
    from customers.models import Customer

    def make(code, **fields):
        return Customer.objects.create(**{"code": code, "name": code, **fields})

    return make


@pytest.fixture(autouse=True)
def site_language():
    """Every test begins in the site's language: a request leaves its own active in the thread."""
    from django.utils import translation

    with translation.override(settings.LANGUAGE_CODE):
        yield


# Tasks


@pytest.fixture
def eager():
    """Celery tasks run at once in the test's own process."""
    from crm_site.celery import app

    before = app.conf.task_always_eager, app.conf.task_eager_propagates
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield app
    app.conf.task_always_eager, app.conf.task_eager_propagates = before


@pytest.fixture
def worker(transactional_db, tmp_path):
    """A real Celery worker process on the test's database and broker (Redis where the run has it); yields its log."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "crm_site", "worker", "-P", "threads", "-c", "2"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "-Q", "celery,control", "-l", "INFO", "-n", f"test{os.getpid()}@%h"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "crm_site.settings", "DATABASE_URL": test_database_url()},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(
            lambda: " ready." in log.read_text(errors="replace") or process.poll() is not None, WORKER_START_SECONDS
        )
        assert process.poll() is None, log.read_text(errors="replace")
        yield log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_database_url():
    """The database of this test run as another process would name it."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


test_database_url.__test__ = False


def wait_for(condition, seconds=60, pause=0.1):
    """Waits until condition() is true and returns what it returned; fails the test when time is up."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            pytest.fail(f"still not so after {seconds} s: {condition}")
        time.sleep(pause)


# Browser


@pytest.fixture(scope="session")
def chromium(django_db_setup):
    """One headless Chromium for the session. Tests that use it carry the mark `browser`."""
    from playwright.sync_api import sync_playwright

    seeds = connection._test_serialized_contents
    with sync_playwright() as playwright:
        # Playwright's loop gives this thread another connection object: it too must know what the migrations wrote.
        connection._test_serialized_contents = seeds
        browser = playwright.chromium.launch(executable_path=needs.chromium(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, live_server, client_for):
    """browse(user, language="en", width=1440, height=900, dark=False): a page on the live server, signed in as user.

    An uncaught script error or a blocked resource (Content-Security-Policy) on any such page fails the test.
    """
    contexts, complaints = [], []

    def open_page(user=None, *, language="en", width=1440, height=900, dark=False, javascript=True):
        context = chromium.new_context(
            base_url=live_server.url,
            locale="zh-CN" if language.startswith("zh") else "en-US",
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        if user is not None:
            value = client_for(user).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_policy(message) else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def _is_policy(message):
    return message.type == "error" and "Content Security Policy" in message.text


@pytest.fixture
def page(browse):
    """An anonymous English page of desktop size."""
    return browse()


@pytest.fixture
def accessible():
    """accessible(page): fails with the list of serious and critical axe-core findings on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page):
        found = Axe().run(page).response["violations"]
        serious = [
            f"{item['id']}: {item['help']} at {node['target']} {node.get('failureSummary', '')}"
            for item in found
            if item["impact"] in ("serious", "critical")
            for node in item["nodes"]
        ]
        assert not serious, f"{page.url}\n" + "\n".join(serious)

    return check
