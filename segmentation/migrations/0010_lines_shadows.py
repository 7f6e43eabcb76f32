"""Lines of the quadrants, the contribution index, levels that are held, and shadows of drafts."""

import customers.labels
import django.core.validators
import django.db.models.deletion
import segmentation.models.policies
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0010_standing_stability'),
        ('segmentation', '0004_closed_weights'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContributionItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weight', models.DecimalField(decimal_places=4, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='weight')),
            ],
            options={
                'verbose_name': 'item of the contribution index',
                'verbose_name_plural': 'items of the contribution index',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalContributionItem',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('weight', models.DecimalField(decimal_places=4, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)], verbose_name='weight')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical item of the contribution index',
                'verbose_name_plural': 'historical items of the contribution index',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalQuadrantPolicy',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('line', models.CharField(choices=segmentation.models.policies.lines, default='MEAN', max_length=8, verbose_name='line')),
                ('current_at', models.FloatField(default=0, verbose_name='current value, if fixed')),
                ('potential_at', models.FloatField(default=0, verbose_name='potential value, if fixed')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical quadrant thresholds',
                'verbose_name_plural': 'historical quadrant thresholds',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='QuadrantPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(choices=segmentation.models.policies.lines, default='MEAN', max_length=8, verbose_name='line')),
                ('current_at', models.FloatField(default=0, verbose_name='current value, if fixed')),
                ('potential_at', models.FloatField(default=0, verbose_name='potential value, if fixed')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
            ],
            options={
                'verbose_name': 'quadrant thresholds',
                'verbose_name_plural': 'quadrant thresholds',
            },
        ),
        migrations.CreateModel(
            name='Shadow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nights', models.PositiveSmallIntegerField(default=7, verbose_name='nights')),
                ('left', models.PositiveSmallIntegerField(default=7, verbose_name='nights left')),
                ('started_at', models.DateTimeField(auto_now_add=True, verbose_name='started')),
            ],
            options={
                'verbose_name': 'shadow',
                'verbose_name_plural': 'shadows',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ShadowNight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('as_of', models.DateField(verbose_name='as of')),
                ('summary', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-as_of', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ShadowScore',
            fields=[
                ('pk', models.CompositePrimaryKey('told_id', 'customer_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('told', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='segmentation.shadownight')),
                ('customer', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                ('current_score', models.FloatField(null=True)),
                ('potential_score', models.FloatField(null=True)),
                ('total_score', models.FloatField(null=True)),
                ('rank', models.IntegerField(null=True)),
                ('level', models.CharField(blank=True, choices=customers.labels.level_choices, max_length=16)),
                ('quadrant', models.CharField(choices=customers.labels.quadrant_choices, max_length=16)),
            ],
        ),
        migrations.AddField(
            model_name='historicalpyramidpolicy',
            name='hold',
            field=models.PositiveSmallIntegerField(default=0, help_text='A customer changes level only this many percentage points of rank beyond the line; 0: at once.', validators=[django.core.validators.MaxValueValidator(10)], verbose_name='hold, percentage points'),
        ),
        migrations.AddField(
            model_name='pyramidpolicy',
            name='hold',
            field=models.PositiveSmallIntegerField(default=0, help_text='A customer changes level only this many percentage points of rank beyond the line; 0: at once.', validators=[django.core.validators.MaxValueValidator(10)], verbose_name='hold, percentage points'),
        ),
        migrations.AddConstraint(
            model_name='pyramidpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('hold__lte', 10)), name='pyramid_hold_range'),
        ),
        migrations.AddField(
            model_name='contributionitem',
            name='indicator',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='contribution', to='segmentation.indicator', verbose_name='indicator'),
        ),
        migrations.AddField(
            model_name='historicalcontributionitem',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalcontributionitem',
            name='indicator',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='segmentation.indicator', verbose_name='indicator'),
        ),
        migrations.AddField(
            model_name='historicalquadrantpolicy',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='quadrantpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='quadrant_policy_is_one_row'),
        ),
        migrations.AddField(
            model_name='shadow',
            name='started_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by'),
        ),
        migrations.AddField(
            model_name='shadow',
            name='weight_set',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shadows', to='segmentation.weightset', verbose_name='weight set'),
        ),
        migrations.AddField(
            model_name='shadownight',
            name='night',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.night'),
        ),
        migrations.AddField(
            model_name='shadownight',
            name='shadow',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='told', to='segmentation.shadow'),
        ),
        migrations.AddConstraint(
            model_name='contributionitem',
            constraint=models.CheckConstraint(condition=models.Q(('weight__gte', 0), ('weight__lte', 1)), name='contribution_weight_range'),
        ),
        migrations.AddConstraint(
            model_name='shadow',
            constraint=models.CheckConstraint(condition=models.Q(('nights__gte', 1), ('nights__lte', 60)), name='shadow_nights_range'),
        ),
        migrations.AddConstraint(
            model_name='shadow',
            constraint=models.UniqueConstraint(condition=models.Q(('left__gt', 0)), fields=('weight_set',), name='one_open_shadow_per_set'),
        ),
        migrations.AddConstraint(
            model_name='shadownight',
            constraint=models.UniqueConstraint(fields=('shadow', 'night'), name='one_shadow_row_per_night'),
        ),
    ]
