"""Errors as HTTP tells them: RFC 9457, application/problem+json.

One table gives each kind of ServiceError its status; `type` is stable and made of the reason, so
that programs branch on it; `errors` points to what is wrong, in the words of the JSON (`#/title`)
or of the query (`?status`), whatever the proto calls it.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil

from services.gateway import shapes
from services.gateway.answer import Answer, Header, encode
from services.runtime import context
from services.runtime.errors import Kind, ServiceError

PROBLEM_JSON = b"application/problem+json"

STATUS: Mapping[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.ALREADY_EXISTS: 409,
    Kind.CONFLICT: 409,
    Kind.STALE: 412,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE_EXCEEDED: 503,
    Kind.INTERNAL: 500,
}
CHALLENGE: Header = (b"www-authenticate", b'Bearer realm="Boss Workflow"')
RETRY_SOON: Header = (b"retry-after", b"1")

# Names of the protos that the JSON, or the query, calls otherwise.
_JSON_NAMES = {
    "display_name": "name",
    "label": "name",
    "in_time": "in_at",
    "out_time": "out_at",
    "start_time": "start_at",
    "end_time": "end_at",
}
_QUERY_NAMES = {
    "order_by": "sort",
    "page_token": "cursor",
    "page_size": "per_page",
    "skip": "page",
    "types": "type",
    "start_time": "since",
    "end_time": "until",
    "query": "q",
    "where": "filter",
    "assignees": "assignee",
    "statuses": "status",
    "priorities": "priority",
    "tags": "tag",
    "states": "state",
    "from_date": "from",
    "to_date": "to",
    "people": "person",
}
_STEP = re.compile(r"[^.\[\]]+")
_MESSAGES = frozenset(
    {
        "task",
        "person",
        "filter",
        "workspace",
        "comment",
        "template",
        "attachment",
        "attendance",
        "entry",
    }
)


class Refused(Exception):  # noqa: N818 -- named as what it is: an answer
    """A request that HTTP itself refuses; kinds of ServiceError cover all else."""

    def __init__(
        self, status: int, reason: str, detail: str, *, headers: Sequence[Header] = ()
    ) -> None:
        super().__init__(reason, detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.headers = tuple(headers)


def answer(
    status: int,
    reason: str,
    detail: str,
    *,
    errors: Sequence[shapes.FieldProblem] = (),
    headers: Sequence[Header] = (),
    current: shapes.Task | None = None,
) -> Answer:
    """Return the answer for a problem; `detail` says what to do."""
    problem = shapes.Problem(
        type="/problems/" + reason.lower().replace("_", "-"),
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=context.request_id(),
        errors=list(errors),
        current=current,
    )
    return Answer(status, encode(problem), tuple(headers), PROBLEM_JSON)


def of_refused(refused: Refused) -> Answer:
    """Return the answer for what HTTP itself refuses."""
    return answer(refused.status, refused.reason, refused.detail, headers=refused.headers)


def of_error(error: ServiceError, *, in_query: bool) -> Answer:
    """Return the answer for an error of ours or of a service behind us.

    `in_query` tells that what was asked stood in the address, not in a body: 400 instead of 422.
    """
    status = STATUS[error.kind]
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and in_query:
        status = HTTPStatus.BAD_REQUEST
    headers = []
    if error.kind is Kind.UNAUTHENTICATED:
        headers.append(CHALLENGE)
    if error.retry_after is not None:
        seconds = max(1, ceil(error.retry_after.total_seconds()))
        headers.append((b"retry-after", str(seconds).encode()))
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(RETRY_SOON)
    fields = [
        shapes.FieldProblem(pointer(wrong.field, in_query=in_query), wrong.detail)
        for wrong in error.violations
    ]
    return answer(status, error.reason, error.message, errors=fields, headers=headers)


def of_defect() -> Answer:
    """Return the answer for a defect; the log has the particulars under the request id."""
    return answer(
        500,
        "INTERNAL",
        f"Something is broken on our side. The log tells more of request {context.request_id()}.",
    )


def pointer(field: str, *, in_query: bool) -> str:
    """Return where a field of a proto stands in the request: "task.tags[1]" → "#/tags/1"."""
    found = _STEP.findall(field)
    # The message that holds a field stands for the body; a field may be called like one.
    steps = [step for step in found[:-1] if step not in _MESSAGES] + found[-1:]
    if in_query:
        name = steps[0] if steps else field
        return "?" + _QUERY_NAMES.get(name, name)
    return "#" + "".join("/" + _JSON_NAMES.get(step, step) for step in steps)
