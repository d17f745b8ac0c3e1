"""Search over titles, tags, projects and descriptions; comments follow in 0012.

What is searched is kept in a table of its own, `task.texts`, one row a task (and later one a
comment), which a trigger keeps up. So a task whose state changes, which is nearly every write,
touches none of the large index entries, and rows of tasks stay short. Each text is there twice,
stemmed as English and as written, so that one finds other forms of a word as well as words of any
language and beginnings of words. The index begins with the workspace: the tasks of others cost
nothing.

Nothing is locked for long on a table in use: the new one is filled in batches (some minutes for a
million tasks; a search meanwhile finds what is there already), triggers and dropped columns are a
change of the catalogue alone. The column `tasks.search` goes; no row is written anew for that.

The indexes need two extensions that come with PostgreSQL, btree_gin and pg_trgm. Whoever may create
in the database may make them; where a managed PostgreSQL allows nobody but its operator to, the
migration stops here, whole, and says what the operator runs once.
"""

from alembic import op

from services.runtime.ddl import in_batches

revision = "0005"
down_revision = "0004"

# The strongest lock first: triggers want a weaker one, beside which writers wait who have read, and
# for whose end the drop at the end would wait in turn.
LOCK = "LOCK TABLE task.tasks"
EXTENSIONS = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS btree_gin;
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
    RAISE EXCEPTION 'search needs two extensions that this user may not make (%). Let who runs the '
        'database run once in it: CREATE EXTENSION btree_gin; CREATE EXTENSION pg_trgm; then start '
        'again', SQLERRM;
END $$
"""
TABLE = """
CREATE TABLE task.texts (
    workspace_id BIGINT NOT NULL,
    task_number BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    words TSVECTOR NOT NULL,
    PRIMARY KEY (workspace_id, task_number, comment_id)
) WITH (toast_tuple_target = 8160)
"""
INDEXES = (
    "CREATE INDEX texts_by_words ON task.texts USING gin (workspace_id, words)",
    (
        "CREATE INDEX texts_by_title ON task.texts USING gin (workspace_id, title gin_trgm_ops)"
        " WHERE comment_id = 0"
    ),
)
# As a function, so that the trigger and the batches can't differ.
WORDS = """
CREATE FUNCTION task.words_of(title text, labels text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('pg_catalog.english', title), 'A')
    || setweight(to_tsvector('pg_catalog.simple', title), 'A')
    || setweight(to_tsvector('pg_catalog.english', labels), 'B')
    || setweight(to_tsvector('pg_catalog.simple', labels), 'B')
    || setweight(to_tsvector('pg_catalog.english', description), 'C')
    || setweight(to_tsvector('pg_catalog.simple', description), 'C')
"""
KEEP = """
CREATE FUNCTION task.keep_text_of_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO task.texts (workspace_id, task_number, comment_id, title, words)
    VALUES (NEW.workspace_id, NEW.number, 0, NEW.title, task.words_of(
        NEW.title, array_to_string(NEW.tags, ' ') || ' ' || NEW.project, NEW.description))
    ON CONFLICT (workspace_id, task_number, comment_id)
        DO UPDATE SET title = excluded.title, words = excluded.words;
    RETURN NULL;
END $$
"""
FORGET = """
CREATE FUNCTION task.forget_texts_of_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM task.texts
    WHERE workspace_id = OLD.workspace_id AND task_number = OLD.number;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    (
        "CREATE TRIGGER task_texts_made AFTER INSERT ON task.tasks"
        " FOR EACH ROW EXECUTE FUNCTION task.keep_text_of_task()"
    ),
    (
        "CREATE TRIGGER task_texts_changed AFTER UPDATE OF title, tags, project, description"
        " ON task.tasks FOR EACH ROW WHEN ((OLD.title, OLD.tags, OLD.project, OLD.description)"
        " IS DISTINCT FROM (NEW.title, NEW.tags, NEW.project, NEW.description))"
        " EXECUTE FUNCTION task.keep_text_of_task()"
    ),
    (
        "CREATE TRIGGER task_texts_gone AFTER DELETE ON task.tasks"
        " FOR EACH ROW EXECUTE FUNCTION task.forget_texts_of_task()"
    ),
)
# Where titles have something like each of these words, of which the first is the one to look up.
# The setting is the function's, as the index goes by it and nobody else's statement should. It is
# known only once the extension's library is loaded.
LOAD = "SELECT show_limit()"
ALIKE = """
CREATE FUNCTION task.titles_like(workspace bigint, wanted text[], most integer)
RETURNS TABLE (task_number bigint, likeness real)
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.45
AS $$
    SELECT texts.task_number, (SELECT avg(word_similarity(word, texts.title))::real
        FROM unnest(wanted) AS word) AS likeness
    FROM task.texts AS texts
    WHERE texts.workspace_id = workspace AND texts.comment_id = 0
        AND wanted[1] <% texts.title
        AND NOT EXISTS (SELECT FROM unnest(wanted[2:]) AS word WHERE NOT word <% texts.title)
    ORDER BY likeness DESC, texts.task_number DESC LIMIT most
$$
"""
FILL = """
INSERT INTO task.texts (workspace_id, task_number, comment_id, title, words)
SELECT workspace_id, number, 0, title, task.words_of(
    title, array_to_string(tags, ' ') || ' ' || project, description)
FROM task.tasks AS task
WHERE NOT EXISTS (SELECT FROM task.texts AS text WHERE text.workspace_id = task.workspace_id
    AND text.task_number = task.number AND text.comment_id = 0)
LIMIT 5000
ON CONFLICT DO NOTHING
"""
OLD = (
    "DROP INDEX task.tasks_by_words",
    "ALTER TABLE task.tasks DROP COLUMN search",
)


def upgrade() -> None:
    for statement in (
        EXTENSIONS,
        LOAD,
        TABLE,
        *INDEXES,
        WORDS,
        KEEP,
        FORGET,
        ALIKE,
        LOCK,
        *TRIGGERS,
    ):
        op.execute(statement)
    in_batches("task_texts", table="task.tasks", sql=FILL)
    for statement in OLD:
        op.execute(statement)
