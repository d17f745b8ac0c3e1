"""The position of the log that a caller has seen: in a header for programs, cookies for browsers.

Answers to writes that a browser sends at once may arrive in any order. So each gateway has a cookie
of its own, in which it tells the newest position that it has told the session; the newest of all
cookies counts.
"""

import re
import zlib
from collections import OrderedDict

from services.gateway.answer import Answer, Header, Stream

POSITION = b"x-boss-position"
POSITION_COOKIE = "boss-position"
POSITION_FORM = re.compile(r"[0-9]{1,19}")
KEPT_POSITIONS = 10_000


def positions_in(header: str | None) -> int:
    """Return the newest position that the gateways have told a browser, 0 where none has."""
    if header is None or POSITION_COOKIE not in header:
        return 0
    named = (part.strip().partition("=") for part in header.split(";"))
    told = [value for name, _, value in named if name.startswith(POSITION_COOKIE)]
    return max((int(value) for value in told if POSITION_FORM.fullmatch(value)), default=0)


class Positions:
    """The cookies that tell a browser's own writes to every replica that it asks."""

    def __init__(self, name: str = "") -> None:
        self._cookie = f"{POSITION_COOKIE}-{zlib.crc32(name.encode()):08x}"
        # What each session was told last: answers to writes at once may go out in any order.
        self._told: OrderedDict[int, int] = OrderedDict()

    def told(
        self, session: int, answer: Answer | Stream, *, cookies: str | None
    ) -> tuple[Header, ...]:
        """Return the cookie to send to a browser with an answer to a write, none for a read."""
        position = next((value for name, value in answer.headers if name == POSITION), None)
        if position is None:
            return ()
        newest = max(int(position), positions_in(cookies), self._told.pop(session, 0))
        self._told[session] = newest
        if len(self._told) > KEPT_POSITIONS:
            self._told.popitem(last=False)
        cookie = f"{self._cookie}={newest}; Path=/api; HttpOnly; SameSite=Strict"
        return ((b"set-cookie", cookie.encode()),)
