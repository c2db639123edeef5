"""The index behind `chat.search`, kept up to date by the database itself."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQLITE = (
    """
    CREATE VIRTUAL TABLE chat_message_search USING fts5(
        text, content='chat_message', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER chat_message_search_insert AFTER INSERT ON chat_message BEGIN
        INSERT INTO chat_message_search(rowid, text) VALUES (new.id, new.text);
    END
    """,
    """
    CREATE TRIGGER chat_message_search_delete AFTER DELETE ON chat_message BEGIN
        INSERT INTO chat_message_search(chat_message_search, rowid, text)
        VALUES ('delete', old.id, old.text);
    END
    """,
    """
    CREATE TRIGGER chat_message_search_update AFTER UPDATE OF text ON chat_message BEGIN
        INSERT INTO chat_message_search(chat_message_search, rowid, text)
        VALUES ('delete', old.id, old.text);
        INSERT INTO chat_message_search(rowid, text) VALUES (new.id, new.text);
    END
    """,
    "INSERT INTO chat_message_search(chat_message_search) VALUES ('rebuild')",
)
SQLITE_BACK = (
    "DROP TRIGGER chat_message_search_insert",
    "DROP TRIGGER chat_message_search_delete",
    "DROP TRIGGER chat_message_search_update",
    "DROP TABLE chat_message_search",
)
# PostgreSQL keeps an index on an expression up to date without triggers. Accents are folded by
# hand: the extension that does it is not installed everywhere.
POSTGRESQL = (
    """
    CREATE FUNCTION chat_search_fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT translate(lower($1), 'áàâäãåéèêëíìîïóòôöõúùûüñç', 'aaaaaaeeeeiiiiooooouuuunc')
    $$
    """,
    r"""
    CREATE FUNCTION chat_search_vector(text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT to_tsvector(
            'simple'::regconfig, chat_search_fold(regexp_replace($1, '[\W_]+', ' ', 'g'))
        )
    $$
    """,
    "CREATE INDEX chat_message_search ON chat_message USING gin (chat_search_vector(text))",
)
POSTGRESQL_BACK = (
    "DROP INDEX chat_message_search",
    "DROP FUNCTION chat_search_vector(text)",
    "DROP FUNCTION chat_search_fold(text)",
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
    dependencies = (("chat", "0001_initial"),)
    operations = (migrations.RunPython(create, drop),)
