"""NotifyService: who heard what, where and when, and the stream of the web channel."""

import asyncio
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from boss.notify.v1 import delivery_pb2, notify_service_pb2, notify_service_pb2_grpc
from sqlalchemy import Row

from services.notify import convert, deliveries, people, queries
from services.notify.feed import Feed
from services.notify.model import Reader, Role, State
from services.notify.render.text import word
from services.notify.routing import APPROVERS
from services.runtime import context as runtime_context
from services.runtime.claims import Wake
from services.runtime.database import Database
from services.runtime.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    Violation,
)
from services.runtime.interceptors import Rpc

PAGE_SIZE = 20
PAGE_SIZE_MOST = 100
RECENT = 50
STREAMED_AT_ONCE = 100
HEARTBEAT_S = 10.0
LAST_ID = 2**63 - 1
# Within the two seconds that a reader waits.
KNOWN_WITHIN_S = 1.5
KNOWN_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Asker:
    """Who calls, as far as it decides what may be seen."""

    person: int
    workspace: int
    role: Role
    reader: Reader

    @property
    def sees_all(self) -> bool:
        """Whether everybody's deliveries are shown."""
        return self.role in APPROVERS


class NotifyService(notify_service_pb2_grpc.NotifyServiceServicer):
    """The RPCs; each authenticates, converts, asks, converts."""

    def __init__(
        self, database: Database, *, feed: Feed, wake: Wake, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._feed = feed
        self._wake = wake
        self._now = now

    async def ListDeliveries(  # noqa: N802
        self, request: notify_service_pb2.ListDeliveriesRequest, context: Rpc
    ) -> notify_service_pb2.ListDeliveriesResponse:
        """Returns one page, newest first."""
        asker = await self._asker()
        states, size, before = _page(request)
        person = _person(request.person, asker)
        found = await self._database.rows(
            queries.LIST_DELIVERIES if person is None else queries.LIST_DELIVERIES_OF,
            workspace=asker.workspace,
            states=states,
            before=before,
            number=size + 1,
            **({} if person is None else {"person": person}),
        )
        more = len(found) > size
        return notify_service_pb2.ListDeliveriesResponse(
            deliveries=[convert.delivery(row) for row in found[:size]],
            next_page_token=_token(found[size - 1].id) if more else "",
        )

    async def RetryDelivery(  # noqa: N802
        self, request: notify_service_pb2.RetryDeliveryRequest, context: Rpc
    ) -> notify_service_pb2.RetryDeliveryResponse:
        """Makes a dead or waiting delivery due now."""
        asker = await self._asker()
        number = convert.id_in(
            request.name, collection="deliveries", workspace=asker.workspace, field="name"
        )
        if not asker.sees_all:
            raise Forbidden("ROLE_TOO_LOW", "Only the owner or a boss may send a delivery again.")
        row = await self._delivery(asker, number)
        if State(row.state) not in deliveries.REVIVABLE:
            raise _settled(row)
        async with self._database.hot_transaction() as fetch:
            revived = await deliveries.revive(
                fetch, channel=row.channel, target=row.target, delivery=row.id
            )
        row = await self._delivery(asker, number)
        if not revived:
            raise _settled(row)
        self._wake.set()
        return notify_service_pb2.RetryDeliveryResponse(delivery=convert.delivery(row))

    async def WatchMessages(  # noqa: N802
        self, request: notify_service_pb2.WatchMessagesRequest, context: Rpc
    ) -> AsyncIterator[notify_service_pb2.WatchMessagesResponse]:
        """Streams the caller's messages after an id, then live."""
        asker = await self._asker()
        if request.after_id < 0:
            raise Invalid(
                "AFTER_ID_INVALID",
                "The id to go on from is wrong.",
                violations=[Violation("after_id", "is 0 or the id of a message")],
            )
        with self._feed.listen(asker.person) as news:
            last = request.after_id
            if last:
                rows: Sequence[Row[Any]] = await self._after(asker, last)
            else:
                rows = list(
                    reversed(
                        await self._database.rows(
                            queries.LAST_WEB_MESSAGES, person=asker.person, number=RECENT
                        )
                    )
                )
            while True:
                if rows:
                    for message in await self._messages(asker, rows):
                        yield notify_service_pb2.WatchMessagesResponse(message=message)
                    last = rows[-1].id
                else:
                    # An answer without a message; the first one says that the stream stands.
                    yield notify_service_pb2.WatchMessagesResponse()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), HEARTBEAT_S)
                news.clear()
                rows = await self._after(asker, last)

    async def _after(self, asker: Asker, last: int) -> Sequence[Row[Any]]:
        return await self._database.rows(
            queries.WEB_MESSAGES_AFTER, person=asker.person, after=last, number=STREAMED_AT_ONCE
        )

    async def _messages(
        self, asker: Asker, rows: Sequence[Row[Any]]
    ) -> list[delivery_pb2.WebMessage]:
        """The messages of these rows, each with what was merged into it."""
        told = {row.id: [deliveries.news(row.news)] for row in rows}
        merged = await self._database.rows(queries.MERGED_INTO, ids=sorted(told))
        for row in merged:
            told[row.merged_into].append(deliveries.news(row.news))
        return [
            convert.web_message(
                row.id,
                word(told[row.id], reader=asker.reader, now=self._now()),
                at=row.created_at,
                task=f"workspaces/{asker.workspace}/tasks/{row.task}" if row.task else "",
            )
            for row in rows
        ]

    async def _delivery(self, asker: Asker, number: int) -> Row[Any]:
        row = await self._database.row(queries.DELIVERY, workspace=asker.workspace, delivery=number)
        if row is None or not (asker.sees_all or row.person == asker.person):
            raise NotFound("DELIVERY_NOT_FOUND", f"There is no delivery {number}.")
        return row

    async def _person(self, number: int) -> Mapping[str, Any]:
        """The row of a person; the log tells of everybody, but it may be some moments behind."""
        until = time.monotonic() + KNOWN_WITHIN_S
        while not (found := await self._database.hot_rows(queries.PERSON, person=number)):
            if time.monotonic() > until:
                raise Unavailable("PERSON_NOT_KNOWN_YET", "This person is new; try again soon.")
            await asyncio.sleep(KNOWN_EVERY_S)
        row: Mapping[str, Any] = found[0]
        return row

    async def _asker(self) -> Asker:
        caller = runtime_context.caller()
        if caller.person is None:
            raise Unauthenticated(
                "PERSON_NEEDED", "Call as a person: with a token, or with boss-actor metadata."
            )
        found = people.person(await self._person(caller.person))
        return Asker(
            person=found.id,
            workspace=found.workspace,
            role=found.role,
            reader=Reader(timezone=found.timezone, language=found.language),
        )


