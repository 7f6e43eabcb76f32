"""The model card: every fit of the night with its errors, its calibration and its drift, and who rests on what."""

from datetime import date, timedelta

import pytest

from lifecycle.models import ModelFit
from lifecycle.value import model_card
from tests.standings import AS_OF, make_night, stand

pytestmark = pytest.mark.django_db
URL = "/lifecycle/models/"
PARAMS = {"r": 0.5, "alpha": 6.0, "a": 0.9, "b": 1.6}


def fit(night, **fields):
    usual = {
        "kind": "MBG/NBD", "segment": "", "params": PARAMS, "log_likelihood": -123.456, "customers": 400,
        "repeaters": 300, "converged": True, "method": "SEGMENT", "iterations": 7,
        "standard_errors": dict.fromkeys(PARAMS, 0.1), "data_from": date(2024, 1, 1), "data_to": date(2026, 3, 4),
        "expected": [100.0, 50.0, 250.0], "actual": [110, 40, 250],
    }  # fmt: skip
    return ModelFit.objects.create(night=night, **usual | fields)


@pytest.fixture
def nights():
    """Two nights before and the published one."""
    for back in (2, 1):
        fit(make_night(AS_OF - timedelta(days=back), published=False), params=PARAMS | {"r": 0.5 - 0.1 * back})
    return make_night()


def test_a_card_has_parameters_with_errors_and_drift(nights):
    fit(nights, params=PARAMS | {"r": 0.65})
    (card,) = model_card.cards(nights)
    r, alpha = card.parameters[:2]
    assert (r.value, r.error, alpha.symbol) == (0.65, 0.1, "α")
    assert r.drift == pytest.approx(2.5) and r.moved and not alpha.moved
    assert card.nights == 3 and len(r.line.points) == 3
    assert card.chi_square == pytest.approx(1.0 + 2.0) and card.worst.label == "0"


def test_the_firm_comes_first_and_later_nights_are_no_past(nights):
    fit(nights, kind="Gamma-Gamma", params={"p": 1.0, "q": 2.0, "v": 3.0}, expected=[], actual=[])
    fit(nights, segment="Steel")
    fit(nights)
    fit(make_night(AS_OF + timedelta(days=1), published=False), params=PARAMS | {"r": 9.0})
    cards = model_card.cards(nights)
    assert [(card.fit.kind, card.fit.segment) for card in cards] == [
        ("MBG/NBD", ""),
        ("Gamma-Gamma", ""),
        ("MBG/NBD", "Steel"),
    ]
    assert cards[0].nights == 3 and cards[1].nights == 1 and cards[1].bins == []


def test_a_kept_fit_says_since_when(nights, client_for, owner):
    fit(nights, reason="KEPT", converged=False, standard_errors={})
    (card,) = model_card.cards(nights)
    assert card.kept_since.as_of == AS_OF - timedelta(days=1)
    html = client_for(owner).get(URL).content.decode()
    assert "did not settle" in html and "The parameters of 4 Mar 2026 speak on." in html


def test_rungs_count_the_customers(nights, make_customer):
    for number, method in enumerate(["SEGMENT", "SEGMENT", "CONTRACT", ""]):
        stand(nights, make_customer(f"R{number}"), clv=100.0, clv_method=method)
    assert model_card.rungs(nights) == [("SEGMENT", 2, 200.0, pytest.approx(2 / 3)), ("CONTRACT", 1, 100.0, 1 / 3)]


def test_the_page_works(nights, client_for, owner, make_customer, django_assert_max_num_queries):
    fit(nights)
    fit(nights, kind="Rate", usable=True, method="RATE", params={"shape": 1.0, "weeks": 9.0}, expected=[], actual=[])
    fit(nights, segment="Thin", usable=False, reason="THIN", params={}, standard_errors={}, expected=[], actual=[])
    stand(nights, make_customer("R1"), clv_method="SEGMENT")
    client = client_for(owner)
    with django_assert_max_num_queries(18):
        html = client.get(URL).content.decode()
    assert "MBG/NBD settled on 400 customers, 300 of them repeat customers." in html
    assert "It misses most at 0 repeat purchases: 100 customers expected, 110 found." in html
    assert "−123.46" in html and "2024-01-01 to 2026-03-04" in html and "yes, in 7 iterations" in html
    assert "/customers/?method=SEGMENT" in html and "Too few customers or repeat customers" in html


def test_without_a_night_or_a_fit_it_says_so(client_for, owner):
    assert "The first night fits the models." in client_for(owner).get(URL).content.decode()
    make_night()
    assert "there was nothing to fit" in client_for(owner).get(URL).content.decode()


def test_a_fit_without_parameters_or_errors_is_shown(nights, client_for, lead):
    fit(nights, usable=False, reason="DIVERGED", params={}, standard_errors={}, log_likelihood=None)
    assert "no maximum within sane bounds" in client_for(lead).get(URL).content.decode()


def test_anonymous_and_wrong_method(client, client_for, owner):
    assert client.get(URL).url.startswith("/accounts/login/")
    assert client_for(owner).post(URL).status_code == 405


def test_chinese(nights, client_for, owner):
    fit(nights)
    html = client_for(owner).get(URL, headers={"accept-language": "zh-hans"}).content.decode()
    assert "已在 400 个客户上收敛" in html and "对数似然" in html
