"""More of a task: why it is blocked, who was asked to take it, its series, its archive."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
