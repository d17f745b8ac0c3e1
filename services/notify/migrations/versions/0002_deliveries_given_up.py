"""Count what was given up without reading the ledger."""

from services.runtime.ddl import create_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the deliveries that are dead."""
    create_index("deliveries_dead", on="notify.deliveries (id) WHERE state = 'dead'")
