"""An index of words that costs a search nothing for what others have, nor for what is old.

`texts_by_words` has the numbers of all texts with a word, of whichever workspace and age: a search
reads all of them, and a word's beginning even gathers them first. Here each word is kept together
with the workspace and with the drawer of its task, 1,024 numbers of which share one: so that it can
be looked for in the newest drawer, then in the one before, until enough are found.
"""

from alembic import op

from services.runtime.ddl import create_index

revision = "0014"
down_revision = "0013"

# Words stand nowhere in it: which follows which is told by the texts.
WORDS = """
CREATE FUNCTION task.words_within(workspace bigint, task_number bigint, words tsvector)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(ARRAY(
    SELECT workspace::text || '.' || (task_number >> 10)::text || '/' || word
    FROM unnest(tsvector_to_array(words)) AS word))
"""


def upgrade() -> None:
    op.execute(WORDS)
    create_index(
        "texts_by_drawer",
        on="task.texts USING gin (task.words_within(workspace_id, task_number, words))",
    )
