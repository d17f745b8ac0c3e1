"""Searches: what a request looks for, and results on the wire."""

from __future__ import annotations

from boss.task.v1 import search_pb2
from boss.task.v1 import search_service_pb2 as pb

from services.task.convert.checks import Faults
from services.task.convert.comments import comment_name
from services.task.convert.lists import PAGE, bad_token, parts_of, token_of
from services.task.convert.tasks import task_to_proto
from services.task.search.found import Found, Result

MOST_SCORE = 1_000.0


def check(request: pb.SearchTasksRequest, faults: Faults) -> None:
    """Notes what is wrong with a request besides its filter."""
    if not request.query.strip():
        faults.add("query", "Write what to look for.")
    if not 0 <= request.page_size <= PAGE:
        faults.add("page_size", f"Give 1 to {PAGE}.")


def place(request: pb.SearchTasksRequest) -> tuple[float, int] | None:
    """Where the page begins. Raises Invalid PAGE_TOKEN_INVALID."""
    if not request.page_token:
        return None
    query, score, number = parts_of(request.page_token, tuple[str, float, int])
    if query != request.query or not 0 <= score <= MOST_SCORE or not 0 <= number < 2**63:
        raise bad_token()
    return score, number


def response(request: pb.SearchTasksRequest, found: Found) -> pb.SearchTasksResponse:
    """What was found, as the answer to the request."""
    token = "" if found.next_key is None else token_of([request.query, *found.next_key])
    return pb.SearchTasksResponse(
        results=[_result(each) for each in found.results],
        next_page_token=token,
        total_size=found.total,
        more_than_total=found.more,
        as_of=found.as_of,
    )


def _result(result: Result) -> search_pb2.SearchResult:
    workspace = result.view.workspace
    return search_pb2.SearchResult(
        task=task_to_proto(result.view),
        snippet=result.snippet,
        score=result.score,
        match=result.match.value,  # type: ignore[arg-type]
        comment=comment_name(workspace, result.comment) if result.comment else "",
    )
