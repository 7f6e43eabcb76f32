"""The warning policy with its defaults."""

from django.db import migrations


def seed(apps, schema_editor):
    apps.get_model("lifecycle", "WarningPolicy").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0020_backtest_and_warning")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