def _page(request: notify_service_pb2.ListDeliveriesRequest) -> tuple[list[str], int, int]:
    """States, size and the id to go on below; raises Invalid with all that is wrong."""
    wrong: list[Violation] = []
    unknown = [n for n in request.states if n not in convert.STATES_READ]
    if unknown:
        wrong.append(Violation("states", f"has unknown values: {unknown}"))
    if not 0 <= request.page_size <= PAGE_SIZE_MOST:
        wrong.append(Violation("page_size", f"is 1 to {PAGE_SIZE_MOST}, or 0 for {PAGE_SIZE}"))
    before = _before(request.page_token)
    if before is None:
        wrong.append(Violation("page_token", "is a token of an earlier answer"))
    if wrong or before is None:
        raise Invalid("REQUEST_INVALID", "The list can't be made like this.", violations=wrong)
    states = [convert.STATES_READ[n].value for n in request.states if n in convert.STATES_READ]
    return states or [state.value for state in State], request.page_size or PAGE_SIZE, before


def _person(name: str, asker: Asker) -> int | None:
    """Whose deliveries to list: None for everybody's."""
    asked = (
        convert.id_in(name, collection="people", workspace=asker.workspace, field="person")
        if name
        else None
    )
    if asker.sees_all:
        return asked
    if asked not in {None, asker.person}:
        raise Forbidden("ROLE_TOO_LOW", "Only the owner or a boss sees the deliveries of others.")
    return asker.person


def _settled(row: Row[Any]) -> Conflict:
    return Conflict(
        "DELIVERY_STATE",
        f"This delivery is {row.state}; only one that is dead or still waiting can be sent again.",
    )


def _token(last: int) -> str:
    return urlsafe_b64encode(f"d{last}".encode()).decode().rstrip("=")


def _before(token: str) -> int | None:
    if not token:
        return LAST_ID
    try:
        text = urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (Base64Error, ValueError):
        return None
    number = text.removeprefix("d")
    valid = text.startswith("d") and number.isascii() and number.isdecimal()
    return int(number) if valid and len(number) <= convert.BIGINT_DIGITS else None
