"""Columns of lifetime values carry a mark while a simple rule comes nearer than the model."""

import html5lib
import pytest

from crm_site import nightly
from tests.test_lifecycle_record import DAY, firm, measured  # noqa: F401 - the firm is a fixture

pytestmark = [pytest.mark.django_db]


def marks(client, url):
    """What the marks in column heads of a page say."""
    page = html5lib.parse(client.get(url).content.decode(), namespaceHTMLElements=False)
    return [
        (link.get("href"), link.get("aria-label"))
        for head in page.iter("th")
        for link in head.iter("a")
        if "head-mark" in (link.get("class") or "")
    ]


@pytest.mark.parametrize("url", ["/customers/", "/customers/portfolio/", "/segmentation/pyramid/"])
def test_the_mark_stands_while_the_model_is_behind(firm, client_for, cast, url):  # noqa: F811
    run = measured()
    unit = "value" if run.summary.get("value") else "purchases"
    nightly.run_night(as_of=DAY)
    for demoted in (True, False):
        run.summary[unit]["demoted"] = demoted
        run.save()
        found = marks(client_for(cast.owner), url)
        assert [href for href, _words in found] == (["/lifecycle/record/"] if demoted else []), found
        assert all("as a rank" in words for _href, words in found)


def test_no_rank_is_promised_where_simple_rules_put_customers_in_better_order(firm, client_for, cast):  # noqa: F811
    run = measured()
    nightly.run_night(as_of=DAY)
    found = run.summary["value"]
    found["demoted"], found["rules"]["MODEL"]["gini"], found["rules"]["REPEAT"]["gini"] = True, 0.4, 0.5
    run.save()
    client = client_for(cast.owner)
    assert [words for _href, words in marks(client, "/customers/")] == [
        "Simple rules came nearer than the model on earlier dates, and put customers in better order."
    ]
    page = client.get("/customers/K01/").content.decode()
    assert page.count("trust neither the amount nor the rank of this value") == 2 and "as a rank" not in page


def test_without_a_record_there_is_no_mark(firm, client_for, cast):  # noqa: F811
    assert marks(client_for(cast.owner), "/customers/") == []
    nightly.run_night(as_of=DAY)
    assert marks(client_for(cast.owner), "/customers/") == []
