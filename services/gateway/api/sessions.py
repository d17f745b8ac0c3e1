"""/api/sessions: signing in by a link, listing and ending sessions.

A link's token comes in the address's fragment, which no preview sends and no log has; the page
posts it here. The first sign-in of an owner claims the workspace.
"""

from collections.abc import Sequence
from typing import Annotated

from boss.task.v1 import people_service_pb2 as pb

from services.gateway import links, present, sessions, shapes
from services.gateway.answer import Answer, json
from services.gateway.auth import refuse_foreign_page
from services.gateway.claiming import claim
from services.gateway.clients import Clients
from services.gateway.fields import number_of, one_line, text
from services.gateway.links import Place
from services.gateway.operation import Access, Call, Input, Operation
from services.gateway.signed_in import SignedIn
from services.gateway.watch import Watch
from services.runtime.database import Database

CURRENT = "current"


class SignIn(Input, frozen=True):
    """A link's token, and what the browser knows of whom it belongs to."""

    token: Annotated[str, text(256, 1)]
    # Taken only while nobody has claimed the workspace.
    name: Annotated[str, one_line(100)] | None = None
    timezone: Annotated[str, one_line(64)] | None = None


class Sessions:
    """Browsers that are signed in."""

    def __init__(
        self,
        clients: Clients,
        database: Database,
        *,
        signed_in: SignedIn,
        watch: Watch,
        secure: bool,
    ) -> None:
        self._people = clients.people
        self._database = database
        self._signed_in = signed_in
        self._watch = watch
        self._secure = secure

    def operations(self) -> Sequence[Operation]:
        """Return what may be asked."""
        return (
            Operation(
                "POST", "/api/sessions", self.begin,
                "Sign in with a link's token; sets the session cookie", {201: shapes.NewSession},
                access=Access.PUBLIC, body=SignIn, problems=(401, 403),
            ),
            Operation(
                "GET", "/api/sessions", self.list, "The caller's sessions",
                {200: shapes.SessionList},
            ),
            Operation(
                "DELETE", "/api/sessions/{id}", self.end,
                "End a session of the caller; `current` is the one that asks", {204: None},
                problems=(404,),
            ),
        )  # fmt: skip

    async def begin(self, call: Call, body: SignIn) -> Answer:
        """Sign in."""
        refuse_foreign_page(call)
        guest = await links.use(
            self._database,
            links.hash_of(body.token),
            place=Place.WEB,
            by=f"web:{call.request_id()}",
        )
        told = await self._people.GetPerson(
            pb.GetPersonRequest(name=f"workspaces/{guest.workspace}/people/{guest.person}"),
            actor=guest.person,
        )
        person = await claim(
            self._people, self._watch, told.person, name=body.name, zone=body.timezone
        )
        begun = await sessions.begin(
            self._database,
            workspace=guest.workspace,
            person=guest.person,
            user_agent=call.header(b"user-agent") or "",
        )
        cookie = sessions.cookie(begun.secret, secure=self._secure)
        return json(
            shapes.NewSession(
                id=str(begun.id),
                person=shapes.PersonRef(present.person_id(person.name), person.display_name),
                expires_at=begun.expires_at,
            ),
            201,
            headers=((b"set-cookie", cookie), (b"cache-control", b"no-store")),
        )

    async def list(self, call: Call) -> Answer:
        """Answer with the caller's sessions."""
        rows = await sessions.listed(self._database, call.person)
        return json(
            shapes.SessionList(
                [
                    shapes.Session(
                        id=str(row.id),
                        current=row.id == call.who.session,
                        user_agent=row.user_agent,
                        created_at=row.created_at,
                        last_used_at=row.used_at,
                        expires_at=row.used_at + sessions.LASTS,
                    )
                    for row in rows
                ]
            )
        )

    async def end(self, call: Call) -> Answer:
        """End a session."""
        asked = call.params["id"]
        if asked == CURRENT and call.who.session is not None:
            number = call.who.session
        else:
            number = number_of(asked, reason="SESSION_NOT_FOUND", what="session")
        await self._signed_in.end(number, person=call.person)
        if number != call.who.session:
            return Answer(204)
        return Answer(204, headers=((b"set-cookie", sessions.no_cookie(secure=self._secure)),))
