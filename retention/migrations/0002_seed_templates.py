"""The catalogue of retention work, ready for the first night."""

from django.db import migrations

from retention.migrations._catalogue_axes import AXES
from retention.migrations._catalogue_bonds import RELATIONS


def seed(apps, schema_editor):
    """Every template of the catalogue that is not there yet."""
    TaskTemplate = apps.get_model("retention", "TaskTemplate")
    there = set(TaskTemplate.objects.values_list("code", flat=True))
    TaskTemplate.objects.bulk_create(TaskTemplate(**row) for row in AXES + RELATIONS if row["code"] not in there)


def unseed(apps, schema_editor):
    """Seeded templates that no task uses."""
    TaskTemplate = apps.get_model("retention", "TaskTemplate")
    codes = [row["code"] for row in AXES + RELATIONS]
    TaskTemplate.objects.filter(code__in=codes, tasks=None).delete()


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]

    operations = [migrations.RunPython(seed, unseed)]
