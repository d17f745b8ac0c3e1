"""/api/links: making links that sign a person in, for oneself or to invite somebody."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from boss.task.v1 import person_pb2

from services.gateway import links, present, shapes
from services.gateway.answer import Answer, json
from services.gateway.clients import Clients
from services.gateway.directory import MYSELF, Directory
from services.gateway.fields import PersonInput, written
from services.gateway.links import Place
from services.gateway.operation import Call, Identity, Input, Operation
from services.runtime.database import Database
from services.runtime.errors import Forbidden

MAY_INVITE = (person_pb2.ROLE_OWNER, person_pb2.ROLE_BOSS)
SPANS = {"sign_in": links.SIGN_IN_FOR, "invite": links.INVITE_FOR}


class NewLink(Input, frozen=True):
    """Whom the link is for, and what: it works for 15 minutes, an invitation for 7 days."""

    person: PersonInput = MYSELF
    kind: Literal["sign_in", "invite"] = "sign_in"


class Links:
    """Links that sign a person in, once each."""

    def __init__(
        self,
        clients: Clients,
        database: Database,
        *,
        directory: Directory,
        base_url: str,
        bot: Callable[[], str | None],
    ) -> None:
        self._database = database
        self._directory = directory
        self._base_url = base_url
        self._bot = bot

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/api/links", self.create,
                "Make links that sign a person in, once each: into a browser, and into Telegram "
                "where a bot is connected", {201: shapes.Links}, body=NewLink, body_needed=False,
            ),
        )  # fmt: skip

    async def create(self, call: Call, body: NewLink) -> Answer:
        """Make links for a person."""
        person = await self._guest(call.who, written(body.person))
        span = SPANS[body.kind]
        web, ends = await self._link(call.who, person, place=Place.WEB, span=span)
        telegram_url = None
        bot = self._bot()
        if bot is not None:
            token, _ = await self._link(call.who, person, place=Place.TELEGRAM, span=span)
            telegram_url = f"https://t.me/{bot}?start={token}"
        made = shapes.Links(
            url=f"{self._base_url}/#token={web}",
            telegram_url=telegram_url,
            person=shapes.PersonRef(present.person_id(person.name), person.display_name),
            expires_at=ends,
        )
        return json(made, 201, headers=((b"cache-control", b"no-store"),))

    async def _link(
        self, who: Identity, person: person_pb2.Person, *, place: Place, span: timedelta
    ) -> tuple[str, datetime]:
        async with self._database.transaction() as connection:
            return await links.create(
                connection,
                workspace=who.workspace,
                person=int(person.name.rpartition("/")[2]),
                place=place,
                created_by=who.person,
                span=span,
            )

    async def _guest(self, who: Identity, named: str) -> person_pb2.Person:
        """Return whom the link is for; Forbidden where the caller may not let others in."""
        caller, person = await self._directory.find([("person", MYSELF), ("person", named)], who)
        if person.name == caller.name:
            return person
        if caller.role not in MAY_INVITE:
            raise Forbidden(
                "ROLE", "Only the owner and bosses may make links for others: ask one of them."
            )
        if person.role == person_pb2.ROLE_OWNER and caller.role != person_pb2.ROLE_OWNER:
            raise Forbidden("ROLE", "Only the owner may make links for the owner.")
        return person
