"""Users and teams on a page for administrators, and everybody's own account."""

import re
from datetime import date

import pytest
from django.core import mail

from customers.models import Customer, Team, User
from customers.signals import customer_reassigned

pytestmark = pytest.mark.django_db
PAGES = ["/people/", "/people/new/", "/people/teams/new/"]


def entry(**fields):
    return {"username": "wang.jing", "last_name": "王", "first_name": "静", "role": "MANAGER", "email": "", **fields}


@pytest.fixture
def boss(client_for, admin):
    return client_for(admin)


@pytest.mark.parametrize("url", PAGES)
def test_only_administrators_see_the_pages(client_for, cast, url):
    assert client_for(cast.admin).get(url).status_code == 200
    for user in (cast.owner, cast.lead, cast.stranger, cast.other_lead):
        assert client_for(user).get(url).status_code == 403
    assert client_for(None).get(url).url.startswith("/accounts/login/")
    assert client_for(cast.deactivated).get(url).status_code == 302


def test_nobody_else_may_write(client_for, cast):
    for user in (cast.owner, cast.lead):
        client = client_for(user)
        for url, data in (
            ("/people/new/", entry()),
            (f"/people/{user.pk}/", {**entry(username=user.username), "role": "ADMIN"}),
            (f"/people/{cast.admin.pk}/deactivate/", {}),
            (f"/people/{cast.admin.pk}/password/", {}),
            (f"/people/{cast.deactivated.pk}/activate/", {}),
            ("/people/teams/new/", {"name": "x"}),
        ):
            assert client.post(url, data).status_code == 403
    assert User.objects.filter(role="ADMIN").count() == 1 and not Team.objects.filter(name="x").exists()


def test_the_list_shows_everybody_and_finds_people(boss, cast):
    page = boss.get("/people/").content.decode()
    assert all(user.username in page for user in User.objects.all())
    found = boss.get("/people/", {"q": "north"}).context["people"]
    assert set(found) == {cast.owner, cast.teammate, cast.lead, cast.deactivated}
    for wish in ("nobody here", "a\0b", "%", "'"):
        assert boss.get("/people/", {"q": wish}).status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_people(boss, make_user, cast, django_assert_num_queries):
    boss.get("/people/")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            boss.get("/people/")
        counts.append(len(queries))
        for extra in range(5):
            make_user(f"u{number}{extra}", team=Team.objects.create(name=f"t{number}{extra}"))
    assert counts[0] == counts[1]


def test_a_user_is_set_up_without_a_password(boss):
    answer = boss.post("/people/new/", entry(language="zh-hans"))
    person = User.objects.get(username="wang.jing")
    assert answer.url == f"/people/{person.pk}/"
    assert (person.display_name, person.role, person.language) == ("王静", "MANAGER", "zh-hans")
    assert not person.has_usable_password() and not person.is_staff


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "OWNER"}, "username"),
        ({"username": "two words"}, "username"),
        ({"role": "KING"}, "role"),
        ({"role": "LEAD"}, "team"),
        ({"email": "nowhere"}, "email"),
    ],
)
def test_wrong_entries_come_back(boss, owner, wrong, field):
    answer = boss.post("/people/new/", entry(**wrong))
    assert answer.status_code == 422 and field in answer.context["form"].errors


def test_nothing_else_of_an_account_can_be_set(boss):
    boss.post("/people/new/", entry(is_superuser="on", is_staff="on", is_demo="on", password="x"))
    person = User.objects.get(username="wang.jing")
    assert not person.is_superuser and not person.is_staff and not person.is_demo


def test_role_and_team_change_what_somebody_sees(boss, cast, make_customer, client_for):
    make_customer("C1", owner=cast.owner)
    assert client_for(cast.stranger).get("/customers/edit/C1/").status_code == 404
    data = entry(username="stranger", role="LEAD", team=cast.owner.team_id)
    assert boss.post(f"/people/{cast.stranger.pk}/", data).status_code == 302
    assert client_for(cast.stranger).get("/customers/edit/C1/").status_code == 200


def test_an_administrator_who_becomes_manager_loses_admin(boss, make_user):
    other = make_user("boss2", role="ADMIN")
    boss.post(f"/people/{other.pk}/", entry(username="boss2", role="MANAGER"))
    other.refresh_from_db()
    assert not other.is_staff and not other.is_superuser and other.role == "MANAGER"


def test_the_last_administrator_stays(boss, admin):
    answer = boss.post(f"/people/{admin.pk}/", entry(username="admin", role="MANAGER"))
    admin.refresh_from_db()
    assert answer.status_code == 422 and admin.role == "ADMIN"
    assert boss.post(f"/people/{admin.pk}/deactivate/").status_code == 422


def test_deactivating_hands_the_customers_over(boss, cast, make_customer, client_for):
    told = []

    def keep(sender, **kwargs):
        told.append((kwargs["customer_ids"], kwargs["to"], kwargs["by"]))

    customer = make_customer("C1", owner=cast.owner)
    client = client_for(cast.owner)
    customer_reassigned.connect(keep)
    answer = boss.post(f"/people/{cast.owner.pk}/deactivate/", {"hand_to": cast.teammate.pk})
    customer_reassigned.disconnect(keep)
    customer.refresh_from_db()
    assert answer.status_code == 302 and customer.owner == cast.teammate
    assert told == [([customer.pk], cast.teammate, cast.admin)]
    assert client.get("/people/me/").status_code == 302  # signed out at once


