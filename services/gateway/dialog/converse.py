"""Works off the inbox: hear, ask what is needed, decide, keep the decision, act, answer, settle.

The order is the promise: the decision is kept before the first effect is carried out, effects
carry request ids that a retry repeats, and an answer that can't be given never takes an effect
back or holds a chat up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from services.gateway import inbox_metrics as metrics
from services.gateway import inbox_queries as queries
from services.gateway import present
from services.gateway.answer import encode
from services.gateway.dialog import convert, effects, shown, text
from services.gateway.dialog.acquaintances import Acquaintances
from services.gateway.dialog.answers import Answer, answers
from services.gateway.dialog.deciding import say
from services.gateway.dialog.effects import Decision, Done, Entered, Keep, Undo
from services.gateway.dialog.face import Face, Heard, NotNow, Said, Unanswerable, Where
from services.gateway.dialog.fetch import Fetcher
from services.gateway.dialog.joining import stranger
from services.gateway.dialog.model import Conversation, Person, Role, Turn
from services.gateway.dialog.perform import ANSWERS, Carried, Origin, Performer, sentence
from services.gateway.dialog.replies import Owed
from services.gateway.dialog.reply import reply
from services.gateway.dialog.respond import respond
from services.gateway.inbox import Claim, Inbox, LeaseLost, Row, Settled
from services.runtime import context, logs
from services.runtime.claims import retry_at
from services.runtime.database import Database
from services.runtime.errors import DeadlineExceeded, ServiceError, TooMany, Unavailable

# After this a person is told that the answer takes its time.
THINKING_AFTER_S = 1.5
# So long an answer may wait for its turn before it is owed.
PATIENCE_S = 1.0
# A defect stays one: few tries. A part that is down comes back: tries for about an hour.
TRIES_OF_DEFECTS = 5
TRIES_OF_OUTAGES = 250
FIRST_RETRY_S, LONGEST_RETRY_S = 0.3, 15.0
LATER = (Unavailable, DeadlineExceeded, TooMany)

_log = logs.logger("gateway.dialog")
_conversations = msgspec.json.Decoder(Conversation)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was decided and what came of it, ready to be said."""

    turn: Turn
    decision: Decision
    carried: Carried
    answers: Sequence[Answer]


