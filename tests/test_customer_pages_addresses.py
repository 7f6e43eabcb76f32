"""Addresses of customers: any code reaches its page, and no page of ours takes it away."""

import re

import pytest
from django.urls import get_resolver, reverse

from customers.addresses import RESERVED, CodeConverter, quoted, survives

CODES = [
    "A1",
    "上海电力",
    "a b",
    "A/B",
    "tier/A1",
    "../../admin",
    "..",
    ".",
    "a//b",
    "/lead",
    "trail/",
    "50%",
    "a?b=c",
    "a#b",
    "portfolio",
    "new",
    "edit/x",
    "=abc",
    "id-7",
    "a&b<c>\"'",
    "\\x",
    "😀",
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_comes_back(code):
    converter = CodeConverter()
    assert converter.to_python(converter.to_url(code)) == code


@pytest.mark.django_db
def test_every_code_reaches_its_page(cast, client_for, make_customer):
    owner, stranger = client_for(cast.owner), client_for(cast.stranger)
    for code in CODES:
        customer = make_customer(code, name="Named differently", owner=cast.owner)
        url = customer.get_absolute_url()
        assert url.startswith("/customers/") and "/../" not in url and "//" not in url
        response = owner.get(f"{url}?tab=contacts")
        assert response.status_code == 200 and response.context["customer"] == customer, code
        assert stranger.get(url).status_code == 404, code


@pytest.mark.django_db
def test_every_code_is_reachable_by_number(cast, client_for, make_customer):
    customer = make_customer("..", owner=cast.owner)
    assert client_for(cast.owner).get(f"/customers/id-{customer.pk}/").context["customer"] == customer
    assert client_for(cast.stranger).get(f"/customers/id-{customer.pk}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("tail", ["%00", "a%00b", "%0d%0aSet-Cookie:x", "=%23%23", "=_w", "id-99999999999999999999"])
def test_nonsense_is_not_found(cast, client_for, tail):
    assert client_for(cast.admin).get(f"/customers/{tail}/").status_code == 404


def test_plain_codes_stay_plain():
    assert reverse("customers:detail", args=["A1"]) == "/customers/A1/"
    assert reverse("customers:detail", args=["A/B"]) == "/customers/A/B/"
    assert not survives("portfolio") and quoted("portfolio").startswith("=")


def test_every_fixed_page_is_reserved():
    """A page added under /customers/ without a word here would take the page of a customer with that code."""
    customers = next(p for p in get_resolver().url_patterns if str(p.pattern) == "customers/")
    found = set()

    def walk(patterns, prefix=""):
        for pattern in patterns:
            path = prefix + str(pattern.pattern).lstrip("^")
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, path)
            elif path and not path.startswith("<"):
                found.add(re.match(r"[^/<(]*", path).group())

    walk(customers.url_patterns)
    assert found - {""} <= RESERVED
