"""What is told where something is not there: the same whether it is another workspace's or not."""

from __future__ import annotations

from services.runtime.errors import Forbidden, NotFound
from services.task.model import TaskNumber


def task_not_found(number: TaskNumber) -> NotFound:
    """The answer where a task is not there, or of another workspace, or deleted."""
    return NotFound(
        "TASK_NOT_FOUND", f"There is no task T-{number}.", metadata={"task": f"T-{number}"}
    )


def person_not_found() -> NotFound:
    """The answer where a person is not there, or of another workspace."""
    return NotFound("PERSON_NOT_FOUND", "There is no such person.")


def token_not_found() -> NotFound:
    """The answer where a token is not there, or of another workspace."""
    return NotFound("TOKEN_NOT_FOUND", "There is no such token.")


def person_left() -> Forbidden:
    """The answer to who is no part of the workspace any more."""
    return Forbidden("PERSON_LEFT", "You are no longer a part of this workspace.")


def workspace_not_found() -> NotFound:
    """The answer where a workspace is not there, or not the caller's."""
    return NotFound("WORKSPACE_NOT_FOUND", "There is no such workspace.")
