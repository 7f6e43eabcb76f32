"""Published weights are closed in the database itself, and the policy's one row exists (publishing locks it)."""

from django.db import migrations

POSTGRES = [
    """CREATE FUNCTION segmentation_weight_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM segmentation_weightset s WHERE s.id = OLD.weight_set_id
                   AND s.status IN ('PUBLISHED', 'SUPERSEDED'))
           AND (NEW.value, NEW.indicator_id, NEW.weight_set_id) IS DISTINCT FROM
               (OLD.value, OLD.indicator_id, OLD.weight_set_id) THEN
            RAISE EXCEPTION 'the weights of a published version are closed' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER weight_closed BEFORE UPDATE ON segmentation_weight
    FOR EACH ROW EXECUTE FUNCTION segmentation_weight_closed()""",
    """CREATE FUNCTION segmentation_weightset_closed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a published version of the weights is closed' USING ERRCODE = 'check_violation';
    END $$""",
    """CREATE TRIGGER weightset_closed BEFORE UPDATE OF current_share, mode ON segmentation_weightset FOR EACH ROW
    WHEN (OLD.status IN ('PUBLISHED', 'SUPERSEDED')
          AND (NEW.current_share <> OLD.current_share OR NEW.mode <> OLD.mode))
    EXECUTE FUNCTION segmentation_weightset_closed()""",
]
SQLITE = [
    """CREATE TRIGGER weight_closed BEFORE UPDATE ON segmentation_weight FOR EACH ROW
    WHEN EXISTS (SELECT 1 FROM segmentation_weightset s WHERE s.id = OLD.weight_set_id
                 AND s.status IN ('PUBLISHED', 'SUPERSEDED'))
         AND (NEW.value, NEW.indicator_id, NEW.weight_set_id) <> (OLD.value, OLD.indicator_id, OLD.weight_set_id)
    BEGIN SELECT RAISE(ABORT, 'the weights of a published version are closed'); END""",
    """CREATE TRIGGER weightset_closed BEFORE UPDATE OF current_share, mode ON segmentation_weightset FOR EACH ROW
    WHEN OLD.status IN ('PUBLISHED', 'SUPERSEDED')
         AND (NEW.current_share <> OLD.current_share OR NEW.mode <> OLD.mode)
    BEGIN SELECT RAISE(ABORT, 'a published version of the weights is closed'); END""",
]
DROP = {
    "postgresql": [
        "DROP TRIGGER weight_closed ON segmentation_weight",
        "DROP FUNCTION segmentation_weight_closed()",
        "DROP TRIGGER weightset_closed ON segmentation_weightset",
        "DROP FUNCTION segmentation_weightset_closed()",
    ],
    "sqlite": ["DROP TRIGGER weight_closed", "DROP TRIGGER weightset_closed"],
}


def close(apps, schema_editor):
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def open_again(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def seed(apps, schema_editor):
    apps.get_model("segmentation", "WeightPolicy").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0003_weight_set_versions")]
    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(close, open_again),
    ]
