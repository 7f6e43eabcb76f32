"""The lifecycle policy with the backtested defaults."""

from django.db import migrations


def seed(apps, schema_editor):
    apps.get_model("lifecycle", "LifecyclePolicy").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
