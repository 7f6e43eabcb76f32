"""Steps, cost, effect and the later triggers of the catalogue; deadlines in working days; the policies to begin with.

What somebody changed in the meantime is left as it is.
"""

from django.db import migrations

from retention.migrations._catalogue_axes import AXES
from retention.migrations._catalogue_bonds import RELATIONS
from retention.migrations._catalogue_playbooks import PLAYBOOKS
from retention.migrations._catalogue_triggers import BOUNDS, CADENCES, LATER

SEEDED = {row["code"]: row for row in AXES + RELATIONS}
LEADS = {"T-MIX"}  # work that the lead decides


def working_days(days):
    """Calendar days as working days."""
    return max(1, round(days * 5 / 7))


def playbooks(apps, schema_editor):
    template, step = (apps.get_model("retention", name) for name in ("TaskTemplate", "TemplateStep"))
    steps = []
    for row in template.objects.filter(code__in=PLAYBOOKS):
        seed = SEEDED[row.code]
        cost, effect, effect_zh, planned = PLAYBOOKS[row.code]
        if row.due_days == seed["due_days"]:
            row.due_days = working_days(seed["due_days"])
        if row.trigger == seed["trigger"] and row.code in LATER:
            row.trigger = LATER[row.code]
            row.rest_days, row.top = BOUNDS[row.code]
        row.cost = row.cost or cost
        row.effect, row.effect_zh = effect, effect_zh
        row.owner_rule = "LEAD" if row.code in LEADS else "OWNER"
        row.save()
        steps += [
            step(template=row, position=place, offset=offset, text=text, text_zh=text_zh)
            for place, (offset, text, text_zh) in enumerate(planned, 1)
        ]
    step.objects.bulk_create(steps)


def policies(apps, schema_editor):
    apps.get_model("retention", "WorkPolicy").objects.get_or_create(pk=1)
    cadence = apps.get_model("retention", "VisitCadence")
    for tier, level, days in CADENCES:
        cadence.objects.get_or_create(tier=tier, level=level, defaults={"days": days})


class Migration(migrations.Migration):
    dependencies = [("retention", "0003_playbooks")]

    operations = [
        migrations.RunPython(playbooks, migrations.RunPython.noop),
        migrations.RunPython(policies, migrations.RunPython.noop),
    ]
