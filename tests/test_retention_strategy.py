"""The work that follows from a quadrant's strategy: templates that ask for it, with the tasks that wait there."""

from datetime import timedelta

import html5lib
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retention.models import RetentionTask, TaskTemplate
from retention.templatetags.retention_strategy import asked
from tests.standings import AS_OF, make_night, stand

URL = "/segmentation/quadrant/"


@pytest.mark.parametrize(
    ("trigger", "codes"),
    [
        ({}, set()),
        ({"field": "quadrant", "op": "in", "value": ["HH", "LL"]}, {"HH", "LL"}),
        ({"field": "quadrant", "op": "eq", "value": "HL"}, {"HL"}),
        ({"field": "quadrant", "op": "not_in", "value": ["HL"]}, set()),
        ({"not": {"field": "quadrant", "op": "eq", "value": "HL"}}, set()),
        ({"all": [{"field": "level", "op": "eq", "value": "LOW"},
                  {"any": [{"field": "quadrant", "op": "in", "value": ["LH"]}]}]}, {"LH"}),
        ([], set()),
    ],
)  # fmt: skip
def test_what_a_trigger_asks_for(trigger, codes):
    assert asked(trigger) == codes


@pytest.mark.django_db
class TestCards:
    @pytest.fixture
    def waiting(self, cast, make_customer):
        """The owner's customer in HH and one in LL wait for the same work; the stranger's HH customer too."""
        night, template = make_night(), TaskTemplate.objects.filter(trigger__icontains="HH", active=True).first()
        for code, owner, quadrant in (("A", cast.owner, "HH"), ("B", cast.owner, "LL"), ("C", cast.stranger, "HH")):
            customer = make_customer(code, owner=owner)
            stand(night, customer, quadrant=quadrant)
            RetentionTask.objects.create(customer=customer, template=template, owner=owner, raised_on=AS_OF, due=AS_OF)
        return template

    def test_templates_of_the_quadrant_and_the_own_tasks_there(self, cast, client_for, waiting):
        for user, shown in ((cast.owner, 1), (cast.admin, 2), (cast.stranger, 1)):
            html = client_for(user).get(URL).content.decode()
            link = f'href="/retention/?template={waiting.code}&amp;quadrant=HH"'
            assert link in html and f"{shown} waiting" in html.split(link)[1][:300], user

    def test_the_link_finds_those_tasks(self, cast, client_for, waiting):
        html = client_for(cast.owner).get(f"/retention/?template={waiting.code}&quadrant=HH").content.decode()
        assert "/customers/A/" in html and "/customers/B/" not in html

    def test_read_once_for_all_cards(self, cast, client_for, waiting):
        client = client_for(cast.owner)
        client.get(URL)
        with CaptureQueriesContext(connection) as caught:
            client.get(URL)
        assert sum("retention_tasktemplate" in query["sql"] and "retention_retentiontask" not in query["sql"]
                   for query in caught.captured_queries) == 1  # fmt: skip


@pytest.mark.django_db
class TestCostOfWork:
    """What playbooks plan to spend on each level of the pyramid, beside service cost and contacts."""

    @pytest.fixture
    def spent(self, cast, make_customer):
        night = make_night()
        template = TaskTemplate.objects.filter(active=True).first()
        template.cost = 30
        template.save()
        for code, owner, level in (("A", cast.owner, "HIGH"), ("B", cast.owner, "LOW"), ("C", cast.stranger, "HIGH")):
            customer = make_customer(code, owner=owner)
            stand(night, customer, level=level, rank=ord(code), gross_profit=100, service_cost=10)
            task = {"customer": customer, "template": template, "owner": owner, "raised_on": AS_OF, "due": AS_OF}
            RetentionTask.objects.create(**task)
            if code == "A":
                for days in (0, 364, 365, -1):
                    day = AS_OF - timedelta(days=days)
                    RetentionTask.objects.create(**task, state="DONE", outcome="SUCCESS", closed_on=day)
        return template

    def cost(self, client, query=""):
        page = html5lib.parse(
            client.get(f"/segmentation/pyramid/{query}").content.decode(), namespaceHTMLElements=False
        )
        cells = [cell for cell in page.iter("td") if cell.get("data-label") == "Takes: share of task cost"]
        return [" ".join("".join(cell.itertext()).split()).partition("%")[0] for cell in cells]

    def test_of_the_year_and_of_those_that_wait_for_the_customers_in_scope(self, cast, client_for, spent):
        assert self.cost(client_for(cast.owner)) == ["75", "0", "25"]
        assert self.cost(client_for(cast.admin)) == ["80", "0", "20"]
        assert self.cost(client_for(cast.admin), f"?owner={cast.stranger.pk}") == ["100", "0", "0"]

    def test_work_that_costs_nothing_is_no_column(self, cast, client_for, spent):
        TaskTemplate.objects.update(cost=0)
        assert self.cost(client_for(cast.owner)) == []
