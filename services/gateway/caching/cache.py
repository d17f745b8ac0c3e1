"""The rule by which a kept answer is given, and one question in flight for all who ask the same.

A kept answer is given if it was read at or after the last change of its workspace that is known
of, the head at which the stream began, and what the caller has seen; and only while the stream
lives, and never if who may see what was changing just then. So an answer is either right or asked
for anew: there are no lists of what to drop. How long answers are kept bounds memory, except for
those that depend on the clock: these are given as long as the task service says that the clock
changes nothing of them, and for one tick of the clock's own writer where it does not say.

Whoever sees all tasks of a workspace gets what another of them was told, where the answer says that
it is the same for all of them. An answer that is given has been heard of up to its position, so
whoever lost that view before that position is known to have lost it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from services.gateway.answer import GZIP_OVER_BYTES, Answer, Packed, Shown, entity_tag, tags
from services.gateway.caching import metrics
from services.gateway.caching.kept import Keeping, Kept, Key, Life
from services.gateway.caching.seers import EVERYBODY, Seers, for_everybody, names_somebody
from services.gateway.present import task_id
from services.gateway.problem import Refused
from services.gateway.watch import Watch
from services.runtime import clock
from services.runtime.errors import ServiceError

# As often as the task service looks what is due (services/task/timers.py).
TICK_S = 1.0
OK = 200
RECENT_WORKSPACES, RECENT_QUESTIONS = 256, 4
ANY_VERSION = "*"
TASKS = "/api/tasks"
# So many questions are on their way to the task service at once, the others wait for their turn.
# More would only wait there, and the stream's heartbeats behind them: kept answers would no longer
# be given just when there is too much to do.
QUESTIONS = 32

Compute = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: what is asked, of which life the answer is, and what the asker has seen."""

    key: Key
    life: Life
    seen: int = 0
    # Whether the answer may be the same for whoever sees all tasks.
    alike: bool = False

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
        questions[asked.key] = (replace(asked, seen=0), compute)
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
        self,
        keeping: Keeping,
        watch: Watch,
        *,
        clock: Callable[[], float] = time.time,
        business: Callable[[], datetime] = clock.now,
    ) -> None:
        self._keeping = keeping
        self._watch = watch
        self._clock = clock
        self._business = business
        self._seers = Seers(watch)
        self._flights: dict[Key, _Flight] = {}
        self._turns = asyncio.Semaphore(QUESTIONS)
        self._recent = Recent()

    async def answer(self, asked: Asked, compute: Compute) -> Answer:
        """Return a kept answer where it is right, else what `compute` makes."""
        sort = asked.life.value
        if not self._watch.fresh():
            metrics.asked(sort, "off")
            async with self._turns:
                return await compute()
        workspace = asked.workspace
        key = self._seers.key(asked.key, workspace) if asked.alike else asked.key
        kept = await self._keeping.get(key, lambda kept: self._why_not(asked, kept) is None)
        # What was heard while the answer was fetched counts too.
        known = self._watch.needed(workspace)
        if kept is None:
            metrics.asked(sort, "miss")
        else:
            why_not = self._why_not(asked, kept)
            if why_not is None:
                metrics.asked(sort, "hit")
                metrics.given(sort, self._clock() - kept.made_at)
                return kept.answer
            metrics.asked(sort, why_not)
        return await self._together(key, asked, known, compute)

    async def again(self, workspace: str) -> None:
        """Have what was asked for lately of a workspace made anew, before somebody waits for it."""
        for asked, compute in self._recent.of(workspace):
            # Whoever asked may have left meanwhile, or the task service be gone.
            with suppress(ServiceError, Refused):
                await self.answer(asked, compute)
                metrics.CACHE_WARMED.inc()

    def _why_not(self, asked: Asked, kept: Kept) -> str | None:
        """Return why a kept answer is not to be given, None where it is right."""
        watch, task, as_of, workspace = (
            self._watch,
            kept.answer.of_task,
            kept.as_of,
            asked.workspace,
        )
        if not watch.fresh():
            return "off"
        # Of a log that went on from an older copy, positions come a second time.
        if as_of > watch.head:
            return "ahead"
        if as_of < (watch.needed_of_task(workspace, task) if task else watch.needed(workspace)):
            return "outdated"
        # Of one task: what the caller has seen of the log, this process has heard too, and what it
        # touches is known.
        if as_of < asked.seen and not (task and asked.seen <= watch.head):
            return "unseen"
        if kept.made_at < watch.settled_at(workspace):
            return "unsettled"
        return None if self._in_time(asked, kept) else "too_old"

    def _in_time(self, asked: Asked, kept: Kept) -> bool:
        """Return whether the clock has changed nothing of a kept answer."""
        answer, age_s = kept.answer, self._clock() - kept.made_at
        if answer.clocked and answer.span is None:
            return 0 <= age_s < TICK_S
        if not 0 <= age_s < asked.life.seconds:
            return False
        return (
            answer.span is None
            or answer.span.begins <= self._business().timestamp() < answer.span.ends
        )

    async def _together(self, key: Key, asked: Asked, known: int, compute: Compute) -> Answer:
        """Have an answer made, once for all who ask the same meanwhile.

        Who knows of a change that was not known when the question left asks again.
        """
        flight = self._flights.get(key)
        if flight is None or known > flight.known or asked.seen > flight.known:
            return await self._flown(key, asked, known, compute)
        metrics.CACHE_WAITS.labels(asked.life.value).inc()
        try:
            made = await asyncio.shield(flight.answer)
        except asyncio.CancelledError:
            if not flight.answer.cancelled():
                raise
            # Who asked first has gone, and nobody else knows why.
            return await compute()
        if key is asked.key or self._may_have(asked, made):
            return made
        return await self._together(asked.key, asked, known, compute)

    def _may_have(self, asked: Asked, made: Answer) -> bool:
        """Return whether an answer that another was just given is also for this asker."""
        return (
            made.for_all
            and made.as_of is not None
            and made.as_of <= self._watch.head
            and self._seers.sees_all(asked.key.viewer, asked.workspace)
        )

    async def _flown(self, key: Key, asked: Asked, known: int, compute: Compute) -> Answer:
        leaving = _Flight(known, asyncio.get_running_loop().create_future())
        self._flights[key] = leaving
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
            if self._flights.get(key) is leaving:
                del self._flights[key]

    async def _made(self, asked: Asked, compute: Compute) -> Answer:
        async with self._turns:
            began = self._clock()
            made = await compute()
        if made.status != OK or made.as_of is None:
            return made
        answer = replace(made, packed=Packed(made.body), shown=())
        self._recent.note(asked, answer, compute)
        key = asked.key
        if made.for_all:
            self.learn(key.workspace, key.viewer, made, asked_at=began)
            if asked.alike and not names_somebody(key.query):
                key = for_everybody(key)
        await self._keeping.put(key, Kept(answer, made.as_of, began, asked.life))
        return answer

    def learn(self, workspace: int, viewer: int, made: Answer, *, asked_at: float) -> None:
        """Take from an answer to somebody what is true beyond it, if anything."""
        if not made.for_all or made.as_of is None:
            return
        self._seers.note(viewer, made.as_of, asked_at)
        for shown in made.shown:
            self._keeping.note(*of_task(shown, workspace, made.as_of, asked_at))

    def now(self) -> float:
        """Return the time by which answers are kept."""
        return self._clock()

    async def close(self) -> None:
        """Give back what is held."""
        await self._keeping.close()


def of_task(shown: Shown, workspace: int, as_of: int, made_at: float) -> tuple[Key, Kept]:
    """Return the question for a task that another answer has shown whole, and the answer to it."""
    answer = Answer(
        OK,
        shown.body,
        (entity_tag(shown.etag),),
        as_of=as_of,
        of_task=shown.name,
        packed=Packed(shown.body) if len(shown.body) > GZIP_OVER_BYTES else None,
        for_all=True,
    )
    path = f"{TASKS}/{task_id(shown.name)}"
    return Key(workspace, EVERYBODY, path, b""), Kept(answer, as_of, made_at, Life.TASK)


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
