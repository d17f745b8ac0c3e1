"""Comments on the wire: messages from values, and values from requests with all faults at once."""

from __future__ import annotations

from boss.task.v1 import comment_pb2

from services.runtime.errors import Invalid, Violation
from services.task.comments import Shown
from services.task.convert.checks import Faults
from services.task.convert.names import parse, task_name
from services.task.convert.people import ref
from services.task.convert.tasks import NOTE, attachment_from, attachments_to_proto, stamp
from services.task.model import Attachment, WorkspaceId
from services.task.rules.comments import comment_not_found

MAX_ATTACHMENTS = 10
CHANGEABLE = frozenset({"text", "attachments"})


def comment_name(workspace: int, comment: int) -> str:
    """workspaces/{workspace}/comments/{comment}."""
    return f"workspaces/{workspace}/comments/{comment}"


def comment_target(name: str, own: WorkspaceId) -> int:
    """The comment that a request is about; another workspace's is NotFound COMMENT_NOT_FOUND."""
    parsed = parse(name, "comments")
    if parsed is None:
        example = f"workspaces/{own}/comments/42"
        raise Invalid(
            "NAME_INVALID",
            f"Write the name like {example}.",
            violations=[Violation("name", f"Write it like {example}.")],
        )
    if parsed[0] not in {None, own}:
        raise comment_not_found()
    return parsed[1]


def comment_to_proto(shown: Shown) -> comment_pb2.Comment:
    """The comment as shown."""
    comment, workspace = shown.comment, shown.workspace
    message = comment_pb2.Comment(
        name=comment_name(workspace, comment.id),
        task=task_name(workspace, comment.task),
        text=comment.text,
        attachments=attachments_to_proto(comment.attachments),
        mentions=[ref(workspace, who, shown.names.get(who, "")) for who in comment.mentions],
        create_time=stamp(comment.at),
        edit_time=stamp(comment.edited_at),
        etag=comment.etag,
    )
    if comment.author is not None:
        author = ref(workspace, comment.author, shown.names.get(comment.author, ""))
        message.author.CopyFrom(author)
    return message


def text_from(message: comment_pb2.Comment, faults: Faults) -> str:
    """1 to 5,000 characters on any lines, without space round them."""
    text = faults.lines("comment.text", message.text.strip(), most=NOTE)
    if not text:
        faults.add("comment.text", f"Write 1 to {NOTE:,} characters.")
    return text


def attachments_from(message: comment_pb2.Comment, faults: Faults) -> tuple[Attachment, ...]:
    """At most 10 files by reference."""
    if len(message.attachments) > MAX_ATTACHMENTS:
        faults.many("comment.attachments", len(message.attachments), most=MAX_ATTACHMENTS)
        return ()
    at = "comment.attachments"
    return tuple(
        attachment_from(file, faults, f"{at}[{i}]") for i, file in enumerate(message.attachments)
    )
