"""Search over comments: each has a row among the texts, which a trigger keeps up (0005)."""

from alembic import op

from services.runtime.ddl import in_batches

revision = "0012"
down_revision = "0011"

# What people say counts least of all.
WORDS = """
CREATE FUNCTION task.words_of_comment(said text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector('pg_catalog.english', said), 'D')
    || setweight(to_tsvector('pg_catalog.simple', said), 'D')
"""
KEEP = """
CREATE FUNCTION task.keep_text_of_comment() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' OR NEW.deleted_at IS NOT NULL THEN
        DELETE FROM task.texts WHERE workspace_id = OLD.workspace_id
            AND task_number = OLD.task_number AND comment_id = OLD.id;
        RETURN NULL;
    END IF;
    INSERT INTO task.texts (workspace_id, task_number, comment_id, title, words)
    VALUES (NEW.workspace_id, NEW.task_number, NEW.id, '', task.words_of_comment(NEW.text))
    ON CONFLICT (workspace_id, task_number, comment_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END $$
"""
TRIGGERS = (
    (
        "CREATE TRIGGER comment_texts_made AFTER INSERT ON task.comments"
        " FOR EACH ROW WHEN (NEW.deleted_at IS NULL) EXECUTE FUNCTION task.keep_text_of_comment()"
    ),
    (
        "CREATE TRIGGER comment_texts_changed AFTER UPDATE ON task.comments"
        " FOR EACH ROW"
        " WHEN ((OLD.text, OLD.deleted_at) IS DISTINCT FROM (NEW.text, NEW.deleted_at))"
        " EXECUTE FUNCTION task.keep_text_of_comment()"
    ),
    (
        "CREATE TRIGGER comment_texts_gone AFTER DELETE ON task.comments"
        " FOR EACH ROW EXECUTE FUNCTION task.keep_text_of_comment()"
    ),
)
FILL = """
INSERT INTO task.texts (workspace_id, task_number, comment_id, title, words)
SELECT workspace_id, task_number, id, '', task.words_of_comment(text)
FROM task.comments AS comment
WHERE deleted_at IS NULL AND NOT EXISTS (SELECT FROM task.texts AS text
    WHERE text.workspace_id = comment.workspace_id AND text.task_number = comment.task_number
        AND text.comment_id = comment.id)
LIMIT 5000
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    for statement in (WORDS, KEEP, *TRIGGERS):
        op.execute(statement)
    in_batches("comment_texts", table="task.comments", sql=FILL)
