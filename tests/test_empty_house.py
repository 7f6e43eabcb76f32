"""The first day: nobody and nothing there yet. Every page says what to do, and the first administrator is one."""

import html5lib
import pytest
from django.core.management import call_command

from customers.models import User

pytestmark = pytest.mark.django_db
PAGES = [
    "/", "/customers/", "/customers/portfolio/", "/segmentation/pyramid/", "/segmentation/quadrant/",
    "/segmentation/movement/", "/lifecycle/", "/lifecycle/cohorts/", "/lifecycle/endings/", "/lifecycle/value/",
    "/lifecycle/models/", "/lifecycle/benchmarks/", "/retention/", "/retention/kpis/", "/retention/cases/care/",
    "/retention/cases/surveys/", "/retention/losses/", "/retention/cross-selling/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_page_leads_on(path, cast, client_for):
    for user in (cast.owner, cast.lead, cast.admin):
        response = client_for(user).get(path)
        page = html5lib.parse(response.content.decode(), namespaceHTMLElements=False)
        empty = [part for part in page.iter("div") if (part.get("class") or "").split()[:1] == ["empty"]]
        assert response.status_code == 200 and empty, (path, user)
        assert any(list(part.iter("a")) for part in empty), (path, user)


def test_the_first_administrator_is_one_in_role_too():
    call_command("createsuperuser", "--noinput", username="first", email="first@example.com", verbosity=0)
    first = User.objects.get(username="first")
    assert (first.role, first.is_admin, first.is_staff, first.is_superuser) == ("ADMIN", True, True, True)
