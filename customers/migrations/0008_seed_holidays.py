"""The public holidays of China and the weekends worked for them, as the State Council announced them; editable."""

from datetime import date, timedelta

from django.db import migrations

# first day, last day, name. 2025 and 2026 as announced; 2027 only the statutory days, since the shifts come later.
HOLIDAYS = [
    ((2025, 1, 1), (2025, 1, 1), "元旦"),
    ((2025, 1, 28), (2025, 2, 4), "春节"),
    ((2025, 4, 4), (2025, 4, 6), "清明节"),
    ((2025, 5, 1), (2025, 5, 5), "劳动节"),
    ((2025, 5, 31), (2025, 6, 2), "端午节"),
    ((2025, 10, 1), (2025, 10, 8), "国庆节、中秋节"),
    ((2026, 1, 1), (2026, 1, 3), "元旦"),
    ((2026, 2, 15), (2026, 2, 23), "春节"),
    ((2026, 4, 4), (2026, 4, 6), "清明节"),
    ((2026, 5, 1), (2026, 5, 5), "劳动节"),
    ((2026, 6, 19), (2026, 6, 21), "端午节"),
    ((2026, 9, 25), (2026, 9, 27), "中秋节"),
    ((2026, 10, 1), (2026, 10, 7), "国庆节"),
    ((2027, 1, 1), (2027, 1, 1), "元旦"),
    ((2027, 2, 5), (2027, 2, 8), "春节"),
    ((2027, 4, 5), (2027, 4, 5), "清明节"),
    ((2027, 5, 1), (2027, 5, 2), "劳动节"),
    ((2027, 6, 9), (2027, 6, 9), "端午节"),
    ((2027, 9, 15), (2027, 9, 15), "中秋节"),
    ((2027, 10, 1), (2027, 10, 3), "国庆节"),
]
SHIFTED = [
    (2025, 1, 26), (2025, 2, 8), (2025, 4, 27), (2025, 9, 28), (2025, 10, 11),
    (2026, 1, 4), (2026, 2, 14), (2026, 2, 28), (2026, 5, 9), (2026, 9, 20), (2026, 10, 10),
]  # fmt: skip


def seed(apps, schema_editor):
    holiday = apps.get_model("customers", "Holiday")
    rows = []
    for first, last, name in HOLIDAYS:
        first, last = date(*first), date(*last)
        rows += [holiday(day=first + timedelta(days=n), name=name) for n in range((last - first).days + 1)]
    rows += [holiday(day=date(*day), name="调休上班", worked=True) for day in SHIFTED]
    holiday.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_working_calendar")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
