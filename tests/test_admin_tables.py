"""Django admin: every table opens, is searched, filtered and edited; what the night writes is only shown."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.urls import reverse
from django.utils import translation
from simple_history.admin import SimpleHistoryAdmin

from customers import models as m
from customers.vocabulary import Stage
from lifecycle.models import ModelFit, StageChange
from segmentation.models import Indicator, Weight, WeightSet

pytestmark = pytest.mark.django_db
OURS = ("customers", "segmentation", "lifecycle")
REGISTERED = [model for model in admin.site._registry if model._meta.app_label in OURS]
# Written by the night, by imports or as rollups: nobody corrects them by hand.
NOT_THERE = {"Night", "Standing", "PublishedNight", "InputChange", "PurchaseDay", "CategoryFirst"}
NOT_THERE |= {"ImportJob", "ImportUndo", "Weight", "Question", "Invitation", "Judgement"}
NOT_THERE |= {"Shadow", "ShadowNight", "ShadowScore"}
NOT_THERE |= {"NightReplay", "BacktestRun", "BacktestFigure"}
NOT_THERE |= {"StagePreference", "FormerOrder", "DistinctPair"}
READ_ONLY = {StageChange, ModelFit, m.CustomerMerge}


@pytest.fixture
def boss(client_for, admin):
    return client_for(admin)


def page(model, which, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{which}", args=args)


def test_every_table_that_people_may_correct_is_there():
    from django.apps import apps

    expected = {
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical") and model.__name__ not in NOT_THERE
    }
    assert set(REGISTERED) == expected


def test_tables_with_history_show_it():
    for model in REGISTERED:
        assert hasattr(model, "history") == isinstance(admin.site._registry[model], SimpleHistoryAdmin), model


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_list_search_and_form_open(boss, model):
    assert boss.get(page(model, "changelist")).status_code == 200
    assert boss.get(page(model, "changelist"), {"q": "x"}).status_code == 200
    can_add = admin.site._registry[model].has_add_permission(boss.get("/admin/").wsgi_request)
    assert boss.get(page(model, "add")).status_code == (200 if can_add else 403)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_lists_are_made_for_many_rows(model):
    options = admin.site._registry[model]
    keys = {field.name for field in model._meta.get_fields() if field.many_to_one and field.related_model}
    assert keys & set(options.list_display) <= set(options.list_select_related or ())
    keys_in_form = [field for field in model._meta.fields if field.many_to_one and field.editable]
    big = {field.name for field in keys_in_form if field.related_model is m.Customer}
    assert big <= set(options.autocomplete_fields) or model in READ_ONLY


@pytest.mark.parametrize("who", ["owner", "lead", "stranger"])
def test_only_administrators_get_in(client_for, cast, who):
    answer = client_for(getattr(cast, who)).get("/admin/customers/customer/")
    assert answer.status_code == 302 and "/login/" in answer.url


def form_of(client, url):
    """The values a change form would send when nothing is changed."""
    context = client.get(url).context
    data = {}
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if hasattr(bound.field.widget, "decompress"):
                for index, part in enumerate(bound.field.widget.decompress(value)):
                    data[f"{bound.html_name}_{index}"] = part or ""
            elif isinstance(value, bool):
                data.update({bound.html_name: "on"} if value else {})
            elif value is not None:
                data[bound.html_name] = value
    return data


def test_a_customer_saved_in_admin_keeps_its_tier_and_moves_its_version(boss, make_customer, owner, teammate):
    customer = make_customer("C1", owner=owner, tier="FRIEND")
    url = page(m.Customer, "change", customer.pk)
    assert (
        boss.post(url, {**form_of(boss, url), "owner": teammate.pk, "name": "改名", "tier": "PARTNER"}).status_code
        == 302
    )
    customer.refresh_from_db()
    assert (customer.name, customer.owner, customer.tier, customer.version) == ("改名", teammate, "FRIEND", 2)
    assert customer.sort_key == "gaiming"


def test_a_line_changed_in_admin_reaches_the_purchase_days(boss, make_customer):
    line = m.Transaction.objects.create(customer=make_customer("C1"), date="2026-03-05", amount=5, cost=1)
    url = page(m.Transaction, "change", line.pk)
    assert boss.post(url, {**form_of(boss, url), "amount": "7.5"}).status_code == 302
    assert float(m.PurchaseDay.objects.get().amount) == 7.5
    data = {"action": "delete_selected", "_selected_action": [line.pk], "post": "yes"}
    assert boss.post(page(m.Transaction, "changelist"), data).status_code == 302
    assert not m.PurchaseDay.objects.exists() and not m.Transaction.objects.exists()


def test_a_commitment_in_a_contract_gets_the_contracts_customer(boss, make_customer):
    contract = m.Contract.objects.create(customer=make_customer("C1"), number="1", start="2026-01-01", end="2026-12-31")
    url = page(m.Contract, "change", contract.pk)
    data = form_of(boss, url) | {"commitments-TOTAL_FORMS": 1, "commitments-0-text": "到场", "commitments-0-ours": "on"}
    data |= {"commitments-0-contract": contract.pk}
    assert boss.post(url, data).status_code == 302
    assert m.Commitment.objects.get().customer.code == "C1"


def test_a_customer_with_everything_can_be_deleted(boss, make_customer):
    customer = make_customer("C1")
    m.Transaction.objects.create(customer=customer, date="2026-03-05", amount=5)
    assert boss.post(page(m.Customer, "delete", customer.pk), {"post": "yes"}).status_code == 302
    assert not m.Customer.objects.exists()


def test_what_the_night_wrote_cannot_be_changed(boss, make_customer):
    row = StageChange.objects.create(customer=make_customer("C1"), as_of="2026-03-05", after=Stage.STABLE.value)
    url = page(StageChange, "change", row.pk)
    assert boss.get(url).status_code == 200
    assert boss.post(url, {"after": "DECLINE"}).status_code == 403


# Accounts


def test_the_role_decides_who_reaches_admin(boss, cast):
    url = page(m.User, "change", cast.owner.pk)
    assert boss.post(url, form_of(boss, url) | {"role": "ADMIN"}).status_code == 302
    cast.owner.refresh_from_db()
    assert cast.owner.is_staff and cast.owner.is_superuser
    assert boss.post(url, form_of(boss, url) | {"role": "MANAGER"}).status_code == 302
    cast.owner.refresh_from_db()
    assert not cast.owner.is_staff and not cast.owner.is_superuser


def test_an_administrator_cannot_demote_themselves(boss, admin):
    url = page(m.User, "change", admin.pk)
    assert boss.post(url, form_of(boss, url) | {"role": "MANAGER"}).status_code == 200
    admin.refresh_from_db()
    assert admin.role == "ADMIN"


def test_an_account_is_set_up_with_a_password(boss):
    data = {"username": "new", "usable_password": "true", "password1": "korrekt-pferd-batterie", "role": "LEAD"}
    assert boss.post(page(m.User, "add"), data | {"password2": data["password1"]}).status_code == 302
    person = m.User.objects.get(username="new")
    assert person.role == "LEAD" and not person.is_staff and person.check_password("korrekt-pferd-batterie")


def test_accounts_are_not_deleted(boss, owner):
    assert boss.post(page(m.User, "delete", owner.pk), {"post": "yes"}).status_code == 403


# Versions of weights


@pytest.fixture
def published():
    return WeightSet.objects.get(status="PUBLISHED")


def act(client, action, *sets):
    data = {"action": action, "_selected_action": [one.pk for one in sets]}
    return client.post(page(WeightSet, "changelist"), data, follow=True)


def test_a_published_version_cannot_be_changed_but_copied(boss, published):
    assert boss.post(page(WeightSet, "change", published.pk), {"name": "x"}).status_code == 403
    act(boss, "copy_to_draft", published)
    draft = WeightSet.objects.get(status="DRAFT")
    assert draft.weights.count() == published.weights.count() == 15
    assert boss.get(page(WeightSet, "change", draft.pk)).status_code == 200


def test_a_draft_is_published_and_the_one_before_superseded(boss, published, admin):
    act(boss, "copy_to_draft", published)
    draft = WeightSet.objects.get(status="DRAFT")
    act(boss, "publish", draft)
    assert [WeightSet.objects.get(pk=one.pk).status for one in (published, draft)] == ["SUPERSEDED", "PUBLISHED"]
    assert WeightSet.objects.get(pk=draft.pk).published_at and draft.created_by == admin


def test_weights_that_do_not_sum_to_one_are_not_published(boss, published):
    act(boss, "copy_to_draft", published)
    draft = WeightSet.objects.get(status="DRAFT")
    Weight.objects.filter(weight_set=draft, indicator__code="gross_profit").update(value="0.5")
    answer = act(boss, "publish", draft)
    assert WeightSet.objects.get(pk=published.pk).status == "PUBLISHED"
    assert "1.1862" in answer.content.decode()


def test_an_indicator_in_use_is_switched_off_not_deleted(boss):
    indicator = Indicator.objects.first()
    assert boss.post(page(Indicator, "delete", indicator.pk), {"post": "yes"}).status_code == 403


def test_every_knob_of_the_lifecycle_is_in_its_form(boss):
    from lifecycle.models import LifecyclePolicy

    form = boss.get(page(LifecyclePolicy, "change", 1)).context["adminform"].form
    knobs = {field.name for field in LifecyclePolicy._meta.fields if field.editable and not field.primary_key}
    assert set(form.fields) == knobs


def in_chinese(text):
    return bool(re.search("[\u4e00-\u9fff]", str(text)))


EVERY = [model for model in admin.site._registry if model._meta.app_label in (*OURS, "retention")]


def shown_in(part):
    """The fields that a form of the admin names, or an inline of one."""
    named = flatten_fieldsets(part.fieldsets) if part.fieldsets else part.fields
    fields = [field for field in part.model._meta.fields if field.editable and not field.primary_key]
    return named or [field.name for field in fields if field.name not in (part.exclude or ())]


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.__name__)
def test_every_name_is_chinese_in_chinese(model):
    table = admin.site._registry[model]
    with translation.override("zh-hans"):
        named = [model._meta.verbose_name, model._meta.verbose_name_plural]
        named += [label_for_field(name, model, table) for name in table.list_display]
        for part in (table, *(inline(model, admin.site) for inline in table.inlines)):
            named += [label_for_field(name, part.model, part) for name in shown_in(part)]
        assert [str(name) for name in named if not in_chinese(name)] == []
