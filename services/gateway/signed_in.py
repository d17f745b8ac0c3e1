"""The sessions that are in use, so that not each request of a page looks its own up.

A loop asks the database twice a second which of them still hold, in one statement for all; what is
not known to hold as of the last second is looked up. A session that is ended here is ended at once,
one that another gateway ends within that second.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from services.gateway import sessions
from services.gateway.lookups import Lookups
from services.gateway.sessions import Signed
from services.runtime import logs
from services.runtime.database import Database
from services.runtime.errors import ServiceError

CHECKED_EVERY_S = 0.5
HOLDS_S = 1.0
# Pages ask at least so often; a session that nobody uses any more is no longer checked.
USED_WITHIN_S = 60.0
KEPT_SESSIONS = 10_000

_log = logs.logger("gateway.sessions")


@dataclass(slots=True)
class _InUse:
    signed: Signed
    # When the statement left that found it to hold, and when it was last asked for.
    checked_at: float
    used_at: float


class SignedIn:
    """Sessions by their secret; not `kept`, each is looked up whenever it is used."""

    def __init__(
        self,
        database: Database,
        *,
        kept: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._kept = kept
        self._clock = clock
        self._in_use: OrderedDict[bytes, _InUse] = OrderedDict()
        self._lookups = Lookups[bytes, Signed | None]()

    async def find(self, secret: str) -> Signed | None:
        """Return the session of a cookie, None where it is none or has ended."""
        key = hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        now = self._clock()
        known = self._in_use.get(key)
        if known is not None and now - known.checked_at < HOLDS_S:
            known.used_at = now
            return known.signed
        signed = await self._lookups.get(key, lambda: sessions.find(self._database, secret))
        if signed is None or not self._kept:
            self._in_use.pop(key, None)
            return signed
        self._in_use[key] = _InUse(signed, now, now)
        if len(self._in_use) > KEPT_SESSIONS:
            self._in_use.popitem(last=False)
        return signed

    async def end(self, session: int, *, person: int) -> None:
        """End a session of this person; NotFound where there is none."""
        await sessions.end(self._database, session, person=person)
        self._drop(lambda known: known.signed.id == session)

    async def check(self) -> None:
        """Ask which of the sessions in use still hold."""
        now = self._clock()
        self._drop(lambda known: now - known.used_at >= USED_WITHIN_S)
        asked = {key: known.signed.id for key, known in self._in_use.items()}
        if not asked:
            return
        holding = await sessions.holding(self._database, list(asked.values()))
        for key, session in asked.items():
            known = self._in_use.get(key)
            # A session that was ended meanwhile, and its secret looked up anew, is another one.
            if known is None or known.signed.id != session:
                continue
            if session in holding:
                known.checked_at = max(known.checked_at, now)
            else:
                del self._in_use[key]

    async def run(self) -> None:
        """Check them for the life of the process."""
        while True:
            try:
                await self.check()
            except ServiceError as error:
                _log.debug("sessions could not be checked", reason=error.reason)
            await asyncio.sleep(CHECKED_EVERY_S)

    def _drop(self, gone: Callable[[_InUse], bool]) -> None:
        for key in [key for key, known in self._in_use.items() if gone(known)]:
            del self._in_use[key]
