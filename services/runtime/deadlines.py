"""How long a call may take, by the verb of its method: one rule for both ends of the wire.

Reads 2 s, writes 5 s, streams without limit (they have a heartbeat); a service names its
exceptions. The caller sets it on each call, the server caps it and gives it where none came.
"""

from collections.abc import Mapping

READ_S = 2.0
WRITE_S = 5.0
# What the next hop gets less, so that its answer, or its lateness, can still be told.
MARGIN_S = 0.05
_READS = ("Get", "BatchGet", "List", "Search", "Find", "Authenticate", "Watch")


def default_s(method: str, exceptions: Mapping[str, float] | None = None) -> float:
    """Return the seconds that this method may take unless its caller says less."""
    if exceptions is not None and method in exceptions:
        return exceptions[method]
    return READ_S if method.startswith(_READS) else WRITE_S
