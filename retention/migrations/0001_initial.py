"""The tables as they begin."""

import customers.labels
import django.db.models.deletion
import retention.models.tasks
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
            name='HistoricalTaskTemplate',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.CharField(db_index=True, max_length=20, verbose_name='code')),
                ('category', models.CharField(choices=customers.labels.taskcategory_choices, max_length=16, verbose_name='category')),
                ('bond_level', models.PositiveSmallIntegerField(blank=True, choices=retention.models.tasks.bonds, null=True, verbose_name='bond level')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('title_zh', models.CharField(max_length=120, verbose_name='title (Chinese)')),
                ('advice', models.TextField(blank=True, verbose_name='what to do')),
                ('advice_zh', models.TextField(blank=True, verbose_name='what to do (Chinese)')),
                ('trigger', models.JSONField(default=dict, verbose_name='trigger')),
                ('due_days', models.PositiveSmallIntegerField(default=7, verbose_name='due after days')),
                ('rest_days', models.PositiveSmallIntegerField(default=90, verbose_name='not again for days')),
                ('weight', models.PositiveSmallIntegerField(default=50, verbose_name='urgency')),
                ('top', models.PositiveIntegerField(blank=True, null=True, verbose_name='at most so many new ones a night')),
                ('cost', models.DecimalField(decimal_places=4, default=0, max_digits=20, verbose_name='cost')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical task template',
                'verbose_name_plural': 'historical task templates',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='RetentionTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=customers.labels.taskstate_choices, default='OPEN', max_length=16, verbose_name='state')),
                ('origin', models.CharField(choices=customers.labels.nightorigin_choices, default='COMMAND', max_length=16)),
                ('raised_on', models.DateField(verbose_name='raised on')),
                ('night_id', models.BigIntegerField(null=True)),
                ('due', models.DateField(verbose_name='due')),
                ('snoozed_until', models.DateField(blank=True, null=True, verbose_name='snoozed until')),
                ('priority', models.IntegerField(default=0)),
                ('value', models.FloatField(null=True, verbose_name='value at stake')),
                ('evidence', models.JSONField(default=dict, verbose_name='evidence')),
                ('outcome', models.CharField(blank=True, choices=customers.labels.taskoutcome_choices, max_length=16, verbose_name='outcome')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                ('closed_reason', models.CharField(blank=True, max_length=300, verbose_name='why closed')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='customers.customer', verbose_name='customer')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tasks', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'retention task',
                'verbose_name_plural': 'retention tasks',
                'ordering': ['due', 'priority', '-value', 'id'],
                'indexes': [models.Index(fields=['owner', 'state', 'due'], name='task_owner_state_due'), models.Index(fields=['state', 'due'], name='task_state_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'SNOOZED']), ('closed_on__isnull', False), _connector='OR'), name='closed_task_has_a_day'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'SNOOZED'), _negated=True), ('snoozed_until__isnull', False), _connector='OR'), name='snoozed_task_has_a_day'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'DONE'), _negated=True), models.Q(('outcome', ''), _negated=True), _connector='OR'), name='done_task_has_an_outcome')],
            },
        ),
        migrations.CreateModel(
            name='TaskEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='at')),
                ('what', models.CharField(max_length=20)),
                ('detail', models.JSONField(default=dict)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='retention.retentiontask')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='TaskTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True, verbose_name='code')),
                ('category', models.CharField(choices=customers.labels.taskcategory_choices, max_length=16, verbose_name='category')),
                ('bond_level', models.PositiveSmallIntegerField(blank=True, choices=retention.models.tasks.bonds, null=True, verbose_name='bond level')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('title_zh', models.CharField(max_length=120, verbose_name='title (Chinese)')),
                ('advice', models.TextField(blank=True, verbose_name='what to do')),
                ('advice_zh', models.TextField(blank=True, verbose_name='what to do (Chinese)')),
                ('trigger', models.JSONField(default=dict, verbose_name='trigger')),
                ('due_days', models.PositiveSmallIntegerField(default=7, verbose_name='due after days')),
                ('rest_days', models.PositiveSmallIntegerField(default=90, verbose_name='not again for days')),
                ('weight', models.PositiveSmallIntegerField(default=50, verbose_name='urgency')),
                ('top', models.PositiveIntegerField(blank=True, null=True, verbose_name='at most so many new ones a night')),
                ('cost', models.DecimalField(decimal_places=4, default=0, max_digits=20, verbose_name='cost')),
                ('active', models.BooleanField(default=True, verbose_name='active')),
            ],
            options={
                'verbose_name': 'task template',
                'verbose_name_plural': 'task templates',
                'ordering': ['category', 'code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('category__in', ['DEVELOP', 'CARE', 'CHURN_PREVENT', 'WIN_BACK', 'EXIT'])), name='template_category_known'), models.CheckConstraint(condition=models.Q(('bond_level', None), models.Q(('bond_level__gte', 1), ('bond_level__lte', 3)), _connector='OR'), name='template_bond_level')],
            },
        ),
        migrations.AddField(
            model_name='retentiontask',
            name='template',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='retention.tasktemplate', verbose_name='template'),
        ),
        migrations.AddConstraint(
            model_name='retentiontask',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['OPEN', 'SNOOZED'])), fields=('customer', 'template'), name='one_live_task_per_customer_and_template'),
        ),
    ]