def test_customers_of_somebody_who_left_may_go_to_nobody(boss, cast, make_customer):
    make_customer("C1", owner=cast.owner)
    boss.post(f"/people/{cast.owner.pk}/deactivate/", {"hand_to": ""})
    assert Customer.objects.get().owner is None
    assert not User.objects.get(pk=cast.owner.pk).is_active


def test_nobody_who_left_takes_over(boss, cast):
    answer = boss.post(f"/people/{cast.owner.pk}/deactivate/", {"hand_to": cast.deactivated.pk})
    assert answer.status_code == 422 and User.objects.get(pk=cast.owner.pk).is_active


def test_an_account_is_opened_again(boss, cast):
    assert boss.get(f"/people/{cast.deactivated.pk}/").status_code == 200
    boss.post(f"/people/{cast.deactivated.pk}/activate/")
    assert User.objects.get(pk=cast.deactivated.pk).is_active


def test_a_link_to_hand_over_works_once(boss, client_for, owner):
    page = boss.post(f"/people/{owner.pk}/password/").content.decode()
    link = re.search(r"http://testserver(/accounts/reset/[^\s<]+)", page).group(1)
    client = client_for(None)
    form = client.get(link, follow=True)
    new = {"new_password1": "korrekt-pferd-batterie", "new_password2": "korrekt-pferd-batterie"}
    assert client.post(form.redirect_chain[-1][0], new).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("korrekt-pferd-batterie")
    assert client_for(None).get(link).context["validlink"] is False


def test_a_link_is_mailed_in_the_persons_language(boss, owner):
    User.objects.filter(pk=owner.pk).update(email="o@example.com", language="en")
    boss.post(f"/people/{owner.pk}/password/", {"mail": "1"})
    assert mail.outbox[0].to == ["o@example.com"]
    assert "/accounts/reset/" in mail.outbox[0].body and "owner" in mail.outbox[0].body


def test_no_link_for_a_closed_account_and_none_by_get(boss, cast):
    assert boss.post(f"/people/{cast.deactivated.pk}/password/").status_code == 404
    assert boss.get(f"/people/{cast.owner.pk}/password/").status_code == 405


def test_unknown_people_are_a_404(boss):
    for url in ("/people/999/", "/people/999/deactivate/", "/people/teams/999/"):
        assert boss.get(url).status_code == 404


def test_teams_are_set_up_renamed_and_deleted_when_empty(boss, cast):
    assert boss.post("/people/teams/new/", {"name": "华东"}).status_code == 302
    team = Team.objects.get(name="华东")
    assert boss.post("/people/teams/new/", {"name": "华东"}).status_code == 422
    boss.post(f"/people/teams/{team.pk}/", {"name": "华北"})
    team.refresh_from_db()
    assert team.name == "华北" and team.history.first().history_user == cast.admin
    boss.post(f"/people/teams/{cast.owner.team_id}/delete/")
    assert Team.objects.filter(pk=cast.owner.team_id).exists()
    boss.post(f"/people/teams/{team.pk}/delete/")
    assert not Team.objects.filter(pk=team.pk).exists()


# The own account


def test_everybody_sets_their_own_account(client_for, owner):
    client = client_for(owner)
    assert client.get("/people/me/").status_code == 200
    data = {"last_name": "林", "first_name": "晓雯", "language": "zh-hans", "theme": "dark", "page_size": "50"}
    assert client.post("/people/me/", data).status_code == 302
    owner.refresh_from_db()
    assert (owner.display_name, owner.language, owner.theme, owner.page_size) == ("林晓雯", "zh-hans", "dark", 50)
    page = client.get("/people/me/").content.decode()
    assert 'lang="zh-hans"' in page and 'data-theme="dark"' in page


def test_nobody_raises_themselves(client_for, owner):
    data = {"page_size": "25", "role": "ADMIN", "team": "", "is_superuser": "on", "username": "boss", "is_demo": "on"}
    client_for(owner).post("/people/me/", data)
    before = owner.team_id
    owner.refresh_from_db()
    assert (owner.role, owner.team_id, owner.username, owner.is_superuser) == ("MANAGER", before, "owner", False)


@pytest.mark.parametrize("wrong", [{"page_size": "7"}, {"theme": "pink"}, {"language": "xx"}, {"email": "x"}])
def test_wrong_settings_come_back(client_for, owner, wrong):
    answer = client_for(owner).post("/people/me/", {"page_size": "25", **wrong})
    assert answer.status_code == 422 and set(wrong) <= set(answer.context["form"].errors)


def test_the_account_page_asks_for_sign_in(client_for):
    assert client_for(None).get("/people/me/").status_code == 302


def test_history_tells_who_changed_an_account(boss, admin):
    boss.post("/people/new/", entry())
    person = User.objects.get(username="wang.jing")
    assert person.history.first().history_user == admin
    assert person.history.first().history_date.date() >= date(2020, 1, 1)
