"""The policy of care, and the templates that answer each cause of losses."""

from django.db import migrations

MEASURES = {
    "SERVICE": ["R-SERVICE", "R-WB-SERVICE", "C-COMPL"],
    "QUALITY": ["R-QUALITY", "R-WB-QUALITY"],
    "NO_INNOVATION": ["R-INNOV", "R-WB-COMPLETE", "S-STA-INNOV"],
    "COMPETITOR_OFFER": ["R-COUNTER", "R-WB-COST", "B1-DISCOUNT"],
    "BUYER_TURNOVER": ["R-BUYER", "R-WB-IDEA", "B2-CONTACT"],
    "PURCHASE_CUT": ["B1-REBATE", "R-WB-COST"],
    "GROWTH_SWITCH": ["R-WB-COMPLETE", "B3-JOINT"],
}


def seed(apps, schema_editor):
    policy, measure, template = (apps.get_model("retention", n) for n in ("CarePolicy", "CauseMeasure", "TaskTemplate"))
    policy.objects.get_or_create(pk=1)
    ids = dict(template.objects.values_list("code", "pk"))
    for cause, codes in MEASURES.items():
        for code in codes:
            if code in ids:
                measure.objects.get_or_create(cause=cause, template_id=ids[code])


class Migration(migrations.Migration):
    dependencies = [("retention", "0011_losses")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
