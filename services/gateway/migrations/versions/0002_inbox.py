"""Chats, their inbox, drafts, and leases."""

import sqlalchemy as sa
from alembic import op

revision = "0002_inbox"
down_revision = "0001_sessions"
branch_labels = None
depends_on = None

SCHEMA = "gateway"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("accepted", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("ready_at", MOMENT),
        sa.Column("lease_until", MOMENT),
        sa.Column("token", sa.Uuid),
        sa.Column("conversation", sa.Text, nullable=False, server_default="{}"),
        schema=SCHEMA,
    )
    _partial("chats_ready", "chats", ["ready_at"], "ready_at IS NOT NULL")
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("edit", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("state", sa.Text, nullable=False, server_default="waiting"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", MOMENT),
        sa.Column("decided", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("card", sa.Text),
        sa.Column("tasks", sa.ARRAY(sa.Text)),
        sa.Column("act", sa.Text),
        sa.Column("settled_at", MOMENT),
        sa.UniqueConstraint("source", "external_id", name="inbox_once"),
        schema=SCHEMA,
    )
    _partial("inbox_waiting", "inbox", ["chat", "position", "id"], "state = 'waiting'")
    _partial("inbox_message", "inbox", ["chat", "message"], "message IS NOT NULL")
    _partial("inbox_card", "inbox", ["chat", "card"], "card IS NOT NULL")
    _partial("inbox_act", "inbox", ["act"], "act IS NOT NULL")
    _partial("inbox_dead", "inbox", ["id"], "state = 'dead'")
    _partial("inbox_settled", "inbox", ["settled_at"], "settled_at IS NOT NULL")
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("chat", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("tasks", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
        schema=SCHEMA,
    )
    op.create_index("drafts_created", "drafts", ["created_at"], schema=SCHEMA)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("token", sa.Uuid, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        schema=SCHEMA,
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, schema=SCHEMA, postgresql_where=sa.text(where))
