"""The shared fixtures themselves: the cast, signed-in clients, the worker process and the browser."""

import pytest
from django.conf import settings

from customers.models import Customer


def test_the_cast_sees_what_its_roles_may_see(cast, make_customer):
    make_customer("C1", owner=cast.owner)
    for user in cast.insiders():
        assert Customer.objects.visible_to(user).count() == 1, user
    for user in [*cast.outsiders(), cast.deactivated]:
        assert Customer.objects.visible_to(user).count() == 0, user


def test_a_client_is_signed_in(client_for, admin):
    assert client_for(admin).get("/healthz").json() == {"status": "ok"}
    assert client_for(admin).session["_auth_user_id"] == str(admin.pk)
    assert "_auth_user_id" not in client_for(None).session


def test_eager_tasks_run_in_place(eager):
    @eager.task(name="tests.echo")
    def echo(word):
        return word

    assert echo.delay("heard").result == "heard"


@pytest.mark.both
def test_a_worker_process_starts_on_the_tests_database_and_broker(worker):
    text = worker.read_text(errors="replace")
    assert settings.CELERY_BROKER_URL.partition(":")[0] + "://" in text


@pytest.mark.browser
def test_the_browser_reaches_the_live_server(browse, live_server):
    answer = browse().goto("/healthz")
    assert answer.ok
    assert answer.url == f"{live_server.url}/healthz"