class Conversations:
    """The queue of chats that the claim loop works off."""

    def __init__(
        self,
        inbox: Inbox,
        database: Database,
        *,
        acquaintances: Acquaintances,
        fetcher: Fetcher,
        performer: Performer,
        faces: Callable[[str], Face],
    ) -> None:
        self._inbox = inbox
        self._database = database
        self._acquaintances = acquaintances
        self._fetcher = fetcher
        self._performer = performer
        self._faces = faces

    async def claim(self, limit: int) -> Sequence[Claim]:
        """Return chats whose first message may be handled now."""
        return await self._inbox.claim(limit)

    async def handle(self, claim: Claim) -> None:
        """Handle the first message of a chat."""
        context.begin(context.Call(f"message-{claim.row.id}"))
        async with self._inbox.holding(claim):
            try:
                await self._handle(claim)
            except Unanswerable as error:
                await self._inbox.bury(claim, reason=str(error))
            except LeaseLost:
                _log.info("another one has the chat now", claim=str(claim))

    async def fail(self, claim: Claim, error: Exception) -> None:
        """Try again later, or give the message up."""
        later = isinstance(error, LATER)
        tries = TRIES_OF_OUTAGES if later else TRIES_OF_DEFECTS
        reason = str(error) if isinstance(error, ServiceError) else repr(error)
        attempt = claim.row.attempts + 1
        if attempt < tries:
            wait = retry_at(attempt, first_s=FIRST_RETRY_S, longest_s=LONGEST_RETRY_S)
            if isinstance(error, ServiceError) and error.retry_after:
                wait = max(wait, error.retry_after)
            await self._inbox.postpone(claim, after_s=wait.total_seconds(), reason=reason)
            return
        try:
            await self._apologise(claim, reason)
        except LeaseLost:
            _log.info("another one has the chat now", claim=str(claim))

    # One message ------------------------------------------------------------------------

    async def _handle(self, claim: Claim) -> None:
        row = claim.row
        conversation = _conversations.decode(claim.conversation)
        if row.overtaken:
            await self._inbox.settle(claim, Settled("overtaken", claim.conversation))
            return
        face = self._faces(row.source)
        heard = await face.hear(row)
        context.set_origin(heard.origin)

        async def worked() -> Spoken:
            return await self._work(claim, heard, conversation, face)

        spoken, note = await self._patiently(claim, heard, face, worked)
        said = await self._say(claim, heard, spoken, face, note)
        await self._placed(spoken, said)
        await self._inbox.settle(claim, self._settled(row, spoken, said, face))

    async def _patiently(
        self, claim: Claim, heard: Heard, face: Face, work: Callable[[], Awaitable[Spoken]]
    ) -> tuple[Spoken, str | None]:
        """Return what came of the work, and the note that was written because it took long."""
        note = claim.row.note
        if note is not None or not face.pushes or not heard.incoming.addressed:
            return await work(), note
        done = asyncio.Event()

        async def worked() -> Spoken:
            try:
                return await work()
            finally:
                done.set()

        async def noted() -> str | None:
            try:
                async with asyncio.timeout(THINKING_AFTER_S):
                    await done.wait()
            except TimeoutError:
                written = await face.think(heard.address)
                if written is not None:
                    await self._inbox.note(claim, written)
                return written
            return None

        spoken, written = await asyncio.gather(worked(), noted(), return_exceptions=True)
        if isinstance(spoken, BaseException):
            raise spoken
        if isinstance(written, BaseException):
            raise written
        return spoken, written

    async def _work(
        self, claim: Claim, heard: Heard, conversation: Conversation, face: Face
    ) -> Spoken:
        row = claim.row
        origin = Origin(row.source, row.external_id, row.chat)
        turn = Turn(
            heard.incoming,
            heard.person or _guest(heard),
            conversation,
            row.received_at,
            origin.request_id("draft"),
            face.bot_username,
        )
        if row.decided is not None:
            decision = effects.load(row.decided)
        else:
            decision = await self._decide(turn, row, known=heard.person is not None)
            if decision.effects:
                await self._inbox.decide(claim, effects.dump(decision))
        carried = await self._performer.carry_out(decision.effects, origin, heard.person)
        sender = heard.incoming.sender
        if sender and any(isinstance(result, Entered) for _, result in carried.pairs):
            entered = await self._acquaintances.by_telegram(sender.telegram_id)
            if entered is not None:
                turn = msgspec.structs.replace(turn, person=convert.person(entered))
        told = [
            effects.Carried(effect, result, row.received_at) for effect, result in carried.pairs
        ]
        return Spoken(turn, decision, carried, answers(told, turn))

    async def _decide(self, turn: Turn, row: Row, *, known: bool) -> Decision:
        if not known:
            return stranger(turn.incoming, turn.conversation, turn.now)
        talk = respond(turn)
        answer: Any = None
        while True:
            try:
                need = talk.send(answer)
            except StopIteration as decided:
                decision: Decision = decided.value
                return decision
            try:
                answer = await self._fetcher.fetch(need, turn, row)
            except ANSWERS as error:
                return say(turn, reply(sentence(error)))

    # Saying and settling ----------------------------------------------------------------

    async def _say(
        self, claim: Claim, heard: Heard, spoken: Spoken, face: Face, note: str | None
    ) -> Said:
        """Say the answers now or, where that isn't possible, owe them: the chat goes on."""
        if heard.press is not None:
            await face.toast(heard.press, toast(spoken))
        row, edits = claim.row, spoken.decision.edits
        # Where others wait behind it, no time is spent on waiting for a turn.
        patience_s = 0.0 if claim.more else PATIENCE_S
        try:
            if face.pushes and row.behind:
                raise NotNow("others are owed before it")  # noqa: TRY301 -- the same as any other
            said = await face.say(heard.address, spoken.answers, Where(edits, note, patience_s))
        except NotNow as later:
            kept = [one.draft.id for one in spoken.decision.effects if isinstance(one, Keep)]
            owed = Owed(
                row.id, row.source, heard.address, tuple(spoken.answers), edits, note, tuple(kept)
            )
            await self._inbox.owe(row, owed.dump())
            metrics.REPLIES.labels(face.name, "later").inc()
            _log.info("the answer is said later", message=row.id, reason=later.reason)
            return Said(())
        metrics.REPLIES.labels(face.name, "failed" if said.problem else "said").inc()
        return said

    async def _placed(self, spoken: Spoken, said: Said) -> None:
        """Note under which message the buttons of a question are."""
        kept = [one.draft.id for one in spoken.decision.effects if isinstance(one, Keep)]
        if kept and said.messages:
            message = said.messages[0]
            await self._database.hot_rows(queries.PLACE_DRAFT, id=kept[0], message=message)

    def _settled(self, row: Row, spoken: Spoken, said: Said, face: Face) -> Settled:
        made = [result for _, result in spoken.carried.pairs if isinstance(result, Done)]
        acts = [one.act for one in made if one.act]
        names = tuple(dict.fromkeys(task.name for one in made for task in one.tasks))
        return Settled(
            outcome=outcome(spoken, said),
            conversation=encode(remembered(spoken, names)).decode(),
            answer=None if face.pushes else self._shown(row, spoken).decode(),
            reason=said.problem or None,
            card=said.messages[0] if said.messages and names else None,
            tasks=names,
            act=acts[0] if len(acts) == 1 else None,
        )

    def _shown(self, row: Row, spoken: Spoken) -> bytes:
        return encode(
            shown.Shown(
                messages=shown.messages(spoken.answers, row=row.id, edits=spoken.decision.edits),
                tasks=[present.task(one) for one in spoken.carried.tasks],
                understood=shown.understood(spoken.decision.reading),
            )
        )

    async def _apologise(self, claim: Claim, reason: str) -> None:
        """Give a message up, and say so to whoever wrote it."""
        sorry = [Answer(text.DEAD)]
        face = self._faces(claim.row.source)
        answer = shown.Shown(shown.messages(sorry, row=claim.row.id, edits=None), [], None)
        kept = None if face.pushes else encode(answer).decode()
        await self._inbox.bury(claim, reason=reason, answer=kept)
        try:
            heard = await face.hear(claim.row)
            if heard.person is not None:
                await face.say(heard.address, sorry, Where(None, claim.row.note, PATIENCE_S))
        except (Unanswerable, NotNow, ServiceError) as error:
            _log.warning("the apology was not said", claim=str(claim), error=str(error))


