"""The claims of the texts, with their ranges and sources."""

from django.db import migrations, models

# code, claim, claim in Chinese, source, source in Chinese, from, to
CLAIMS = [
    ("RETENTION", "Five points more retention raise profit by 25 to 100 %.", "客户保留率提高5%，利润将增加25%至100%。",
     "Making the most of relationships (text 000)", "《把关系用到最优》（文本000）", 0.25, 1.0),
    ("RETURNING", "Returning customers bring 25 to 85 % of profit.", "再次光顾的客户可带来25%至85%的利润。",
     "Customer lifecycle management, ch. 9 (text 001)", "《客户生命周期管理》第9章（文本001）", 0.25, 0.85),
    ("TOP80", "80 % of profit comes from 20 % of the customers.", "公司80%的利润来自20%的客户。",
     "Customer segmentation and CRM (text 003)", "《公司客户细分与客户关系管理》（文本003）", 0.8, 0.8),
    ("TOP70", "The best 20 % of the customers bring 70 % of profit and more.", "前20%的客户贡献70%以上的利润。",
     "Differentiated customer management (text 004)", "《浅谈客户的差异化管理》（文本004）", 0.7, None),
    ("PRODUCTS", "With two products 55 % of the customers leave, with four or more almost none (bank data).",
     "购买两种产品的客户流失率为55%；拥有四种或更多产品或服务的流失率几乎为零（银行数据）。",
     "Making the most of relationships (text 000)", "《把关系用到最优》（文本000）", 0.0, 0.55),
    ("CHURN", "About one third of the customers is lost every year; without new ones nobody is left after five years.",
     "客户每年流失率约三分之一；不开发新客户，不出五年老客户归零。",
     "The value of customer resources (text 002)", "《浅析客户资源的价值》（文本002）", 0.33, 0.33),
    ("COST5", "Winning a new customer costs five times as much as keeping an old one.",
     "争取1位新客户的成本是保住1位老客户的5倍。",
     "Customer lifecycle management, ch. 9 (text 001)", "《客户生命周期管理》第9章（文本001）", 5.0, 5.0),
    ("TEN", "It takes at least ten new customers to make up for one that was lost.",
     "每流失一个老客户，至少要再开发十个新用户才能弥补。",
     "The value of customer resources (text 002)", "《浅析客户资源的价值》（文本002）", 10.0, None),
    ("LOYAL", "Loyal customers spend two to four times as much as ordinary ones.", "忠诚客户的支出是一般客户的2至4倍。",
     "Customer lifecycle management, ch. 9 (text 001)", "《客户生命周期管理》第9章（文本001）", 2.0, 4.0),
    ("KEEPING", "The cost of keeping a customer falls from year to year.", "维持既有客户长久关系的成本逐年递减。",
     "Customer lifecycle management, ch. 9 (text 001)", "《客户生命周期管理》第9章（文本001）", None, None),
    ("EIGHT", "One satisfied customer brings eight possible deals, of which at least one is made.",
     "1位满意的客户会引起8笔潜在生意，其中至少1笔成交。",
     "Customer lifecycle management, ch. 9 (text 001)", "《客户生命周期管理》第9章（文本001）", 8.0, 8.0),
    ("TWENTYFIVE", "One dissatisfied customer puts 25 people off buying.", "1位不满意的客户会影响25个人的购买意向。",
     "Customer lifecycle management, ch. 9 (text 001)", "《客户生命周期管理》第9章（文本001）", 25.0, 25.0),
]  # fmt: skip


def seed(apps, schema_editor):
    claim = apps.get_model("lifecycle", "Claim")
    names = ("code", "words", "words_zh", "source", "source_zh", "low", "high")
    claim.objects.bulk_create(
        claim(**dict(zip(names, row, strict=True)), place=place) for place, row in enumerate(CLAIMS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0005_price_index")]
    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=12, unique=True, verbose_name="code")),
                ("words", models.CharField(max_length=300, verbose_name="claim")),
                ("words_zh", models.CharField(max_length=300, verbose_name="claim (Chinese)")),
                ("source", models.CharField(max_length=120, verbose_name="source")),
                ("source_zh", models.CharField(max_length=120, verbose_name="source (Chinese)")),
                ("low", models.FloatField(blank=True, null=True, verbose_name="from")),
                ("high", models.FloatField(blank=True, null=True, verbose_name="to")),
                ("place", models.PositiveSmallIntegerField(default=0, verbose_name="place")),
            ],
            options={
                "verbose_name": "claim of the texts",
                "verbose_name_plural": "claims of the texts",
                "ordering": ["place", "code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("low", None), ("high", None), ("high__gte", models.F("low")), _connector="OR"
                        ),
                        name="claim_range_in_order",
                    )
                ],
            },
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
