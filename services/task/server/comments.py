"""CommentService: what people say of tasks."""

# ruff: noqa: N802 -- RPCs have the names that the protos give them

from __future__ import annotations

from typing import Any

from boss.task.v1 import comment_service_pb2 as pb
from boss.task.v1 import comment_service_pb2_grpc as rpc

from services.task import comments as reads
from services.task.commands import comments as commands
from services.task.commands.comments import ActId
from services.task.commands.storing import Answer
from services.task.commands.writing import Store
from services.task.comments import Shown
from services.task.convert.checks import Faults
from services.task.convert.comments import (
    CHANGEABLE,
    attachments_from,
    comment_target,
    comment_to_proto,
    text_from,
)
from services.task.convert.lists import bad_token, parts_of, token_of
from services.task.convert.names import task_target
from services.task.rules.absent import task_not_found
from services.task.seeing import seen_of
from services.task.server.calls import Answers, act_id, asked, need_person

PAGE, PAGE_DEFAULT = 100, 50


class CommentServicer(rpc.CommentServiceServicer):
    """The comments on the tasks of the caller's workspace."""

    def __init__(self, store: Store, answers: Answers) -> None:
        self._store = store
        self._answers = answers

    async def CreateComment(
        self, request: pb.CreateCommentRequest, _context: Any
    ) -> pb.CreateCommentResponse:
        """Adds a comment."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        text = text_from(request.comment, faults)
        attachments = attachments_from(request.comment, faults)
        faults.raise_if_any()
        _, number = task_target(request.parent, ask.workspace)

        def compose(shown: Shown, act: ActId) -> Answer:
            return pb.CreateCommentResponse(comment=comment_to_proto(shown), act=act_id(act))

        written = await commands.create_comment(
            self._store, ask, number, text=text, attachments=attachments, compose=compose
        )
        return await self._answers.complete(written, pb.CreateCommentResponse, ask.workspace)

    async def UpdateComment(
        self, request: pb.UpdateCommentRequest, _context: Any
    ) -> pb.UpdateCommentResponse:
        """Replaces what the mask names."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        paths = faults.mask(request.update_mask.paths, CHANGEABLE)
        text = text_from(request.comment, faults) if "text" in paths else None
        attachments = None
        if "attachments" in paths:
            attachments = attachments_from(request.comment, faults)
        faults.raise_if_any()
        ident = comment_target(request.comment.name, ask.workspace)

        def compose(shown: Shown, act: ActId) -> Answer:
            return pb.UpdateCommentResponse(comment=comment_to_proto(shown), act=act_id(act))

        written = await commands.update_comment(
            self._store,
            ask,
            ident,
            text=text,
            attachments=attachments,
            etag=request.etag,
            compose=compose,
        )
        return await self._answers.complete(written, pb.UpdateCommentResponse, ask.workspace)

    async def DeleteComment(
        self, request: pb.DeleteCommentRequest, _context: Any
    ) -> pb.DeleteCommentResponse:
        """Takes a comment away."""
        faults = Faults()
        ask = asked(request, faults.request_id(request.request_id))
        faults.raise_if_any()
        ident = comment_target(request.name, ask.workspace)

        def compose(act: ActId) -> Answer:
            return pb.DeleteCommentResponse(act=act_id(act))

        written = await commands.delete_comment(self._store, ask, ident, compose=compose)
        return await self._answers.complete(written, pb.DeleteCommentResponse, ask.workspace)

    async def ListComments(
        self, request: pb.ListCommentsRequest, _context: Any
    ) -> pb.ListCommentsResponse:
        """One page, the oldest first."""
        workspace, person = need_person()
        faults = Faults()
        if not 0 <= request.page_size <= PAGE:
            faults.add("page_size", f"Give 1 to {PAGE}.")
        faults.raise_if_any()
        _, number = task_target(request.parent, workspace)
        after = _place(request.page_token, number)
        database = self._store.database
        viewer = await self._store.roster.viewer(workspace, person)
        if number not in await seen_of(database.hot_rows, viewer, (number,)):
            raise task_not_found(number)
        limit = request.page_size or PAGE_DEFAULT
        found = await reads.list_comments(database, workspace, number, after=after, limit=limit + 1)
        if found is None:
            raise task_not_found(number)
        page = found.comments[:limit]
        more = len(found.comments) > limit
        return pb.ListCommentsResponse(
            comments=[comment_to_proto(shown) for shown in page],
            next_page_token=token_of([number, page[-1].comment.id]) if more else "",
            total_size=found.total,
            as_of=found.as_of,
        )


def _place(token: str, number: int) -> int:
    """The id of the comment behind which the page begins."""
    if not token:
        return 0
    bound, after = parts_of(token, tuple[int, int])
    if bound != number or not 0 <= after < 2**63:
        raise bad_token()
    return int(after)
