"""The firm, the pointer to the published night, and the tier mix that text 000 advises for each firm size."""

from django.db import migrations

# firm size, tier, at least %, at most %, strategy in both languages (K15a to K15f). The text names 20, 60 and 75 %
# only as small share, great majority and focus; the other bounds are what these leave, and all are editable.
TARGETS = [
    ("LARGE", "ACQUAINTANCE", 0, 20,
     "Concentrate on customers of higher tiers and keep the number of acquaintances to a fixed small share.",
     "重点培养关系层次较高的客户，把熟人关系客户的数量控制在固定的小比例内。"),
    ("LARGE", "FRIEND", 60, 100,
     "Let friends be the great majority of all customers: lead profitable acquaintances up to friendship.",
     "使朋友关系客户占客户总数的绝大部分：把盈利能力高的熟人关系客户引导为朋友关系。"),
    ("LARGE", "PARTNER", 0, 40,
     "Deepen the partnerships that exist and raise the quality of the relationship.",
     "重视现有伙伴关系客户的深度发展，提高关系质量水平。"),
    ("SMALL", "ACQUAINTANCE", 75, 100,
     "Put acquaintances first: their churn and profit hardly move when the market changes.",
     "关注熟人关系客户：外部环境变化时，其流失率和利润水平变化不大。"),
    ("SMALL", "FRIEND", 0, 25,
     "Choose a few acquaintances and develop them into friends, winning them from competitors.",
     "有选择地把少数熟人关系客户发展为朋友关系客户，从竞争对手那里赢得客户。"),
    ("SMALL", "PARTNER", 0, 5,
     "Only the very few friends with a high potential profit rate may become partners.",
     "只把极少数潜在利润率高的朋友关系客户发展为伙伴关系。"),
]  # fmt: skip


def seed(apps, schema_editor):
    firm, pointer, target = (apps.get_model("customers", name) for name in ("FirmProfile", "PublishedNight", "TierTarget"))
    firm.objects.get_or_create(pk=1)
    pointer.objects.get_or_create(pk=1)
    for size, tier, low, high, strategy, strategy_zh in TARGETS:
        target.objects.get_or_create(
            firm_size=size,
            tier=tier,
            defaults={"low": low, "high": high, "strategy": strategy, "strategy_zh": strategy_zh},
        )


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
