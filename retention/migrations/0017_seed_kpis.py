"""The eight KPIs with their weights (a proposal, to be changed) and the scales of their raw values."""

from django.db import migrations

# code, weight in percent, raw value that scores 0, raw value that scores 100 (none: the least and most of the level)
KPIS = [
    ("REPEAT", 20, 0, 4),  # further purchases a year
    ("DEMAND", 20, 0, 1),  # share of the demand
    ("ATTENTION", 10, None, None),
    ("RIVALS", 10, 0.5, 0),  # share of contacts and answers that speak for a competitor
    ("CHOOSING", 10, 60, 0),  # days
    ("PRICE", 10, 1, 0),  # share of orders for which a discount was asked
    ("TOLERANCE", 10, 0, 1),  # share of quality complaints survived
    ("RECOGNITION", 10, 1, 5),  # grade
]


def seed(apps, schema_editor):
    kpi = apps.get_model("retention", "RetentionKPI")
    for place, (code, weight, worst, best) in enumerate(KPIS, start=1):
        kpi.objects.get_or_create(
            code=code, defaults={"weight": weight, "worst": worst, "best": best, "place": place}
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("retention", "0016_kpis")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
