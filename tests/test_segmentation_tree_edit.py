"""Building a tree of indicators on its page: copy, name, add, move, order, window, remove; closed once it counted."""

from decimal import Decimal

import html5lib
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segmentation.models import Indicator, IndicatorTree, TreeNode, WeightSet
from segmentation.selectors.trees import places, tree_rows
from segmentation.services import tree_edit, trees, weight_sets
from tests.judging import a_study

pytestmark = pytest.mark.django_db
TREES = "/segmentation/trees/"


def sound(answer):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(answer.content.decode())
    assert not parser.errors, parser.errors[:3]
    return answer


def shape(tree):
    """(depth, label, indicator's code) of every node from the goal down."""
    return [(row.depth, row.node.label, row.node.indicator.code if row.leaf else "") for row in tree_rows(tree)]


@pytest.fixture
def deck():
    return IndicatorTree.objects.get(code="deck")


@pytest.fixture
def own(deck, admin):
    return tree_edit.copy_tree(tree=deck, by=admin)


def node(tree, label):
    return next(row.node for row in tree_rows(tree) if row.node.label == label)


class TestService:
    def test_a_copy_is_the_same_tree_and_free(self, own, deck):
        assert shape(own) == shape(deck) and own.code == "deck-2" and not own.builtin
        assert own.name == "Copy of " + deck.name and own.name_zh == deck.name_zh + "（副本）"
        assert not set(own.nodes.values_list("pk", flat=True)) & set(deck.nodes.values_list("pk", flat=True))
        assert tree_edit.is_closed(deck) and not tree_edit.is_closed(own)
        assert own.history.get().history_user.username == "admin"

    def test_a_new_tree_has_a_goal_and_two_dimensions(self, admin):
        tree = tree_edit.new_tree(by=admin)
        assert [row.node.dimension for row in tree_rows(tree)] == ["", "CURRENT", "POTENTIAL"]
        for one in tree.nodes.all():
            one.full_clean()
        assert tree_edit.new_tree(by=admin).code != tree.code

    def test_an_indicator_of_a_measure_is_made_once_and_named_in_both_languages(self, own, admin):
        parent = node(own, "Current value")
        leaf = tree_edit.add_leaf(tree=own, parent=parent, measure="orders_12m", by=admin)
        made = leaf.indicator
        assert (made.source, made.window, made.unit, made.dimension) == ("COMPUTED", "12m", "quantity", "CURRENT")
        assert made.name == "Orders, last 12 months" and made.name_zh == "订单数（近 12 个月）"
        with pytest.raises(ValidationError):
            tree_edit.add_leaf(tree=own, parent=parent, measure="orders_12m", by=admin)
        empty = tree_edit.new_tree(by=admin)
        again = tree_edit.add_leaf(tree=empty, parent=node(empty, "Current value"), measure="orders_12m", by=admin)
        assert again.indicator == made
        with pytest.raises(ValidationError, match="in this tree already"):
            tree_edit.add_leaf(tree=empty, parent=node(empty, "Current value"), measure="orders_12m", by=admin)
        less = tree_edit.add_leaf(
            tree=empty, parent=node(empty, "Potential value"), measure="orders_12m", direction=-1, by=admin
        )
        assert less.indicator.direction == -1 and less.indicator.code == "orders_12m-2"

    def test_branches_names_order_and_places(self, own, admin):
        loyalty, trust = node(own, "Loyalty"), node(own, "Trust")
        made = tree_edit.add_branch(tree=own, parent=loyalty, name="Deep", name_zh="深", by=admin)
        tree_edit.rename(node=made, name="Deeper", name_zh="更深", by=admin)
        tree_edit.move(node=trust, parent=made, by=admin)
        assert [row for row in shape(own) if row[1] in ("Loyalty", "Deeper", "Trust")] == [
            (2, "Loyalty", ""), (3, "Deeper", ""), (4, "Trust", "")
        ]  # fmt: skip
        siblings = [row[1] for row in shape(own) if row[0] == 2]
        tree_edit.shift(node=node(own, siblings[-1]), steps=-1, by=admin)
        tree_edit.shift(node=node(own, siblings[0]), steps=-1, by=admin)  # the first stays the first
        assert [row[1] for row in shape(own) if row[0] == 2][-2:] == [siblings[-1], siblings[-2]]

    def test_what_would_break_the_tree_is_refused(self, own, admin):
        loyalty, money = node(own, "Loyalty"), node(own, "Current value")
        deep = tree_edit.add_branch(tree=own, parent=loyalty, name="Deep", name_zh="", by=admin)
        before = shape(own)
        for act in (
            lambda: tree_edit.move(node=loyalty, parent=deep, by=admin),
            lambda: tree_edit.move(node=loyalty, parent=money, by=admin),
            lambda: tree_edit.move(node=money, parent=deep, by=admin),
            lambda: tree_edit.remove(node=money, by=admin),
            lambda: tree_edit.remove(node=own.nodes.get(parent=None), by=admin),
            lambda: tree_edit.rename(node=deep, name="", name_zh="", by=admin),
            lambda: tree_edit.add_leaf(tree=own, parent=deep, measure="nonsense", by=admin),
            lambda: tree_edit.add_leaf(
                tree=own, parent=deep, indicator=Indicator.objects.get(code="gross_profit"), by=admin
            ),
            lambda: tree_edit.set_window(node=node(own, "Service cost").children.get(), window="12m", by=admin),
            lambda: tree_edit.set_window(node=loyalty, window="12m", by=admin),
        ):
            with pytest.raises(ValidationError):
                act()
        assert shape(own) == before
        assert [key for key, _ in places(next(r for r in tree_rows(own) if r.node == loyalty), tree_rows(own))] == [
            one.pk for one in (node(own, "Potential value"), node(own, "Trust"))
        ]

    def test_another_window_is_another_indicator_and_back_is_the_first(self, own, admin):
        leaf = TreeNode.objects.get(tree=own, indicator__measure="quantity")
        old = leaf.indicator
        tree_edit.set_window(node=leaf, window="12m", by=admin)
        twin = TreeNode.objects.get(pk=leaf.pk).indicator
        assert (twin.measure, twin.window, twin.dimension) == ("quantity_12m", "12m", old.dimension)
        assert twin.pk != old.pk and Indicator.objects.get(pk=old.pk).measure == "quantity"
        assert twin.name == f"{old.name} (last 12 months)" and "近 12 个月" in twin.name_zh
        leaf.refresh_from_db()
        tree_edit.set_window(node=leaf, window="all", by=admin)
        assert TreeNode.objects.get(pk=leaf.pk).indicator == old
        tree_edit.set_window(node=TreeNode.objects.get(pk=leaf.pk), window="12m", by=admin)
        assert TreeNode.objects.get(pk=leaf.pk).indicator == twin

    def test_drafts_follow_and_what_counted_is_closed(self, own, admin):
        draft = trees.draft_from_tree(tree=own, by=admin)
        leaf = tree_edit.add_leaf(tree=own, parent=node(own, "Current value"), measure="orders", by=admin)
        assert draft.weights.get(indicator=leaf.indicator).value == 0
        tree_edit.remove(node=leaf, by=admin)
        assert not draft.weights.filter(indicator=leaf.indicator).exists()
        weight_sets.check_weight_set(weight_set=draft, by=admin)
        for act in (
            lambda: tree_edit.remove(node=node(own, "Trust"), by=admin),
            lambda: tree_edit.add_branch(tree=own, parent=node(own, "Trust"), name="x", name_zh="", by=admin),
            lambda: tree_edit.shift(node=node(own, "Trust"), steps=-1, by=admin),
            lambda: tree_edit.name_tree(tree=own, name="x", name_zh="", by=admin),
            lambda: tree_edit.delete_tree(tree=own, by=admin),
        ):
            with pytest.raises(ValidationError, match="closed"):
                act()
        weight_sets.publish_weight_set(weight_set=WeightSet.objects.get(pk=draft.pk), by=admin, note="")
        assert tree_edit.is_closed(own)
        again = tree_edit.copy_tree(tree=own, by=admin)
        assert shape(again) == shape(own) and not tree_edit.is_closed(again)

    def test_a_tree_that_something_needs_stays(self, own, admin):
        spare = tree_edit.copy_tree(tree=own, by=admin)
        a_study(admin, code=own.code)
        with pytest.raises(ValidationError, match="study"):
            tree_edit.delete_tree(tree=own, by=admin)
        tree_edit.delete_tree(tree=spare, by=admin)
        assert not IndicatorTree.objects.filter(code=spare.code).exists()


