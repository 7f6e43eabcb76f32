"""Versions of the weights: the steps from draft to published and back, who may, and what stays closed."""

import threading
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm_site import nightly
from customers import publish as days
from customers.models import Transaction
from segmentation.models import Indicator, Weight, WeightPolicy, WeightSet
from segmentation.services import weight_sets as service

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def published():
    return WeightSet.objects.get(status="PUBLISHED")


@pytest.fixture
def draft(published, admin):
    return service.copy_to_draft(source=published, name="ours", by=admin)


@pytest.fixture
def second(make_user):
    return make_user("second", role="ADMIN")


def move(draft, amount="0.1"):
    """Shift weight from gross profit to cumulative volume."""
    for code, sign in (("gross_profit", -1), ("cum_volume", 1)):
        row = draft.weights.get(indicator__code=code)
        row.value += sign * type(row.value)(amount)
        row.save()


def status(*sets):
    return [WeightSet.objects.get(pk=one.pk).status for one in sets]


class TestSteps:
    def test_from_draft_to_published_names_everybody(self, published, draft, admin, second):
        service.check_weight_set(weight_set=draft, by=admin)
        service.approve_weight_set(weight_set=draft, by=second, note="fair")
        now = timezone.now()
        told = service.publish_weight_set(weight_set=draft, by=admin, note="spring", at=now)
        assert status(published, draft) == ["SUPERSEDED", "PUBLISHED"]
        assert (told.checked_by, told.approved_by, told.published_by) == (admin, second, admin)
        assert (told.published_at, told.publish_note, told.based_on) == (now, "spring", published)
        assert told.checks == {"sums": {"CURRENT": "1", "POTENTIAL": "1"}, "experts": []}
        reasons = list(told.history.order_by("history_id").values_list("status", "history_change_reason"))
        assert reasons[-1] == ("PUBLISHED", "spring") and [word for word, _ in reasons] == [
            "DRAFT", "CHECKED", "APPROVED", "PUBLISHED",
        ]  # fmt: skip

    def test_a_draft_is_checked_on_the_way_and_dated_by_the_database(self, draft, admin):
        told = service.publish_weight_set(weight_set=draft, by=admin, note="")
        assert told.status == "PUBLISHED" and abs((timezone.now() - told.published_at).total_seconds()) < 60

    def test_the_policy_may_ask_for_a_second_person(self, draft, admin, second):
        WeightPolicy.objects.update_or_create(pk=1, defaults={"second_person": True})
        with pytest.raises(ValidationError, match="second person"):
            service.publish_weight_set(weight_set=draft, by=second, note="")
        service.check_weight_set(weight_set=draft, by=admin)
        with pytest.raises(ValidationError, match="second person"):
            service.publish_weight_set(weight_set=draft, by=second, note="")
        with pytest.raises(ValidationError, match="somebody else"):
            service.approve_weight_set(weight_set=draft, by=admin)
        service.approve_weight_set(weight_set=draft, by=second)
        assert service.publish_weight_set(weight_set=draft, by=admin, note="").status == "PUBLISHED"

    def test_steps_in_the_wrong_order_are_refused(self, published, draft, admin, second):
        for act, one in (
            (service.approve_weight_set, draft),
            (service.return_to_draft, draft),
            (service.check_weight_set, published),
            (service.return_to_draft, published),
            (service.publish_weight_set, published),
        ):
            with pytest.raises(ValidationError):
                act(weight_set=one, by=second)
        assert status(published, draft) == ["PUBLISHED", "DRAFT"]

    def test_back_to_draft_takes_check_and_approval_away(self, draft, admin, second):
        service.check_weight_set(weight_set=draft, by=admin)
        service.approve_weight_set(weight_set=draft, by=second)
        told = service.return_to_draft(weight_set=draft, by=second)
        assert (told.status, told.checks, told.checked_by, told.approved_by) == ("DRAFT", {}, None, None)

    def test_unsound_sums_leave_everything_as_it_was(self, published, draft, admin):
        draft.weights.filter(indicator__code="gross_profit").update(value="0.5")
        draft.weights.filter(indicator__code="referral").update(value="0")
        with pytest.raises(ValidationError) as refused:
            service.publish_weight_set(weight_set=draft, by=admin, note="")
        assert len(refused.value.messages) == 2 and "1.1862" in refused.value.messages[0]
        assert status(published, draft) == ["PUBLISHED", "DRAFT"]

    def test_an_expert_who_contradicts_themselves_holds_the_version_up(self, draft, admin):
        answers = [{"question": "Goal", "cr": 0.2}]
        draft.evidence = {"cr_limit": 0.1, "experts": [{"name": "Li", "counted": True, "answers": answers}]}
        draft.save()
        with pytest.raises(ValidationError, match="Li contradicts"):
            service.check_weight_set(weight_set=draft, by=admin)
        draft.evidence["experts"][0]["accepted"] = True
        draft.save()
        told = service.check_weight_set(weight_set=draft, by=admin)
        assert told.checks["experts"] == [{"name": "Li", "question": "Goal", "cr": 0.2, "counted": True, "ok": True}]


