"""The first schema: people, tasks, the log and its numbering.

Frozen: later changes are later migrations. schema.py is the present state in types.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE task.acts (
    id UUID NOT NULL,
    number BIGSERIAL NOT NULL,
    workspace_id BIGINT NOT NULL,
    actor_id BIGINT,
    at timestamptz NOT NULL,
    kind SMALLINT NOT NULL,
    summary TEXT NOT NULL,
    events BIGINT[] NOT NULL,
    undone_by UUID,
    undoes UUID,
    PRIMARY KEY (id)
);
CREATE INDEX acts_by_actor ON task.acts (actor_id, number);

CREATE TABLE task.events (
    id BIGSERIAL NOT NULL,
    position BIGINT,
    workspace_id BIGINT NOT NULL,
    type SMALLINT NOT NULL,
    task_number BIGINT,
    person_id BIGINT,
    actor_id BIGINT,
    at timestamptz NOT NULL,
    act UUID,
    request_id UUID,
    touches BIGINT[] NOT NULL,
    changed TEXT[] NOT NULL,
    before JSONB,
    after JSONB,
    undo BOOLEAN NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (position)
);
CREATE INDEX events_by_task ON task.events (workspace_id, task_number, id);
CREATE INDEX events_unnumbered ON task.events (id) WHERE position IS NULL;

CREATE TABLE task.log_head (
    one BOOLEAN NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (one)
);

CREATE TABLE task.requests (
    workspace_id BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    request_id UUID NOT NULL,
    method TEXT NOT NULL,
    body_hash BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    act UUID,
    at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, actor_id, request_id)
);
CREATE INDEX requests_by_time ON task.requests USING brin (at);

CREATE TABLE task.task_assignees (
    workspace_id BIGINT NOT NULL,
    task_number BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    place SMALLINT NOT NULL,
    mark SMALLINT NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, task_number, person_id)
);
CREATE INDEX task_assignees_by_person ON task.task_assignees (person_id, created_at, task_number);

CREATE TABLE task.task_dependencies (
    workspace_id BIGINT NOT NULL,
    task_number BIGINT NOT NULL,
    on_number BIGINT NOT NULL,
    place SMALLINT NOT NULL,
    PRIMARY KEY (workspace_id, task_number, on_number)
);
CREATE INDEX task_dependencies_by_on ON task.task_dependencies (workspace_id, on_number);

CREATE TABLE task.task_watchers (
    workspace_id BIGINT NOT NULL,
    task_number BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    place SMALLINT NOT NULL,
    PRIMARY KEY (workspace_id, task_number, person_id)
);

CREATE TABLE task.tasks (
    workspace_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    status SMALLINT NOT NULL,
    status_since timestamptz NOT NULL,
    status_by BIGINT,
    priority SMALLINT NOT NULL,
    creator BIGINT,
    deadline timestamptz,
    start timestamptz,
    estimate_minutes INTEGER,
    tags TEXT[] NOT NULL,
    project TEXT NOT NULL,
    type TEXT NOT NULL,
    criteria JSONB NOT NULL,
    parent BIGINT,
    recurrence TEXT NOT NULL,
    requires_approval BOOLEAN NOT NULL,
    attachments JSONB NOT NULL,
    revision_count INTEGER NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    completed_at timestamptz,
    submission TEXT NOT NULL,
    feedback TEXT NOT NULL,
    deleted_at timestamptz,
    search TSVECTOR
        GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || description)) STORED,
    PRIMARY KEY (workspace_id, number)
);
CREATE INDEX tasks_by_creation ON task.tasks (workspace_id, created_at, number);
CREATE INDEX tasks_by_deadline
    ON task.tasks (workspace_id, coalesce(deadline, 'infinity'::timestamptz), number);
CREATE INDEX tasks_by_parent ON task.tasks (workspace_id, parent, number) WHERE parent IS NOT NULL;
CREATE INDEX tasks_by_priority ON task.tasks (workspace_id, priority, number);
CREATE INDEX tasks_by_project ON task.tasks (workspace_id, project, number) WHERE project != '';
CREATE INDEX tasks_by_status ON task.tasks (workspace_id, status, number);
CREATE INDEX tasks_by_tag ON task.tasks USING gin (tags);
CREATE INDEX tasks_by_update ON task.tasks (workspace_id, updated_at, number);
CREATE INDEX tasks_by_words ON task.tasks USING gin (search);

CREATE TABLE task.workspaces (
    id BIGSERIAL NOT NULL,
    display_name TEXT NOT NULL,
    timezone TEXT NOT NULL,
    claimed BOOLEAN NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE task.people (
    id BIGSERIAL NOT NULL,
    workspace_id BIGINT NOT NULL,
    display_name TEXT NOT NULL,
    aliases TEXT[] NOT NULL,
    role SMALLINT NOT NULL,
    department TEXT NOT NULL,
    leads TEXT[] NOT NULL,
    language TEXT NOT NULL,
    working_days SMALLINT[] NOT NULL,
    working_hours TEXT NOT NULL,
    quiet_hours TEXT NOT NULL,
    timezone TEXT NOT NULL,
    telegram_id BIGINT,
    telegram_username TEXT NOT NULL,
    discord_id TEXT NOT NULL,
    email TEXT NOT NULL,
    skills TEXT[] NOT NULL,
    status SMALLINT NOT NULL,
    away_until timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    touched BIGINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT people_telegram UNIQUE (workspace_id, telegram_id),
    FOREIGN KEY(workspace_id) REFERENCES task.workspaces (id)
);
CREATE INDEX people_by_telegram ON task.people (telegram_id);

CREATE TABLE task.person_names (
    workspace_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, key),
    FOREIGN KEY(person_id) REFERENCES task.people (id)
);
CREATE INDEX person_names_by_person ON task.person_names (person_id);

CREATE TABLE task.tokens (
    id BIGSERIAL NOT NULL,
    workspace_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    label TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES task.people (id),
    UNIQUE (sha256)
);
CREATE INDEX tokens_by_person ON task.tokens (person_id);
"""

