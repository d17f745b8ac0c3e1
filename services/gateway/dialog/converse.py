"""Works off the inbox: hear, ask what is needed, decide, keep the decision, act, answer, settle.

The order is the promise: the decision is kept before the first effect is carried out, effects
carry request ids that a retry repeats, and an answer that can't be given never takes an effect
back or holds a chat up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from boss.task.v1 import task_service_pb2 as pb

from services.gateway import inbox_metrics as metrics
from services.gateway import inbox_queries as queries
from services.gateway import present
from services.gateway.answer import encode
from services.gateway.clients import Clients
from services.gateway.dialog import convert, drafts, effects, needs, shown, text
from services.gateway.dialog.acquaintances import Acquaintances, identity
from services.gateway.dialog.answers import Answer, answers
from services.gateway.dialog.deciding import say
from services.gateway.dialog.effects import Create, Decision, Done, Entered, Keep, Undo
from services.gateway.dialog.face import Face, Heard, NotNow, Said, Unanswerable
from services.gateway.dialog.joining import stranger
from services.gateway.dialog.model import Conversation, Listing, Person, Reading, Role, Task, Turn
from services.gateway.dialog.perform import ANSWERS, Carried, Origin, Performer, sentence
from services.gateway.dialog.reply import reply
from services.gateway.dialog.respond import respond
from services.gateway.inbox import Claim, Inbox, LeaseLost, Row, Settled
from services.gateway.watch import Watch
from services.runtime import clock, context, logs
from services.runtime.claims import retry_at
from services.runtime.database import Database, run
from services.runtime.errors import DeadlineExceeded, ServiceError, TooMany, Unavailable

# After this a person is told that the answer takes its time.
THINKING_AFTER_S = 1.5
# A defect stays one: few tries. A part that is down comes back: tries for about an hour.
TRIES_OF_DEFECTS = 5
TRIES_OF_OUTAGES = 250
FIRST_RETRY_S, LONGEST_RETRY_S = 0.3, 15.0
# An answer that can't be said is tried so often; then the chat goes on without it.
TRIES_OF_ANSWERS = 6
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
        clients: Clients,
        *,
        acquaintances: Acquaintances,
        performer: Performer,
        watch: Watch,
        faces: Callable[[str], Face],
    ) -> None:
        self._inbox = inbox
        self._database = database
        self._task, self._ai = clients.task, clients.ai
        self._acquaintances = acquaintances
        self._performer = performer
        self._watch = watch
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
                written = await face.think(heard)
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
                answer = await self._fetch(need, turn, row)
            except ANSWERS as error:
                return say(turn, reply(sentence(error)))

    # What a decision needs --------------------------------------------------------------

    async def _fetch(self, need: needs.Need[Any], turn: Turn, row: Row) -> Any:
        actor = turn.person.number
        match need:
            case needs.Interpret():
                return await self._reading(need, turn)
            case needs.Tasks(names):
                return await self._tasks(names, actor)
            case needs.Search():
                listed = await self._task.ListTasks(convert.search(need), actor=actor)
                found = tuple(convert.task(one) for one in listed.tasks)
                return Listing(found, listed.total_size)
            case needs.People():
                everybody = await self._acquaintances.everybody(identity(turn.person.name))
                return tuple(convert.person(one) for one in everybody)
            case needs.FindDraft(identifier):
                return await self._draft(identifier, row.chat)
            case needs.FindOrigin(message):
                return await self._origin(message, row)
            case needs.FindCard(message, act):
                return await self._card(row.chat, message, act)
        raise AssertionError(f"nobody knows how to fetch {need}")

    async def _reading(self, need: needs.Interpret, turn: Turn) -> Reading:
        """Return the reading; one that meets nobody or nothing is made anew with all that is known.

        Understanding may be a second behind, but not behind what this chat has seen itself, nor
        behind a change of the people.
        """
        actor, workspace = turn.person.number, turn.person.workspace
        position = max(turn.conversation.position, self._watch.people_at(workspace))
        while True:
            request = convert.interpret(need, received_at=turn.now, position=position)
            told = await self._ai.Interpret(request, actor=actor)
            reading = convert.reading(told.interpretation, text=need.text)
            if position >= self._watch.head or not met_nothing(reading):
                return reading
            position = self._watch.head

    async def _tasks(self, names: Sequence[str], actor: int) -> tuple[Task, ...]:
        request = pb.BatchGetTasksRequest(names=names)
        told = await self._task.BatchGetTasks(request, actor=actor)
        return tuple(convert.task(one) for one in told.tasks)

    async def _draft(self, identifier: str, chat: str) -> drafts.Draft | None:
        found = await self._database.row(queries.FIND_DRAFT, id=identifier, chat=chat)
        if found is None:
            return None
        return msgspec.structs.replace(
            drafts.load(found.content),
            id=str(UUID(identifier)),
            state=drafts.State(found.state),
            expired=clock.now() - found.created_at > drafts.LIFE,
            message=found.message,
            tasks=tuple(found.tasks),
        )

    async def _origin(self, message: str, row: Row) -> needs.Origin | None:
        found = await self._database.rows(
            queries.ORIGINS, chat=row.chat, message=message, besides=row.id
        )
        if not found:
            return None
        decided = [effects.load(one.decided) if one.decided else None for one in found]
        # The message itself, or the edit that stood in for it when it came too late.
        first = next(
            (n for n, one in enumerate(decided) if one and _creates(one)),
            0,
        )
        read = [
            one.reading.tasks
            for one in decided
            if one and one.reading and any(_is_edit(effect) for effect in one.effects)
        ]
        return needs.Origin(
            effects=decided[first].effects if decided[first] else (),  # type: ignore[union-attr]
            tasks=tuple(found[first].tasks or ()),
            card=found[first].card,
            read=read[-1] if read else (),
        )

    async def _card(self, chat: str, message: str, act: str) -> needs.Card | None:
        found = None
        if message:
            found = await self._database.row(queries.FIND_CARD, chat=chat, message=message)
        if found is None and act:
            found = await self._database.row(queries.FIND_ACT, chat=chat, act=act)
        if found is None or found.card is None:
            return None
        return needs.Card(found.card, tuple(found.tasks or ()))

    # Saying and settling ----------------------------------------------------------------

    async def _say(
        self, claim: Claim, heard: Heard, spoken: Spoken, face: Face, note: str | None
    ) -> Said:
        await face.toast(heard, toast(spoken))
        try:
            said = await face.say(heard, spoken.answers, edits=spoken.decision.edits, note=note)
        except NotNow as later:
            metrics.REPLIES.labels(face.name, "later").inc()
            if claim.row.attempts + 1 < TRIES_OF_ANSWERS:
                after = timedelta(seconds=later.after_s) if later.after_s else None
                raise Unavailable("ANSWER_LATER", later.reason, retry_after=after) from later
            said = Said((), later.reason)
        metrics.REPLIES.labels(face.name, "failed" if said.problem else "said").inc()
        return said

    async def _placed(self, spoken: Spoken, said: Said) -> None:
        """Note under which message the buttons of a question are."""
        kept = [one.draft.id for one in spoken.decision.effects if isinstance(one, Keep)]
        if kept and said.messages:
            async with self._database.autocommit() as connection:
                await run(connection, queries.PLACE_DRAFT, id=kept[0], message=said.messages[0])

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
                await face.say(heard, sorry, edits=None, note=claim.row.note)
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


def met_nothing(reading: Reading) -> bool:
    """Return whether words of it fit nobody, or a task that was not among the known ones."""
    return any(not ref.display_name for ref in reading.refs) or any(
        not one.candidates for one in reading.ambiguities
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


def _creates(decision: Decision) -> bool:
    return any(isinstance(one, Create) for one in decision.effects)


def _is_edit(effect: effects.Effect) -> bool:
    return isinstance(effect, effects.Alter) and effect.edit


def _guest(heard: Heard) -> Person:
    """Stand in for somebody whom nobody knows; nothing may be done for this person."""
    name = heard.incoming.sender.name if heard.incoming.sender else "Somebody"
    return Person("workspaces/0/people/0", name, Role.GUEST)