def remembered(spoken: Spoken, names: Sequence[str]) -> Conversation:
    """Return what the chat remembers: the tasks of the last card, and how far its log has come."""
    conversation = spoken.decision.conversation
    position = max(conversation.position, spoken.carried.position)
    gone = any(isinstance(effect, Undo) for effect in spoken.decision.effects)
    if not names or gone:
        return msgspec.structs.replace(conversation, position=position)
    return msgspec.structs.replace(
        conversation,
        position=position,
        card_tasks=tuple(names),
        last_task=names[0] if len(names) == 1 else "",
    )


def outcome(spoken: Spoken, said: Said) -> str:
    """Return how a message ended, for the metrics and the operator."""
    if said.problem:
        return "unsaid"
    return "answered" if spoken.answers else "silent"


def toast(spoken: Spoken) -> str:
    """Return what is shown at the pressed button itself: why it can't be, or nothing."""
    if spoken.decision.toast:
        return spoken.decision.toast
    return next(
        (one.message for _, one in spoken.carried.pairs if isinstance(one, effects.Refused)), ""
    )


def _guest(heard: Heard) -> Person:
    """Stand in for somebody whom nobody knows; nothing may be done for this person."""
    name = heard.incoming.sender.name if heard.incoming.sender else "Somebody"
    return Person("workspaces/0/people/0", name, Role.GUEST)