# Room in a page for a new version of a row: commands change few fields of a wide row.
SETTINGS = """
ALTER TABLE task.tasks SET (fillfactor = 85);
ALTER TABLE task.tasks
    ADD FOREIGN KEY (workspace_id, parent) REFERENCES task.tasks (workspace_id, number);
ALTER TABLE task.task_assignees
    ADD FOREIGN KEY (workspace_id, task_number) REFERENCES task.tasks ON DELETE CASCADE;
ALTER TABLE task.task_watchers
    ADD FOREIGN KEY (workspace_id, task_number) REFERENCES task.tasks ON DELETE CASCADE;
ALTER TABLE task.task_dependencies
    ADD FOREIGN KEY (workspace_id, task_number) REFERENCES task.tasks ON DELETE CASCADE,
    ADD FOREIGN KEY (workspace_id, on_number) REFERENCES task.tasks ON DELETE CASCADE;
INSERT INTO task.log_head (one, position) VALUES (true, 0);
"""

# Gives the unnumbered events, in order of id, the next positions. The head is locked first and by
# a statement of its own: the next statement then reads with a fresh snapshot (READ COMMITTED,
# VOLATILE), so that a pass that waited for another sees what that one has numbered. As one single
# statement it would number the same events again.
NUMBERING = """
CREATE FUNCTION task.number_events(most integer, OUT head bigint, OUT ids bigint[])
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT position INTO head FROM task.log_head FOR UPDATE;
    WITH batch AS (
        SELECT id FROM task.events WHERE position IS NULL ORDER BY id LIMIT most
    ), placed AS (
        SELECT id, head + row_number() OVER (ORDER BY id) AS place FROM batch
    ), numbered AS (
        UPDATE task.events AS event SET position = placed.place
        FROM placed WHERE event.id = placed.id
        RETURNING event.id, event.position
    )
    SELECT coalesce(array_agg(numbered.id ORDER BY numbered.position), '{}')
    INTO ids FROM numbered;
    IF cardinality(ids) > 0 THEN
        head := head + cardinality(ids);
        UPDATE task.log_head SET position = head;
    END IF;
END $$
"""


def upgrade() -> None:
    for statements in (TABLES, SETTINGS):
        for statement in statements.split(";"):
            if statement.strip():
                op.execute(statement)
    op.execute(NUMBERING)
