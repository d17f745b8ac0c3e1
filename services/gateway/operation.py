"""One operation of the HTTP API, told once: what serves requests is what /openapi.json describes.

A resource (`api/tasks.py` …) is a class that is given what it needs and lists its operations. A
handler takes the call and, where the operation has one, its parsed body or query; it returns an
answer or raises a ServiceError or `Refused`, which become problem+json.
"""

import enum
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from msgspec import UNSET, Struct
from starlette.types import Receive, Scope

from services.gateway.answer import Answer, Stream, header
from services.gateway.caching.kept import Life
from services.gateway.positions import POSITION, POSITION_FORM, positions_in
from services.gateway.problem import Refused
from services.runtime.errors import Unauthenticated

LONGEST_KEY = 255
LOCAL = "local"  # the other end of a unix socket
LOOPBACK = frozenset({"127.0.0.1", "::1", LOCAL})
# Requests that carry the same Idempotency-Key carry the same id to the services.
KEYS = uuid.UUID("6f0c1f0e-6a3b-5e0e-9b7b-0f6a55d9f1a4")
# What `boss` says that it is.
COMMAND_LINE = "boss-cli"


class Access(enum.Enum):
    """Who may ask, and which limit counts it."""

    PROBE = "probe"  # anybody, uncounted: what machines ask all the time
    PUBLIC = "public"  # anybody, counted by address
    WEBHOOK = "webhook"  # whoever knows the secret, which the handler checks; counted by address
    SIGNED_IN = "signed_in"  # a person, by token or session; counted by that


@dataclass(frozen=True, slots=True)
class Identity:
    """The person who asks, and by what they are known."""

    workspace: int
    person: int
    token: int | None = None
    session: int | None = None


@dataclass(slots=True)
class Call:
    """One request, as a handler sees it."""

    scope: Scope
    receive: Receive
    params: Mapping[str, str]
    identity: Identity | None = None
    raw: bytes = b""

    @property
    def who(self) -> Identity:
        """Return who asks; Unauthenticated where nobody is known: no handler needs to check."""
        if self.identity is None:
            raise unauthenticated()
        return self.identity

    @property
    def person(self) -> int:
        """Return the number of the person who asks, for `actor=`."""
        return self.who.person

    @property
    def origin(self) -> str:
        """Return through what the person asks, as histories tell it."""
        if self.who.session is not None:
            return "web"
        return "cli" if self.header(b"user-agent") == COMMAND_LINE else "api"

    @property
    def address(self) -> str:
        """Return the address that the request came from; a proxy on this machine tells it."""
        client = self.scope.get("client")
        address: str = client[0] if client else LOCAL
        if address in LOOPBACK:
            told = self.header(b"x-forwarded-for")
            if told is not None:
                return told.rpartition(",")[2].strip() or address
        return address

    @property
    def local(self) -> bool:
        """Return whether it comes from this machine, and not through a proxy on it."""
        client = self.scope.get("client")
        proxied = self.header(b"x-forwarded-for") or self.header(b"forwarded")
        return proxied is None and (client is None or client[0] in LOOPBACK)

    def header(self, name: bytes) -> str | None:
        """Return a header by its lower-case name."""
        return header(self.scope, name)

    def unconditional(self) -> "Call":
        """Return the same call without If-None-Match, for an answer that others get too."""
        if self.header(b"if-none-match") is None:
            return self
        headers = [each for each in self.scope["headers"] if each[0] != b"if-none-match"]
        return replace(self, scope={**self.scope, "headers": headers})

    @property
    def seen(self) -> int:
        """Return the position that the caller has seen: of an own write, in whichever replica."""
        told = self.header(POSITION)
        if told is None:
            return positions_in(self.header(b"cookie"))
        if not POSITION_FORM.fullmatch(told):
            detail = "X-Boss-Position must be a position as an earlier answer told it."
            raise Refused(400, "POSITION_INVALID", detail)
        return int(told)

    @property
    def idempotency_key(self) -> str | None:
        """Return the Idempotency-Key; Refused where it is none."""
        key = self.header(b"idempotency-key")
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            detail = f"Idempotency-Key must have 1 to {LONGEST_KEY} characters."
            raise Refused(400, "IDEMPOTENCY_KEY_INVALID", detail)
        return key

    def request_id(self) -> str:
        """Return the request_id for a write: from the Idempotency-Key, else a new one."""
        key = self.idempotency_key
        return str(uuid.uuid4() if key is None else uuid.uuid5(KEYS, key))


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body: no unknown fields, nothing converted by guess. UNSET where nothing was said."""

    def said(self) -> dict[str, Any]:
        """Return what was said, by field."""
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        }


class Nothing(Input, frozen=True):
    """A body that has nothing to say."""


class Query(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query: everything in it comes as text. Lists are told by repeating a parameter."""

    # Lists whose values may also stand in one parameter, with commas between.
    commas: ClassVar[frozenset[str]] = frozenset()


Handler = Callable[..., Awaitable[Answer | Stream]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path. `returns` has the shape of each good answer, None for an empty one."""

    method: str
    path: str
    handler: Handler
    summary: str
    returns: Mapping[int, Any]
    access: Access = Access.SIGNED_IN
    body: type[Input] | None = None
    body_needed: bool = True
    query: type[Query] | None = None
    # Request headers besides the usual, for the description.
    headers: tuple[str, ...] = ()
    # Statuses of problems besides those that each operation may have.
    problems: tuple[int, ...] = ()
    media_type: str = "application/json"
    raw_body: bool = False
    # Takes a file of one of these types, which the handler reads itself as it comes.
    files: tuple[str, ...] = ()
    # Its answers may be kept, with such a life, where they tell the head that they were read at.
    kept: Life | None = None
    # They may be the same for whoever sees all tasks; each says whether it is.
    alike: bool = False
    # They tell of the session too, so that each session has its own.
    of_session: bool = False
    # May take long by design: is told to come again when the server stops.
    waits: bool = False


def cookie_of(header: str | None, wanted: str) -> str | None:
    """Return a cookie from a Cookie header."""
    for part in (header or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted and value:
            return value
    return None


def unauthenticated() -> Unauthenticated:
    """Return the error for a request that says nothing of who asks."""
    return Unauthenticated(
        "CREDENTIALS_MISSING",
        "Sign in first: send `Authorization: Bearer <token>`, or open a link of `boss link`.",
    )
