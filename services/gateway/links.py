"""Links that sign a person in, each once: into a browser (`web`) or a Telegram account.

Only the hash of a link's token is kept. Using one is a single statement, so two who come with the
same link at the same time are one who gets in and one who does not.
"""

import enum
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Interval, bindparam, delete, func, insert, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.schema import links
from services.runtime.database import Database, Query, run
from services.runtime.errors import Unauthenticated

SIGN_IN_FOR = timedelta(minutes=15)
INVITE_FOR = timedelta(days=7)
AGAIN_FOR = timedelta(hours=1)  # in which the same user may come once more, as a retry does
KEPT_FOR = timedelta(days=30)  # after their end, so that "used already" can be told from "unknown"


class Place(enum.Enum):
    """Where a link leads."""

    WEB = "web"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom a link has let in."""

    workspace: int
    person: int


CREATE_LINK = Query(
    "create_link",
    insert(links)
    .values(
        hash=bindparam("hash"),
        workspace=bindparam("workspace"),
        person=bindparam("person"),
        place=bindparam("place"),
        created_by=bindparam("created_by"),
        expires_at=func.now() + bindparam("span", type_=Interval),
    )
    .returning(links.c.expires_at),
)
USE_LINK = Query(
    "use_link",
    update(links)
    .where(
        links.c.hash == bindparam("token_hash"),
        links.c.place == bindparam("at"),
        # A retry by the same user is the same use.
        or_(
            (links.c.used_at.is_(None)) & (links.c.expires_at > func.now()),
            (links.c.used_by == bindparam("by"))
            & (links.c.used_at > func.now() - bindparam("again", type_=Interval)),
        ),
    )
    .values(used_at=func.coalesce(links.c.used_at, func.now()), used_by=bindparam("by"))
    .returning(links.c.workspace, links.c.person),
)
FORGET_LINKS = Query(
    "forget_links",
    delete(links).where(links.c.expires_at < func.now() - bindparam("kept", type_=Interval)),
)


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def create(
    connection: AsyncConnection,
    *,
    workspace: int,
    person: int,
    place: Place,
    created_by: int,
    span: timedelta,
) -> tuple[str, datetime]:
    """Make a link; return its token, which is nowhere else, and when it ends."""
    token = secrets.token_urlsafe(32)
    await run(connection, FORGET_LINKS, kept=KEPT_FOR)
    made = await run(
        connection,
        CREATE_LINK,
        hash=hash_of(token),
        workspace=workspace,
        person=person,
        place=place.value,
        created_by=created_by,
        span=span,
    )
    return token, made.scalar_one()


async def use(database: Database, token_hash: str, *, place: Place, by: str) -> Guest:
    """Return whom the link lets in, and spend it; Unauthenticated where it does not (any more).

    `by` says who uses it, such as "telegram:9001": the same one may come twice with one link within
    an hour, as a retry after a crash does.
    """
    found = await database.row(
        USE_LINK, token_hash=token_hash, at=place.value, by=by, again=AGAIN_FOR
    )
    if found is None:
        raise Unauthenticated(
            "LINK_SPENT",
            "This link was used already or is too old. Ask for a new one: "
            "`boss link` prints it, and /invite makes one for somebody else.",
        )
    return Guest(found.workspace, found.person)
