"""The work that follows from a quadrant's strategy: templates that ask for it, with the tasks that wait there."""

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
