"""Who asks: by an API token or a session's cookie.

What a token stands for is asked of the task service and kept as long as the log says that it still
holds (`watch.py`), so that a revoked token is refused within a moment; but for a minute at most, as
asking is how the store knows when a token was last used. Where nothing is to be kept it is asked
with each request, once for all that come meanwhile. A session of somebody who has left ends
with its next request. A cookie counts for an unsafe method only when the browser says that the page
itself is ours.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from boss.task.v1 import people_service_pb2 as people_pb2

from services.gateway import sessions
from services.gateway.lookups import Lookups
from services.gateway.operation import Call, Identity, unauthenticated
from services.gateway.problem import Refused
from services.gateway.signed_in import SignedIn
from services.gateway.watch import Watch
from services.runtime.errors import NotFound, Unauthenticated

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_TOKEN = 256
KEPT_TOKENS = 10_000
ASKED_EVERY_S = 60.0


class Tokens(Protocol):
    """What knows tokens: the people service of `task`."""

    @property
    def AuthenticateToken(self) -> Callable[..., Awaitable[Any]]:  # noqa: N802 -- gRPC's name
        """The RPC."""


@dataclass(frozen=True, slots=True)
class _Known:
    identity: Identity
    workspace: str
    as_of: int
    asked_at: float


class Identify(Protocol):
    """What finds out who asks."""

    async def identify(self, call: Call) -> Identity:
        """Return who asks; Unauthenticated where nobody, or nobody known, does."""

    async def gone(self, who: Identity) -> Unauthenticated | None:
        """End the session of somebody who has left; None where it is no session that asks."""


class Auth:
    """Finds out who asks."""

    def __init__(
        self,
        tokens: Tokens,
        signed_in: SignedIn,
        watch: Watch,
        *,
        kept: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._signed_in = signed_in
        self._watch = watch
        self._kept = kept
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lookups = Lookups[bytes, Identity]()

    async def identify(self, call: Call) -> Identity:
        """Return who asks; Unauthenticated where nobody, or nobody known, does."""
        authorization = call.header(b"authorization")
        if authorization is not None:
            identity = await self._by_token(bearer(authorization))
            self._watch.at_home(identity.person, identity.workspace)
            return identity
        secret = sessions.secret_in(call.header(b"cookie"))
        if secret is None:
            raise unauthenticated()
        if call.scope["method"] not in SAFE:
            refuse_foreign_page(call)
        signed = await self._signed_in.find(secret)
        if signed is None:
            raise Unauthenticated(
                "SESSION_ENDED", "Your session has ended: open a new sign-in link (`boss link`)."
            )
        self._watch.at_home(signed.person, signed.workspace)
        return Identity(signed.workspace, signed.person, session=signed.id)

    async def gone(self, who: Identity) -> Unauthenticated | None:
        """End the session of somebody who has left; None where it is no session that asks."""
        if who.session is None:
            return None
        with suppress(NotFound):
            await self._signed_in.end(who.session, person=who.person)
        return Unauthenticated(
            "SESSION_ENDED", "You are no longer a part of this workspace: your session has ended."
        )

    def forget_token(self, token: int) -> None:
        """Drop what is kept of a token that this process has just ended."""
        gone = [key for key, known in self._known.items() if known.identity.token == token]
        for key in gone:
            del self._known[key]

    async def _by_token(self, secret: str) -> Identity:
        key = hashlib.sha256(secret.encode()).digest()
        known = self._known.get(key)
        now = self._clock()
        if (
            known is not None
            and now - known.asked_at < ASKED_EVERY_S
            and self._watch.good(known.workspace, known.as_of)
        ):
            return known.identity
        return await self._lookups.get(key, lambda: self._looked_up(key, secret))

    async def _looked_up(self, key: bytes, secret: str) -> Identity:
        as_of, now = self._watch.head, self._clock()
        told = await self._tokens.AuthenticateToken(
            people_pb2.AuthenticateTokenRequest(secret=secret)
        )
        workspace, _, person = told.person.name.partition("/people/")
        identity = Identity(
            workspace=int(workspace.rpartition("/")[2]),
            person=int(person),
            token=int(told.token.name.rpartition("/")[2]),
        )
        if self._kept:
            self._known[key] = _Known(identity, workspace, as_of, now)
            if len(self._known) > KEPT_TOKENS:
                self._known.popitem(last=False)
        return identity


def bearer(authorization: str) -> str:
    """Return the token of an Authorization header."""
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise unauthenticated()
    if len(secret) > LONGEST_TOKEN or not secret.isascii() or not secret.isprintable():
        raise Unauthenticated("TOKEN_UNKNOWN", "This token is none of ours.")
    return secret


def refuse_foreign_page(call: Call) -> None:
    """Raise Refused where a browser says that another site's page sends this (CSRF).

    Browsers tell by Sec-Fetch-Site, older ones by Origin; programs tell neither.
    """
    site = call.header(b"sec-fetch-site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        origin = call.header(b"origin")
        foreign = origin is not None and _host(origin) != call.header(b"host")
    if foreign:
        raise Refused(
            403, "FOREIGN_PAGE", "This came from another site's page: use the console itself."
        )


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