class TestPage:
    @pytest.fixture
    def client(self, client_for, cast):
        return client_for(cast.admin)

    def url(self, tree):
        return f"{TREES}{tree.pk}/"

    def test_administrators_only(self, client_for, cast, own):
        for user, code in ((cast.admin, 200), (cast.lead, 403), (cast.owner, 403), (None, 302)):
            assert client_for(user).get(self.url(own)).status_code == code
            for act in ("copy/", "delete/"):
                assert client_for(cast.lead).post(self.url(own) + act).status_code == 403
        assert client_for(cast.lead).post(f"{TREES}new/").status_code == 403
        admin = client_for(cast.admin)
        assert admin.get(self.url(own) + "copy/").status_code == 405 == admin.get(f"{TREES}new/").status_code
        assert admin.put(self.url(own)).status_code == 405 and admin.get(f"{TREES}999999/").status_code == 404

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_copy_add_rename_order_window_remove_and_make_weights(self, client_for, cast, deck, language):
        client = client_for(cast.admin, language)
        answer = sound(client.post(self.url(deck) + "copy/", follow=True))
        tree, url = answer.context["tree"], answer.wsgi_request.path
        now = node(tree, str(tree.nodes.get(dimension="CURRENT")))
        added = client.post(
            url, {"act": "leaf", "leaf-measure": "amount", "leaf-direction": "1", "leaf-parent": now.pk}
        )
        leaf = tree.nodes.get(indicator__measure="amount")
        assert added.status_code == 302 and added.url == f"{url}#n{leaf.pk}"
        client.post(url, {"act": "branch", "branch-name": "Money", "branch-name_zh": "钱", "branch-parent": now.pk})
        money = tree.nodes.get(name="Money")
        client.post(url, {"act": "move", "node": leaf.pk, "parent": money.pk})
        client.post(url, {"act": "rename", "node": leaf.pk, "name": "Turnover", "name_zh": "交易额"})
        client.post(url, {"act": "window", "node": leaf.pk, "window": "12m"})
        client.post(url, {"act": "up", "node": money.pk})
        client.post(url, {"act": "name", "tree-name": "Ours", "tree-name_zh": "我们的"})
        leaf.refresh_from_db(), tree.refresh_from_db()
        assert (leaf.parent, leaf.name, leaf.name_zh, leaf.indicator.measure) == (
            money,
            "Turnover",
            "交易额",
            "amount_12m",
        )
        assert tree.name == "Ours" and sound(client.get(url)).status_code == 200
        made = client.post(f"{url}draft/", follow=True).context["version"]
        assert made.tree == tree and sum(row.value for row in made.weights.all()) == Decimal(2)
        client.post(url, {"act": "remove", "node": money.pk})
        assert not tree.nodes.filter(pk__in=[money.pk, leaf.pk]).exists()

    def test_bad_input_is_told_and_changes_nothing(self, client, own, deck):
        before, url = shape(own), self.url(own)
        loyalty, foreign = node(own, "Loyalty"), node(deck, "Loyalty")
        profit = Indicator.objects.get(code="gross_profit")
        for data in (
            {},
            {"act": "explode"},
            {"act": "leaf"},
            {"act": "leaf", "leaf-measure": "amount"},
            {"act": "leaf", "leaf-measure": "amount", "leaf-parent": foreign.pk},
            {"act": "leaf", "leaf-measure": "amount", "leaf-indicator": profit.pk, "leaf-parent": loyalty.pk},
            {"act": "leaf", "leaf-indicator": profit.pk, "leaf-parent": loyalty.pk},
            {"act": "leaf", "leaf-measure": "nonsense", "leaf-parent": loyalty.pk},
            {"act": "branch", "branch-parent": loyalty.pk},
            {"act": "branch", "branch-name": "x" * 81, "branch-parent": loyalty.pk},
            {"act": "name", "tree-name": ""},
            {"act": "rename", "node": loyalty.pk},
            {"act": "move", "node": loyalty.pk, "parent": loyalty.pk},
            {"act": "move", "node": loyalty.pk, "parent": "x"},
            {"act": "window", "node": loyalty.pk, "window": "1000y"},
            {"act": "remove", "node": node(own, "Current value").pk},
        ):
            answer = client.post(url, data)
            assert answer.status_code == 422 and answer.context["refused"], data
            sound(answer)
        for number in ("", "x", "0", foreign.pk, "９"):
            assert client.post(url, {"act": "remove", "node": number}).status_code == 404
        assert shape(own) == before

    def test_a_closed_tree_shows_why_and_takes_nothing(self, client, deck):
        before = shape(deck)
        page = sound(client.get(self.url(deck)))
        assert (
            page.context["closed"] and client.post(self.url(deck), {"act": "name", "tree-name": "x"}).status_code == 422
        )
        assert client.post(self.url(deck), {"act": "remove", "node": node(deck, "Trust").pk}).status_code == 422
        client.post(self.url(deck) + "delete/")
        assert shape(deck) == before and IndicatorTree.objects.get(code="deck").name != "x"

    def test_steady_queries(self, client, own, admin):
        found = []
        for measure in ("orders", "amount", "amount_12m"):
            with CaptureQueriesContext(connection) as queries:
                client.get(self.url(own))
            found.append(len(queries))
            tree_edit.add_leaf(tree=own, parent=node(own, "Current value"), measure=measure, by=admin)
        assert found[0] == found[2]


