"""Fetches what a decision needs to know: readings, tasks, people, drafts, earlier messages.

Reads only; what is decided of it is `respond`'s.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from boss.task.v1 import task_service_pb2 as pb

from services.gateway import inbox_queries as queries
from services.gateway.clients import Clients
from services.gateway.dialog import convert, drafts, effects, needs
from services.gateway.dialog.acquaintances import Acquaintances, identity
from services.gateway.dialog.effects import Create, Decision
from services.gateway.dialog.model import Listing, Reading, Task, Turn
from services.gateway.inbox import Row
from services.gateway.watch import Watch
from services.runtime import clock
from services.runtime.database import Database

# What the store gives in one answer.
LARGEST_PAGE = 100


class Fetcher:
    """Answers the needs of a decision."""

    def __init__(
        self,
        clients: Clients,
        database: Database,
        *,
        acquaintances: Acquaintances,
        watch: Watch,
    ) -> None:
        self._task, self._ai = clients.task, clients.ai
        self._database = database
        self._acquaintances = acquaintances
        self._watch = watch

    async def fetch(self, need: needs.Need[Any], turn: Turn, row: Row) -> Any:
        """Return the answer to a need."""
        actor = turn.person.number
        match need:
            case needs.Interpret():
                return await self._reading(need, turn)
            case needs.Tasks(names):
                return await self._tasks(names, actor)
            case needs.Search():
                return await self._search(need, actor)
            case needs.People():
                everybody = await self._acquaintances.everybody(identity(turn.person.name))
                return tuple(convert.person(one) for one in everybody)
            case needs.FindDraft(identifier):
                return await self._draft(identifier, row.chat)
            case needs.FindOrigin(message):
                return await self._origin(message, row)
            case needs.FindCard(message, act):
                return await self._card(row.chat, message, act)
        raise AssertionError(f"nobody knows how to fetch {need}")

    async def _reading(self, need: needs.Interpret, turn: Turn) -> Reading:
        """Return the reading; one that meets nobody or nothing is made anew with all that is known.

        Understanding may be a second behind, but not behind what this chat has seen itself, nor
        behind a change of the people.
        """
        actor, workspace = turn.person.number, turn.person.workspace
        position = max(turn.conversation.position, self._watch.people_at(workspace))
        while True:
            request = convert.interpret(need, received_at=turn.now, position=position)
            told = await self._ai.Interpret(request, actor=actor)
            reading = convert.reading(told.interpretation, text=need.text)
            if position >= self._watch.head or not met_nothing(reading):
                return reading
            position = self._watch.head

    async def _search(self, need: needs.Search, actor: int) -> Listing:
        """Return the tasks, page by page where more are asked for than a page holds."""
        request = convert.search(need)
        request.page_size = min(need.limit, LARGEST_PAGE)
        listed = await self._task.ListTasks(request, actor=actor)
        found, total = list(listed.tasks), listed.total_size
        while listed.next_page_token and len(found) < need.limit:
            request.page_token, request.with_total = listed.next_page_token, False
            listed = await self._task.ListTasks(request, actor=actor)
            found.extend(listed.tasks)
        return Listing(tuple(convert.task(one) for one in found[: need.limit]), total)

    async def _tasks(self, names: Sequence[str], actor: int) -> tuple[Task, ...]:
        request = pb.BatchGetTasksRequest(names=names)
        told = await self._task.BatchGetTasks(request, actor=actor)
        return tuple(convert.task(one) for one in told.tasks)

    async def _draft(self, identifier: str, chat: str) -> drafts.Draft | None:
        rows = await self._database.hot_rows(queries.FIND_DRAFT, id=identifier, chat=chat)
        if not rows:
            return None
        found = rows[0]
        return msgspec.structs.replace(
            drafts.load(found["content"]),
            id=str(UUID(identifier)),
            state=drafts.State(found["state"]),
            expired=clock.now() - found["created_at"] > drafts.LIFE,
            message=found["message"],
            tasks=tuple(found["tasks"]),
        )

    async def _origin(self, message: str, row: Row) -> needs.Origin | None:
        found = await self._database.hot_rows(
            queries.ORIGINS, chat=row.chat, message=message, besides=row.id
        )
        if not found:
            return None
        decided = [effects.load(one["decided"]) if one["decided"] else None for one in found]
        # The message itself, or the edit that stood in for it when it came too late.
        first = next(
            (n for n, one in enumerate(decided) if one and _creates(one)),
            0,
        )
        read = [
            one.reading.tasks
            for one in decided
            if one and one.reading and any(_is_edit(effect) for effect in one.effects)
        ]
        return needs.Origin(
            effects=decided[first].effects if decided[first] else (),  # type: ignore[union-attr]
            tasks=tuple(found[first]["tasks"] or ()),
            card=found[first]["card"],
            read=read[-1] if read else (),
        )

    async def _card(self, chat: str, message: str, act: str) -> needs.Card | None:
        found: Sequence[Any] = ()
        if message:
            found = await self._database.hot_rows(queries.FIND_CARD, chat=chat, message=message)
        if not found and act:
            found = await self._database.hot_rows(queries.FIND_ACT, chat=chat, act=act)
        if not found or found[0]["card"] is None:
            return None
        return needs.Card(found[0]["card"], tuple(found[0]["tasks"] or ()))


def met_nothing(reading: Reading) -> bool:
    """Return whether words of it fit nobody, or a task that was not among the known ones."""
    return any(not ref.display_name for ref in reading.refs) or any(
        not one.candidates for one in reading.ambiguities
    )


def _creates(decision: Decision) -> bool:
    return any(isinstance(one, Create) for one in decision.effects)


def _is_edit(effect: effects.Effect) -> bool:
    return isinstance(effect, effects.Alter) and effect.edit
