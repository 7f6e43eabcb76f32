"""The levers of winning back answer recorded causes of loss (text 002, R12); the tier mix also asks to acquire."""

from django.db import migrations

from retention.migrations._catalogue_triggers import LATER, LEVERS


def seed(apps, schema_editor):
    """What somebody changed in the meantime is left as it is."""
    template = apps.get_model("retention", "TaskTemplate")
    for code, trigger in LEVERS.items():
        before = LATER.get(code, {})
        for row in template.objects.filter(code=code):
            if row.trigger == before:
                row.trigger, row.top = trigger, row.top or 4
                row.save()


class Migration(migrations.Migration):
    dependencies = [("retention", "0012_seed_losses")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
