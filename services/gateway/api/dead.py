"""/api/inbox/dead: messages that were given up, for the owner and bosses; and another try."""

from collections.abc import Sequence
from datetime import datetime

from boss.task.v1 import person_pb2
from msgspec import Struct

from services.gateway.answer import NO_CONTENT, Answer, json
from services.gateway.directory import Directory
from services.gateway.fields import Id, number_of
from services.gateway.inbox import Inbox
from services.gateway.operation import Call, Operation, Query
from services.runtime.errors import Forbidden

LEADERS = (person_pb2.ROLE_OWNER, person_pb2.ROLE_BOSS)
PAGE = 50
FIRST_WORKSPACE = 1


class DeadLetter(Struct, frozen=True):
    """A message that was given up, without what it says."""

    id: str
    source: str
    external_id: str
    chat: str
    attempts: int
    reason: str
    arrived_at: datetime
    given_up_at: datetime | None


class DeadPage(Struct, frozen=True):
    """The newest ones first; `next_before` is for the next page."""

    messages: list[DeadLetter]
    next_before: int | None


class Before(Query, frozen=True):
    """Only those before this one."""

    before: Id = 0


class DeadLetters:
    """What the operator looks at: of the whole installation, so for its first workspace alone."""

    def __init__(self, inbox: Inbox, directory: Directory) -> None:
        self._inbox = inbox
        self._directory = directory

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "GET", "/api/inbox/dead", self.list_dead, "Messages that were given up, and why",
                {200: DeadPage}, query=Before, problems=(403,),
            ),
            Operation(
                "POST", "/api/inbox/dead/{id}:retry", self.retry, "Try a given-up message again",
                {204: None}, problems=(403, 404, 422),
            ),
        )  # fmt: skip

    async def list_dead(self, call: Call, query: Before) -> Answer:
        """Return a page of them."""
        await self._allow(call)
        found = await self._inbox.dead(limit=PAGE, before=query.before)
        letters = [
            DeadLetter(
                str(one.id), one.source, one.external_id, one.chat, one.attempts,
                one.reason or "", one.arrived_at, one.settled_at,
            )
            for one in found
        ]  # fmt: skip
        return json(DeadPage(letters, found[-1].id if len(found) == PAGE else None))

    async def retry(self, call: Call) -> Answer:
        """Put one back into its chat's line."""
        await self._allow(call)
        number = number_of(call.params["id"], reason="MESSAGE_NOT_FOUND", what="message")
        await self._inbox.revive(number)
        return NO_CONTENT

    async def _allow(self, call: Call) -> None:
        roster = await self._directory.roster(call.who)
        caller = roster.number(call.person)
        if call.who.workspace != FIRST_WORKSPACE or caller is None or caller.role not in LEADERS:
            raise Forbidden("ROLE", "Only the owner and bosses may see what was given up.")
