"""The tables as they begin."""

import customers.labels
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import segmentation.models.policies
import segmentation.models.weights
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('customers', '0001_initial'),
        ('customers', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuadrantStrategy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quadrant', models.CharField(choices=customers.labels.quadrant_choices, max_length=16, unique=True, verbose_name='quadrant')),
                ('title', models.CharField(max_length=80, verbose_name='title')),
                ('title_zh', models.CharField(max_length=80, verbose_name='title (Chinese)')),
                ('text', models.TextField(verbose_name='strategy')),
                ('text_zh', models.TextField(verbose_name='strategy (Chinese)')),
            ],
            options={
                'verbose_name': 'quadrant strategy',
                'verbose_name_plural': 'quadrant strategies',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalIndicator',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('name_zh', models.CharField(max_length=80, verbose_name='name (Chinese)')),
                ('dimension', models.CharField(choices=customers.labels.dimension_choices, max_length=16, verbose_name='dimension')),
                ('measure', models.CharField(blank=True, max_length=40, verbose_name='measure')),
                ('expert', models.BooleanField(default=False, verbose_name='experts may score it')),
                ('direction', models.SmallIntegerField(default=1, help_text='1: more is better, -1: less is better.', verbose_name='direction')),
                ('window', models.CharField(blank=True, max_length=40, verbose_name='window')),
                ('unit', models.CharField(blank=True, max_length=20, verbose_name='unit')),
                ('rubric', models.JSONField(blank=True, default=list, verbose_name='five-level rubric')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical indicator',
                'verbose_name_plural': 'historical indicators',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalPyramidPolicy',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('metric', models.CharField(choices=segmentation.models.policies.metrics, default='total_score', max_length=20, verbose_name='ranked by')),
                ('high', models.PositiveSmallIntegerField(default=20, verbose_name='high, %')),
                ('ordinary', models.PositiveSmallIntegerField(default=30, verbose_name='ordinary, %')),
                ('low', models.PositiveSmallIntegerField(default=50, verbose_name='low, %')),
                ('key_share', models.PositiveSmallIntegerField(default=25, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='key customers within high, %')),
                ('discredited_overdue_days', models.PositiveIntegerField(default=90, verbose_name='discredited from days overdue')),
                ('poor_when_unprofitable', models.BooleanField(default=True, verbose_name='poor when gross profit less service cost is negative')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical pyramid policy',
                'verbose_name_plural': 'historical pyramid policy',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalQuadrantStrategy',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('quadrant', models.CharField(choices=customers.labels.quadrant_choices, db_index=True, max_length=16, verbose_name='quadrant')),
                ('title', models.CharField(max_length=80, verbose_name='title')),
                ('title_zh', models.CharField(max_length=80, verbose_name='title (Chinese)')),
                ('text', models.TextField(verbose_name='strategy')),
                ('text_zh', models.TextField(verbose_name='strategy (Chinese)')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical quadrant strategy',
                'verbose_name_plural': 'historical quadrant strategies',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='HistoricalWeightSet',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('mode', models.CharField(choices=segmentation.models.weights.modes, default='DIRECT', max_length=8, verbose_name='mode')),
                ('status', models.CharField(choices=segmentation.models.weights.statuses, default='DRAFT', max_length=12, verbose_name='status')),
                ('current_share', models.DecimalField(decimal_places=12, default='0.39', max_digits=14, verbose_name='weight of current value')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('created_at', models.DateTimeField(blank=True, editable=False, verbose_name='created')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('created_by', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical weight set',
                'verbose_name_plural': 'historical weight sets',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Indicator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('name_zh', models.CharField(max_length=80, verbose_name='name (Chinese)')),
                ('dimension', models.CharField(choices=customers.labels.dimension_choices, max_length=16, verbose_name='dimension')),
                ('measure', models.CharField(blank=True, max_length=40, verbose_name='measure')),
                ('expert', models.BooleanField(default=False, verbose_name='experts may score it')),
                ('direction', models.SmallIntegerField(default=1, help_text='1: more is better, -1: less is better.', verbose_name='direction')),
                ('window', models.CharField(blank=True, max_length=40, verbose_name='window')),
                ('unit', models.CharField(blank=True, max_length=20, verbose_name='unit')),
                ('rubric', models.JSONField(blank=True, default=list, verbose_name='five-level rubric')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='position')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'verbose_name': 'indicator',
                'verbose_name_plural': 'indicators',
                'ordering': ['position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('direction__in', [-1, 1])), name='indicator_direction'), models.CheckConstraint(condition=models.Q(('dimension__in', ['CURRENT', 'POTENTIAL'])), name='indicator_dimension_known')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalExpertScore',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('score', models.DecimalField(decimal_places=2, max_digits=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='score')),
                ('date', models.DateField(verbose_name='date')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('customer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.customer', verbose_name='customer')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('scorer', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='scorer')),
                ('indicator', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='segmentation.indicator', verbose_name='indicator')),
            ],
            options={
                'verbose_name': 'historical expert score',
                'verbose_name_plural': 'historical expert scores',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PyramidPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=segmentation.models.policies.metrics, default='total_score', max_length=20, verbose_name='ranked by')),
                ('high', models.PositiveSmallIntegerField(default=20, verbose_name='high, %')),
                ('ordinary', models.PositiveSmallIntegerField(default=30, verbose_name='ordinary, %')),
                ('low', models.PositiveSmallIntegerField(default=50, verbose_name='low, %')),
                ('key_share', models.PositiveSmallIntegerField(default=25, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='key customers within high, %')),
                ('discredited_overdue_days', models.PositiveIntegerField(default=90, verbose_name='discredited from days overdue')),
                ('poor_when_unprofitable', models.BooleanField(default=True, verbose_name='poor when gross profit less service cost is negative')),
            ],
            options={
                'verbose_name': 'pyramid policy',
                'verbose_name_plural': 'pyramid policy',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='pyramid_policy_is_one_row'), models.CheckConstraint(condition=models.Q(('low', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Value(100), '-', models.F('high')), '-', models.F('ordinary')))), name='pyramid_shares_sum_to_100')],
            },
        ),
        migrations.CreateModel(
            name='WeightSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('mode', models.CharField(choices=segmentation.models.weights.modes, default='DIRECT', max_length=8, verbose_name='mode')),
                ('status', models.CharField(choices=segmentation.models.weights.statuses, default='DRAFT', max_length=12, verbose_name='status')),
                ('current_share', models.DecimalField(decimal_places=12, default='0.39', max_digits=14, verbose_name='weight of current value')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='note')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='published')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'weight set',
                'verbose_name_plural': 'weight sets',
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'PUBLISHED')), fields=('status',), name='one_published_weight_set'), models.CheckConstraint(condition=models.Q(('current_share__gte', 0), ('current_share__lte', 1)), name='current_share_range')],
            },
        ),
        migrations.CreateModel(
            name='Weight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.DecimalField(decimal_places=12, max_digits=14, verbose_name='weight')),
                ('provenance', models.CharField(choices=segmentation.models.weights.provenances, default='O', max_length=1, verbose_name='source')),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='weights', to='segmentation.indicator')),
                ('weight_set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='weights', to='segmentation.weightset')),
            ],
            options={
                'verbose_name': 'weight',
                'verbose_name_plural': 'weights',
                'ordering': ['indicator__position'],
                'constraints': [models.CheckConstraint(condition=models.Q(('value__gte', 0), ('value__lte', 1)), name='weight_range'), models.UniqueConstraint(fields=('weight_set', 'indicator'), name='one_weight_per_indicator')],
            },
        ),
        migrations.CreateModel(
            name='ExpertScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.DecimalField(decimal_places=2, max_digits=3, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5)], verbose_name='score')),
                ('date', models.DateField(verbose_name='date')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='expert_scores', to='customers.customer', verbose_name='customer')),
                ('scorer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='scorer')),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='expert_scores', to='segmentation.indicator', verbose_name='indicator')),
            ],
            options={
                'verbose_name': 'expert score',
                'verbose_name_plural': 'expert scores',
                'ordering': ['-date', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='expert_score_range'), models.UniqueConstraint(fields=('customer', 'indicator', 'scorer', 'date'), name='one_score_per_scorer_and_day')],
            },
        ),
    ]
