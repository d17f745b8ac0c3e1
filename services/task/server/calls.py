"""What the servicers share: who asks, which write is asked for, how its answer is completed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from services.runtime import clock, context
from services.runtime.context import Caller
from services.runtime.credentials import ORIGIN, Metadata
from services.runtime.errors import Forbidden, Unauthenticated
from services.task import metrics
from services.task.commands.storing import Asked, Written
from services.task.commands.tokens import use_token
from services.task.commands.writing import Store
from services.task.convert.names import parse, person_name, task_name
from services.task.model import PersonId, PersonRecord, PersonStatus, Viewer, WorkspaceId
from services.task.numbering import Numbering
from services.task.roster import Roster
from services.task.rules.absent import person_left

M = TypeVar("M")
ORIGINS = frozenset({"telegram", "discord", "web", "api", "cli", "import"})


def workspace_of(caller: Caller) -> WorkspaceId | None:
    """The caller's workspace; None for a service on its own behalf, which may read all."""
    return None if caller.workspace is None else WorkspaceId(caller.workspace)


def need_person() -> tuple[WorkspaceId, PersonId]:
    """The calling person. Raises Forbidden ACTOR_NEEDED for a service on its own behalf."""
    caller = context.caller()
    if caller.person is None or caller.workspace is None:
        raise Forbidden(
            "ACTOR_NEEDED", "A person has to ask for this: call with a token or boss-actor."
        )
    return WorkspaceId(caller.workspace), PersonId(caller.person)


async def viewer_of(roster: Roster) -> Viewer:
    """Who looks; a service on its own behalf sees all. Raises Forbidden PERSON_LEFT."""
    caller = context.caller()
    if caller.person is None or caller.workspace is None:
        return Viewer(workspace_of(caller), None)
    return await roster.viewer(WorkspaceId(caller.workspace), PersonId(caller.person))


def need_service(*names: str) -> None:
    """Raises Forbidden SERVICE_NEEDED unless one of these services asks (any, without names)."""
    service = context.caller().service
    if service is None or (names and service not in names):
        raise Forbidden("SERVICE_NEEDED", "Only a part of the system itself may ask for this.")


def asked(request: Any, request_id: UUID) -> Asked:
    """The write that a request asks for, now."""
    workspace, person = need_person()
    return asked_by_service(request, request_id, workspace, person)


def asked_by_service(
    request: Any, request_id: UUID, workspace: WorkspaceId, person: PersonId
) -> Asked:
    """The write that a request asks for, now; without anybody's, where a service asks itself."""
    body = request.SerializeToString(deterministic=True)
    return Asked(
        workspace=workspace,
        actor=person,
        request_id=request_id,
        method=type(request).__name__,
        body_hash=hashlib.blake2b(body, digest_size=16).digest(),
        now=clock.now(),
        origin=origin(),
    )


def act_id(act: UUID | None) -> str:
    """The id of an act on the wire, empty where nothing has changed."""
    return str(act) if act else ""


def origin() -> str:
    """Through what the person asks; a service says it, who brings a token of their own is grpc."""
    call = context.current()
    if call is None or call.caller.service is None:
        return "grpc"
    said = call.metadata.get(ORIGIN, "")
    return str(said) if said in ORIGINS else ""


class Identify:
    """Turns tokens and acting persons into callers with their workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def bearer(self, secret: str) -> Caller | None:
        """The caller with this token, None where it is unknown."""
        token = await use_token(self._store.database, secret, now=clock.now())
        if token is None:
            return None
        return Caller(None, token.person, token.workspace, token.id)

    async def placed(self, caller: Caller) -> Caller:
        """The caller with the workspace of the person for whom a service acts."""
        if caller.person is None:
            return caller
        record = await self._person(PersonId(caller.person))
        return Caller(caller.service, record.id, record.workspace, caller.token)

    async def _person(self, ident: PersonId) -> PersonRecord:
        record = (await self._store.roster.get((ident,))).get(ident)
        if record is None:
            raise Unauthenticated("ACTOR_WRONG", "There is no such person.")
        if record.person.status is PersonStatus.LEFT:
            raise person_left()
        return record


class Authenticated:
    """The runtime's authentication, followed by finding the person's workspace."""

    def __init__(self, authenticator: Any, identify: Identify) -> None:
        self._authenticator = authenticator
        self._identify = identify

    async def __call__(self, metadata: Metadata) -> Caller:
        """Who calls."""
        return await self._identify.placed(await self._authenticator(metadata))


class Answers:
    """Completes the answers of writes with what their statement drew, and their position."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering

    async def complete(self, written: Written, kind: type[M], workspace: WorkspaceId) -> M:
        """The answer as it goes out; a repeated one is read again from its bytes."""
        again = isinstance(written.answer, bytes)
        answer: Any = kind.FromString(written.answer) if again else written.answer  # type: ignore[attr-defined]
        outcome = "again" if again else ("done" if written.drawn else "unchanged")
        metrics.ACTS.labels(kind.__name__.removesuffix("Response"), outcome).inc()
        if written.drawn:
            _name(answer, written, workspace)
            answer.position = await self._numbering.position(
                max(drawn.event for drawn in written.drawn)
            )
        return answer  # type: ignore[no-any-return]


def _name(answer: Any, written: Written, workspace: WorkspaceId) -> None:
    """Gives new things their names, and what was touched its etag."""
    first = written.drawn[0]
    events = {drawn.task: drawn.event for drawn in written.drawn}
    for task in _tasks(answer):
        if not task.name:
            task.name = task_name(workspace, first.task)
        parsed = parse(task.name, "tasks")
        if parsed is not None and task.etag.startswith("-"):
            task.etag = f"{events[parsed[1]]:x}{task.etag}"  # type: ignore[index]
    if "person" in answer.DESCRIPTOR.fields_by_name:
        if not answer.person.name:
            answer.person.name = person_name(workspace, first.task)
        answer.person.etag = f"{first.event:x}"


def _tasks(answer: Any) -> Iterable[Any]:
    fields = answer.DESCRIPTOR.fields_by_name
    if "tasks" in fields:
        return answer.tasks  # type: ignore[no-any-return]
    return [answer.task] if "task" in fields else []