class TestBack:
    def test_an_old_version_published_again_gives_the_same_scores_bit_for_bit(self, published, draft, admin, firm):
        first = nightly.run_night(as_of=date(2025, 6, 30))
        move(draft)
        service.publish_weight_set(weight_set=draft, by=admin, note="try")
        other = nightly.run_night(as_of=date(2025, 6, 30))
        told = service.publish_weight_set(weight_set=published, by=admin, note="back")
        again = nightly.run_night(as_of=date(2025, 6, 30))
        assert first.pk != again.pk and first.checksum == again.checksum != other.checksum
        assert [night.weights["version"] for night in (first, other, again)] == [published.pk, draft.pk, published.pk]
        assert told.fingerprint == service.fingerprint(published) != service.fingerprint(draft)
        assert status(published, draft) == ["PUBLISHED", "SUPERSEDED"]

    @pytest.fixture
    def firm(self, make_customer):
        for i in range(12):
            customer = make_customer(f"K{i:02}")
            for n in range(1 + i % 4):
                Transaction.objects.create(
                    customer=customer, order_no=f"{i}-{n}", date=date(2025, 1 + n, 3), quantity=1 + (i * n) % 5,
                    amount=100 + 37 * i * (n + 1), cost=60 + 11 * i,
                )  # fmt: skip
        days.refresh_days()


class TestClosed:
    def test_the_database_refuses_to_change_published_weights(self, published, draft):
        for change in (
            lambda: Weight.objects.filter(weight_set=published).update(value=0),
            lambda: WeightSet.objects.filter(pk=published.pk).update(current_share="0.5"),
            lambda: WeightSet.objects.filter(pk=published.pk).update(mode="AHP"),
        ):
            with pytest.raises(IntegrityError, match="closed"), transaction.atomic():
                change()
        assert Weight.objects.filter(weight_set=draft).update(value=0) == 15

    def test_a_checked_version_is_closed_to_people(self, draft, admin, client_for):
        service.check_weight_set(weight_set=draft, by=admin)
        row = draft.weights.first()
        with pytest.raises(ValidationError, match="draft"):
            Weight.objects.get(pk=row.pk).full_clean()
        url = f"/admin/segmentation/weightset/{draft.pk}/change/"
        assert client_for(admin).post(url, {"name": "x"}).status_code == 403


class TestTwoAtOnce:
    def test_whoever_saw_another_version_is_told(self, published, draft, admin):
        other = service.copy_to_draft(source=published, name="theirs", by=admin)
        service.publish_weight_set(weight_set=other, by=admin, note="", seen=published.pk)
        with pytest.raises(service.PublishConflict, match="theirs"):
            service.publish_weight_set(weight_set=draft, by=admin, note="", seen=published.pk)
        with pytest.raises(service.PublishConflict, match="already"):
            service.publish_weight_set(weight_set=other, by=admin, note="")
        assert status(published, other, draft) == ["SUPERSEDED", "PUBLISHED", "DRAFT"]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.postgres
    def test_two_connections_at_once_one_wins_the_other_is_told(self, published, draft, admin):
        other = service.copy_to_draft(source=published, name="theirs", by=admin)
        start, told = threading.Barrier(2), []

        def publish(one):
            try:
                start.wait(timeout=20)
                service.publish_weight_set(weight_set=one, by=admin, note="", seen=published.pk)
                told.append("won")
            except service.PublishConflict:
                told.append("told")
            finally:
                connection.close()

        threads = [threading.Thread(target=publish, args=(one,)) for one in (draft, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(told) == ["told", "won"]
        assert sorted(status(draft, other)) == ["DRAFT", "PUBLISHED"] and status(published) == ["SUPERSEDED"]


class TestPage:
    def test_only_administrators(self, cast, client_for, draft):
        url = f"/segmentation/weights/{draft.pk}/"
        assert client_for(cast.admin).get(url).status_code == 200
        for user in (cast.owner, cast.lead):
            assert client_for(user).get(url).status_code == 403
            assert client_for(user).post(f"{url}publish/").status_code == 403
        assert client_for(None).get(url).status_code == 302
        assert client_for(cast.admin).get("/segmentation/weights/999999/").status_code == 404
        assert client_for(cast.admin).get(f"{url}publish/").status_code == 405
        assert client_for(cast.admin).post(f"{url}burn/").status_code == 404

    def test_the_steps_are_buttons(self, cast, client_for, published, draft):
        client, url = client_for(cast.admin), f"/segmentation/weights/{draft.pk}/"
        assert "check/" in client.get(url).content.decode()
        assert client.post(f"{url}check/", follow=True).context["version"].status == "CHECKED"
        assert client.post(f"{url}draft/", follow=True).context["version"].status == "DRAFT"
        stale = client.post(f"{url}publish/", {"note": "n", "seen": "0"}, follow=True)
        assert "in the meantime" in stale.content.decode() and status(draft) == ["DRAFT"]
        answer = client.post(f"{url}publish/", {"note": "spring", "seen": str(published.pk)}, follow=True)
        assert answer.context["version"].publish_note == "spring" and "spring" in answer.content.decode()
        back = client.get(f"/segmentation/weights/{published.pk}/").content.decode()
        assert "Publish it again" in back
        WeightSet.history.all().delete()
        assert client.get(url).status_code == 200
        copy = client.post(f"/segmentation/weights/{published.pk}/copy/", follow=True).context["version"]
        assert copy.status == "DRAFT" and copy.based_on == published

    def test_an_indicator_switched_off_shows_in_the_check(self, cast, client_for, draft):
        Indicator.objects.filter(code="gross_profit").update(active=False)
        answer = client_for(cast.admin).post(f"/segmentation/weights/{draft.pk}/check/", follow=True)
        assert "0.6862" in answer.content.decode()
