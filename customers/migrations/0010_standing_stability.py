"""How firmly a customer stands, and the contribution index."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0008_seed_holidays'),
    ]

    operations = [
        migrations.AddField(
            model_name='standing',
            name='contribution',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='standing',
            name='quadrant_stability',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='standing',
            name='top_stability',
            field=models.FloatField(null=True),
        ),
    ]
