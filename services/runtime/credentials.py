"""Who calls: a person by API token, or a service by its credential, acting for a person or not.

A service proves itself by an HMAC of its name under a key that all services of one installation
share (a file of mode 0600 in the state folder, or BOSS_SERVICE_KEY). Only the gateway and the
command line may act for others (`boss-actor`).
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping

from cachetools import TTLCache

from services.runtime.context import Caller
from services.runtime.errors import Forbidden, Unauthenticated
from services.runtime.settings import Settings, service_file

SERVICE = "boss-service"
CREDENTIAL = "boss-credential"
ACTOR = "boss-actor"
AUTHORIZATION = "authorization"
REQUEST_ID = "boss-request-id"
ORIGIN = "boss-origin"
# All of these in one value, as our services send them to each other: each piece of metadata costs
# both ends of a call about a hundredth of it.
PACKED = "boss-call"
NOTHING = "-"

SERVICES = ("gateway", "task", "ai", "notify", "cli")
ACT_FOR_OTHERS = frozenset({"gateway", "cli"})
KEY_FILE = "service-key"
TOKENS_KEPT = 1_000
TOKEN_LIFE_S = 5.0
_LAST_ID = 2**63 - 1

Metadata = Mapping[str, str | bytes]
Authenticate = Callable[[Metadata], Awaitable[Caller]]
Bearer = Callable[[str], Awaitable[Caller | None]]


def service_key(settings: Settings) -> str:
    """Return the key that the services of this installation share; made when it is not there."""
    if settings.service_key is not None:
        return settings.service_key.get_secret_value()
    return service_file(settings.state_dir, KEY_FILE, lambda: secrets.token_hex(32))


def credential(key: str, service: str) -> str:
    """Return what a service proves itself by."""
    return hmac.new(key.encode(), service.encode(), hashlib.sha256).hexdigest()


def packed(proof: str, *, request_id: str, actor: int | None, origin: str) -> str:
    """Return what a call of a service carries; `proof` is `proof_of` it."""
    # The id last: of all these, it alone may come from outside.
    return f"{proof} {NOTHING if actor is None else actor} {origin or NOTHING} {request_id}"


def proof_of(service: str, key: str) -> str:
    """Return the first part of what a service's calls carry."""
    return f"{service} {credential(key, service)}"


def unpacked(metadata: dict[str, str | bytes]) -> dict[str, str | bytes]:
    """Return the metadata with what is in one value as if each had come by itself."""
    told = metadata.pop(PACKED, None)
    if not isinstance(told, str):
        return metadata
    names = (SERVICE, CREDENTIAL, ACTOR, ORIGIN, REQUEST_ID)
    values = told.split(" ", len(names) - 1)
    said = zip(names, values, strict=False)
    metadata.update({name: value for name, value in said if value != NOTHING})
    return metadata


class Authenticator:
    """Turns a call's metadata into its caller; Unauthenticated where there is none.

    `bearer` looks up an API token and returns None for an unknown one. What it says is kept for
    `life_s` seconds, unknown ones too, by the token's hash.
    """

    def __init__(self, key: str, *, bearer: Bearer, life_s: float = TOKEN_LIFE_S) -> None:
        self._credentials = {name: credential(key, name).encode() for name in SERVICES}
        self._bearer = bearer
        self._known: TTLCache[bytes, Caller | None] = TTLCache(TOKENS_KEPT, life_s)

    async def __call__(self, metadata: Metadata) -> Caller:
        """Return who calls."""
        service = metadata.get(SERVICE)
        if isinstance(service, str):
            return self._service(service, metadata)
        authorization = metadata.get(AUTHORIZATION)
        if isinstance(authorization, str):
            return await self._person(authorization)
        raise Unauthenticated(
            "CREDENTIAL_MISSING", "Send the metadata authorization: Bearer <API token>."
        )

    def _service(self, service: str, metadata: Metadata) -> Caller:
        right = self._credentials.get(service)
        given = metadata.get(CREDENTIAL, "")
        told = given.encode(errors="replace") if isinstance(given, str) else given
        if right is None or not hmac.compare_digest(right, told):
            raise Unauthenticated("CREDENTIAL_WRONG", "This is not the credential of that service.")
        actor = metadata.get(ACTOR)
        if actor is None:
            return Caller(service=service)
        if service not in ACT_FOR_OTHERS:
            raise Forbidden("ACTOR_NOT_ALLOWED", f"{service} may not act for a person.")
        if not (isinstance(actor, str) and actor.isascii() and actor.isdecimal()):
            raise Unauthenticated("ACTOR_WRONG", "boss-actor must be the number of a person.")
        if int(actor) > _LAST_ID:
            raise Unauthenticated("ACTOR_WRONG", "There is no such person.")
        return Caller(service=service, person=int(actor))

    async def _person(self, authorization: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("TOKEN_WRONG", "Write authorization: Bearer <API token>.")
        digest = hashlib.sha256(token.encode()).digest()
        if digest in self._known:
            caller = self._known[digest]
        else:
            caller = self._known[digest] = await self._bearer(token)
        if caller is None:
            raise Unauthenticated("TOKEN_UNKNOWN", "This API token is unknown or was revoked.")
        return caller
