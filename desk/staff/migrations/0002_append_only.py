"""The database itself keeps audit entries as they were written."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQLITE = (
    """
    CREATE TRIGGER staff_auditentry_no_update BEFORE UPDATE ON staff_auditentry BEGIN
        SELECT RAISE(ABORT, 'audit entries are append-only');
    END
    """,
    """
    CREATE TRIGGER staff_auditentry_no_delete BEFORE DELETE ON staff_auditentry BEGIN
        SELECT RAISE(ABORT, 'audit entries are append-only');
    END
    """,
)
SQLITE_BACK = (
    "DROP TRIGGER staff_auditentry_no_update",
    "DROP TRIGGER staff_auditentry_no_delete",
)
POSTGRESQL = (
    """
    CREATE FUNCTION staff_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'audit entries are append-only'; END
    $$
    """,
    """
    CREATE TRIGGER staff_auditentry_append_only BEFORE UPDATE OR DELETE ON staff_auditentry
    FOR EACH ROW EXECUTE FUNCTION staff_append_only()
    """,
)
POSTGRESQL_BACK = (
    "DROP TRIGGER staff_auditentry_append_only ON staff_auditentry",
    "DROP FUNCTION staff_append_only()",
)


def _run(editor: BaseDatabaseSchemaEditor, sqlite: tuple[str, ...], other: tuple[str, ...]) -> None:
    with editor.connection.cursor() as cursor:
        for statement in other if editor.connection.vendor == "postgresql" else sqlite:
            cursor.execute(statement)


def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, SQLITE, POSTGRESQL)


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, SQLITE_BACK, POSTGRESQL_BACK)


class Migration(migrations.Migration):
    dependencies = (("staff", "0001_initial"),)
    operations = (migrations.RunPython(create, drop),)
