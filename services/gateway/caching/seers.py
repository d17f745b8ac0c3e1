"""Who sees all tasks of their workspace: for them many questions have the same answer.

Nobody tells so beforehand. The task service says with an answer that its asker sees all; that holds
as long as nobody's rights have changed since, by the same rule as everything that is kept.
"""

import re
from collections import OrderedDict

from services.gateway.caching.kept import Key
from services.gateway.watch import Watch

KEPT_SEERS = 50_000
# Besides "me" the signs of the grammar of filters; `=` only within a value.
PERSONAL = re.compile(rb"%|me|[:<>@]|\bfilter=|=[^&]*=", re.IGNORECASE)
# The viewer of what all of them are told; nobody has this number.
EVERYBODY = 0


class Seers:
    """Those who are known to see all tasks of their workspace."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        # With the position of the answer that said so, and when its question left.
        self._known: OrderedDict[int, tuple[int, float]] = OrderedDict()

    def note(self, person: int, as_of: int, asked_at: float) -> None:
        """Note that an answer was for somebody who sees all."""
        self._known[person] = (as_of, asked_at)
        if len(self._known) > KEPT_SEERS:
            self._known.popitem(last=False)

    def sees_all(self, person: int, workspace: str) -> bool:
        """Return whether somebody surely sees all tasks of this workspace of theirs."""
        known = self._known.get(person)
        if known is None:
            return False
        as_of, asked_at = known
        return self._watch.good(workspace, as_of) and asked_at >= self._watch.settled_at(workspace)

    def key(self, key: Key, workspace: str) -> Key:
        """Return the key under which an answer that may be for all is looked for."""
        if names_somebody(key.query) or not self.sees_all(key.viewer, workspace):
            return key
        return for_everybody(key)


def for_everybody(key: Key) -> Key:
    """Return the same question as whoever sees all tasks asks it."""
    return Key(key.workspace, EVERYBODY, key.path, key.query)


def names_somebody(query: bytes) -> bool:
    """Return whether a query may mean its asker: by "me", or by days of a filter.

    Rather once too often: it saves looking in vain, for what may be told to whom the answer itself
    says. So whatever an answer takes from its asker must be in here.
    """
    return PERSONAL.search(query) is not None
