"""The proof policy, with the seed of the chance that holds customers out: drawn once for this installation."""

import secrets

from django.db import migrations


def seed(apps, schema_editor):
    apps.get_model("retention", "ProofPolicy").objects.get_or_create(pk=1, defaults={"seed": secrets.randbits(62)})


class Migration(migrations.Migration):
    dependencies = [("retention", "0018_proof")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
