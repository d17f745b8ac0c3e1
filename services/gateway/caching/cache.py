"""The rule by which a kept answer is given, and one question in flight for all who ask the same.

A kept answer is given if it was read at or after the last change of its workspace that is known
of, the head at which the stream began, and what the caller has seen; and only while the stream
lives, and never if who may see what was changing just then. So an answer is either right or asked
for anew: there are no lists of what to drop. How long answers are kept bounds memory, except for
those that depend on the clock: these are given for one tick of the clock's own writer at most.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from services.gateway.answer import Answer, Packed, tags
from services.gateway.caching import metrics
from services.gateway.caching.kept import Keeping, Kept, Key, Life
from services.gateway.problem import Refused
from services.gateway.watch import Watch
from services.runtime.errors import ServiceError

# As often as the task service looks what is due (services/task/timers.py).
TICK_S = 1.0
OK = 200
RECENT_WORKSPACES, RECENT_QUESTIONS = 256, 4
ANY_VERSION = "*"

Compute = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: what is asked, of which life the answer is, and what the asker has seen."""

    key: Key
    life: Life
    seen: int = 0

    @property
    def workspace(self) -> str:
        """Return the name of the workspace."""
        return f"workspaces/{self.key.workspace}"


@dataclass(frozen=True, slots=True)
class _Flight:
    """A question on its way, and what was known of the log when it left."""

    known: int
    answer: asyncio.Future[Answer]


class Recent:
    """The last questions of each workspace whose answers a bulk change makes old."""

    def __init__(self) -> None:
        self._asked: OrderedDict[str, OrderedDict[Key, tuple[Asked, Compute]]] = OrderedDict()

    def note(self, asked: Asked, answer: Answer, compute: Compute) -> None:
        """Note a question that was just answered."""
        if answer.of_task or asked.life is Life.PREFERENCES:
            return
        questions = self._asked.setdefault(asked.workspace, OrderedDict())
        self._asked.move_to_end(asked.workspace)
        questions[asked.key] = (Asked(asked.key, asked.life), compute)
        questions.move_to_end(asked.key)
        if len(questions) > RECENT_QUESTIONS:
            questions.popitem(last=False)
        if len(self._asked) > RECENT_WORKSPACES:
            self._asked.popitem(last=False)

    def of(self, workspace: str) -> list[tuple[Asked, Compute]]:
        """Return them, the last one last."""
        return list(self._asked.get(workspace, {}).values())


class Cache:
    """Gives kept answers that are right, and has others made."""

    def __init__(
        self, keeping: Keeping, watch: Watch, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._keeping = keeping
        self._watch = watch
        self._clock = clock
        self._flights: dict[Key, _Flight] = {}
        self._recent = Recent()

    async def answer(self, asked: Asked, compute: Compute) -> Answer:
        """Return a kept answer where it is right, else what `compute` makes."""
        sort = asked.life.value
        if not self._watch.fresh():
            metrics.asked(sort, "off")
            return await compute()
        kept = await self._keeping.get(asked.key, lambda kept: self._new_enough(asked, kept))
        # What was heard while the answer was fetched counts too.
        known = self._watch.needed(asked.workspace)
        if kept is None:
            metrics.asked(sort, "miss")
        elif not (self._new_enough(asked, kept) and self._watch.fresh()):
            metrics.asked(sort, "outdated")
        else:
            age_s = self._clock() - kept.made_at
            if 0 <= age_s < (TICK_S if kept.answer.clocked else asked.life.seconds):
                metrics.asked(sort, "hit")
                metrics.given(sort, age_s)
                return kept.answer
            metrics.asked(sort, "too_old")
        return await self._together(asked, known, compute)

    async def again(self, workspace: str) -> None:
        """Have what was asked for lately of a workspace made anew, before somebody waits for it."""
        for asked, compute in self._recent.of(workspace):
            # Whoever asked may have left meanwhile, or the task service be gone.
            with suppress(ServiceError, Refused):
                await self.answer(asked, compute)
                metrics.CACHE_WARMED.inc()

    def _new_enough(self, asked: Asked, kept: Kept) -> bool:
        """Return whether nothing that is known of has changed the answer since it was read."""
        watch, task = self._watch, kept.answer.of_task
        if task:
            # What the caller has seen of the log, this process has heard too: it touches others.
            seen = asked.seen if asked.seen > watch.head else 0
            least = max(seen, watch.needed_of_task(asked.workspace, task))
        else:
            least = max(asked.seen, watch.needed(asked.workspace))
        return (
            # Of a log that went on from an older copy, positions come a second time.
            least <= kept.as_of <= watch.head and kept.made_at >= watch.settled_at(asked.workspace)
        )

    async def _together(self, asked: Asked, known: int, compute: Compute) -> Answer:
        """Have an answer made, once for all who ask the same meanwhile.

        Who knows of a change that was not known when the question left asks again.
        """
        flight = self._flights.get(asked.key)
        if flight is not None and known <= flight.known and asked.seen <= flight.known:
            metrics.CACHE_WAITS.labels(asked.life.value).inc()
            try:
                return await asyncio.shield(flight.answer)
            except asyncio.CancelledError:
                if not flight.answer.cancelled():
                    raise
                # Who asked first has gone, and nobody else knows why.
                return await compute()
        leaving = _Flight(known, asyncio.get_running_loop().create_future())
        self._flights[asked.key] = leaving
        try:
            made = await self._made(asked, compute)
        except asyncio.CancelledError:
            leaving.answer.cancel()
            raise
        except Exception as error:
            leaving.answer.set_exception(error)
            # Nobody may be waiting, and then nobody fetches it.
            leaving.answer.exception()
            raise
        else:
            leaving.answer.set_result(made)
            return made
        finally:
            if self._flights.get(asked.key) is leaving:
                del self._flights[asked.key]

    async def _made(self, asked: Asked, compute: Compute) -> Answer:
        began = self._clock()
        made = await compute()
        if made.status != OK or made.as_of is None:
            return made
        answer = Answer(
            made.status,
            made.body,
            made.headers,
            made.media_type,
            as_of=made.as_of,
            clocked=made.clocked,
            of_task=made.of_task,
            packed=Packed(made.body),
        )
        self._recent.note(asked, answer, compute)
        await self._keeping.put(asked.key, Kept(answer, made.as_of, began, asked.life))
        return answer

    async def close(self) -> None:
        """Give back what is held."""
        await self._keeping.close()


def as_asked(answer: Answer, if_none_match: str | None) -> Answer:
    """Return the answer, or that the asker has it already."""
    if if_none_match is None or answer.status != OK:
        return answer
    etag = next((value for name, value in answer.headers if name == b"etag"), None)
    if etag is None:
        return answer
    asked = tags(if_none_match)
    if etag.decode().strip('"') in asked or ANY_VERSION in asked:
        return Answer(304, headers=((b"etag", etag),))
    return answer