@pytest.mark.browser
class TestBrowser:
    def test_a_tree_is_built_without_javascript(self, browse, cast, deck, accessible):
        page = browse(cast.admin, javascript=False)
        page.goto(f"{TREES}{deck.pk}/")
        page.get_by_role("button", name="Copy").click()
        page.get_by_label("A measure of the records").select_option("orders_12m")
        page.locator("#id_leaf-parent").select_option(index=1)
        page.get_by_role("button", name="Add the indicator").click()
        row = page.locator("tr:target")
        assert "Orders, last 12 months" in row.locator("th").inner_text()
        row.locator("select[name=window]").select_option("all")
        row.get_by_role("button", name="Set").click()
        row.locator("summary").click()
        row.get_by_label("Name", exact=True).fill("How often")
        row.get_by_role("button", name="Rename").click()
        row.get_by_role("button", name="How often: up").click()
        tree = IndicatorTree.objects.get(code="deck-2")
        made = tree.nodes.get(name="How often")
        assert made.indicator.measure == "orders"

    @pytest.mark.parametrize("dark", [False, True])
    def test_anybody_can_read_it(self, browse, cast, own, accessible, dark):
        page = browse(cast.admin, dark=dark, width=390)
        page.goto(f"{TREES}{own.pk}/")
        page.locator("summary", has_text="Change").nth(3).click()
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
