"""Care after the purchase follows each order once: it rests just longer than an order stays new (14 days)."""

from django.db import migrations

BEFORE, AFTER = 30, 15


def once_per_order(apps, schema_editor):
    templates = apps.get_model("retention", "TaskTemplate").objects
    templates.filter(code="C-POST", rest_days=BEFORE).update(rest_days=AFTER)


class Migration(migrations.Migration):
    dependencies = [("retention", "0013_selling")]
    operations = [migrations.RunPython(once_per_order, migrations.RunPython.noop)]
