"""A column that PostgreSQL can name: BOTH is a word of its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("retention", "0014_care_after_each_order")]
    operations = [migrations.RenameField("offer", "both", "together")]
