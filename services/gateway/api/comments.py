"""/api/tasks/{id}/comments and /api/comments: what people say of tasks."""

# ruff: noqa: RUF012 -- msgspec copies defaults

from collections.abc import Sequence
from typing import Annotated, Any

from boss.task.v1 import comment_pb2, task_pb2
from boss.task.v1 import comment_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec import UNSET, Meta, UnsetType

from services.gateway import present, shapes
from services.gateway.answer import Answer, entity_tag, json, tags
from services.gateway.api.task_input import AttachmentInput
from services.gateway.api.task_protos import attachment
from services.gateway.api.tasks import ANY_VERSION, act, position
from services.gateway.caching.kept import Life
from services.gateway.clients import Clients
from services.gateway.fields import Text, number_of, task_name, text
from services.gateway.operation import Call, Input, Operation, Query

OF_TASK = "/api/tasks/{id}/comments"
ONE = "/api/comments/{id}"

Words = Annotated[str, text(5_000, 1)]
Files = Annotated[list[AttachmentInput], Meta(max_length=10)]


class NewComment(Input, frozen=True, kw_only=True):
    """What is said; "@name" mentions a person."""

    text: Words
    attachments: Files = []


class CommentChange(Input, frozen=True):
    """What is to be replaced."""

    text: Words | UnsetType = UNSET
    attachments: Files | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.said():
            raise ValueError("Name at least one field to change")


class CommentQuery(Query, frozen=True):
    """Which page of comments."""

    per_page: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Text | None = None


class Comments:
    """The comments on the tasks of the caller's workspace."""

    def __init__(self, clients: Clients) -> None:
        self._comments = clients.comments

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", OF_TASK, self.list, "A task's comments, the oldest first",
                {200: shapes.CommentPage}, query=CommentQuery, problems=(404,),
                kept=Life.RESPONSE,
            ),
            Operation(
                "POST", OF_TASK, self.create, "Comment on a task", {201: shapes.Comment},
                body=NewComment, headers=("Idempotency-Key",), problems=(404, 409),
            ),
            Operation(
                "PATCH", ONE, self.change, "Change what one has said, within 24 hours",
                {200: shapes.Comment}, body=CommentChange,
                headers=("If-Match", "Idempotency-Key"), problems=(404, 409, 412),
            ),
            Operation(
                "DELETE", ONE, self.delete, "Take a comment away", {204: None},
                headers=("Idempotency-Key",), problems=(404,),
            ),
        )  # fmt: skip

    async def list(self, call: Call, query: CommentQuery) -> Answer:
        """Answer with a page of comments."""
        request = pb.ListCommentsRequest(
            parent=task_name(call.params["id"], call.who.workspace),
            page_size=query.per_page,
            page_token=query.cursor or "",
        )
        told = await self._comments.ListComments(request, actor=call.person)
        return json(
            shapes.CommentPage(
                comments=[comment(one) for one in told.comments],
                total=told.total_size,
                next_cursor=told.next_page_token or None,
            ),
            as_of=told.as_of,
        )

    async def create(self, call: Call, body: NewComment) -> Answer:
        """Comment on a task."""
        request = pb.CreateCommentRequest(
            parent=task_name(call.params["id"], call.who.workspace),
            comment=comment_pb2.Comment(text=body.text, attachments=_files(body.attachments)),
            request_id=call.request_id(),
        )
        told = await self._comments.CreateComment(request, actor=call.person)
        made = comment(told.comment)
        place = f"/api/comments/{made.id}".encode()
        return json(
            made,
            201,
            headers=((b"location", place), entity_tag(made.etag), *_headers(told)),
        )

    async def change(self, call: Call, body: CommentChange) -> Answer:
        """Change a comment."""
        asked = tags(call.header(b"if-match"))
        said = comment_pb2.Comment(name=_name(call))
        if body.text is not UNSET:
            said.text = body.text
        if body.attachments is not UNSET:
            said.attachments.extend(_files(body.attachments))
        request = pb.UpdateCommentRequest(
            comment=said,
            update_mask=FieldMask(paths=sorted(body.said())),
            etag="" if not asked or ANY_VERSION in asked else asked[0],
            request_id=call.request_id(),
        )
        told = await self._comments.UpdateComment(request, actor=call.person)
        return json(comment(told.comment), headers=(entity_tag(told.comment.etag), *_headers(told)))

    async def delete(self, call: Call) -> Answer:
        """Take a comment away."""
        request = pb.DeleteCommentRequest(name=_name(call), request_id=call.request_id())
        told = await self._comments.DeleteComment(request, actor=call.person)
        return Answer(204, headers=_headers(told))


def comment(comment: comment_pb2.Comment) -> shapes.Comment:
    """Return one comment."""
    return shapes.Comment(
        id=int(comment.name.rpartition("/")[2]),
        task=present.task_id(comment.task),
        author=present.person_ref(comment.author) if comment.HasField("author") else None,
        text=comment.text,
        mentions=[present.person_ref(one) for one in comment.mentions],
        attachments=present.attachments(comment.attachments),
        created_at=present.moment(comment.create_time),
        edited_at=present.moment(comment.edit_time) if comment.HasField("edit_time") else None,
        etag=comment.etag,
    )


def _files(said: Sequence[AttachmentInput]) -> list[task_pb2.Attachment]:
    return [attachment(one) for one in said]


def _name(call: Call) -> str:
    ident = number_of(call.params["id"], reason="COMMENT_NOT_FOUND", what="comment")
    return f"workspaces/{call.who.workspace}/comments/{ident}"


def _headers(told: Any) -> tuple[tuple[bytes, bytes], ...]:
    return (position(told.position), *act(told.act))
