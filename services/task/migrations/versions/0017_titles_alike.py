"""Titles that are like some words are found by the index for three of the words, not for one.

The longest word alone may be like a third of all titles, each of which was then read and compared.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

# The settings of an extension are known only once its library is loaded.
LOAD = "SELECT show_limit()"
# A word that is not there stands for the first, which costs next to nothing twice.
ALIKE = """
CREATE OR REPLACE FUNCTION task.titles_like(workspace bigint, wanted text[], most integer)
RETURNS TABLE (task_number bigint, likeness real)
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.45
AS $$
    SELECT texts.task_number, (SELECT avg(word_similarity(word, texts.title))::real
        FROM unnest(wanted) AS word) AS likeness
    FROM task.texts AS texts
    WHERE texts.workspace_id = workspace AND texts.comment_id = 0
        AND wanted[1] <% texts.title
        AND coalesce(wanted[2], wanted[1]) <% texts.title
        AND coalesce(wanted[3], wanted[1]) <% texts.title
        AND NOT EXISTS (SELECT FROM unnest(wanted[4:]) AS word WHERE NOT word <% texts.title)
    ORDER BY likeness DESC, texts.task_number DESC LIMIT most
$$
"""


def upgrade() -> None:
    op.execute(LOAD)
    op.execute(ALIKE)
