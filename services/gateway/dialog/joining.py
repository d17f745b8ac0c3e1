"""Who is not here yet: strangers, links that let somebody in, and invitations. Pure."""

import hashlib
import re
from datetime import datetime, timedelta

import msgspec

from services.gateway.dialog import commands, text
from services.gateway.dialog.deciding import decide, say
from services.gateway.dialog.effects import Announce, Decision, Enter, Invite, Say
from services.gateway.dialog.model import (
    RULING,
    Conversation,
    Incoming,
    Sender,
    Turn,
    Written,
)
from services.gateway.dialog.needs import People, Talk, ask
from services.gateway.dialog.reply import Line, Reply, bold, line, reply

SILENCE = timedelta(days=1)
SHOWN = 10
# Telegram lets 64 of these through: https://core.telegram.org/bots/features#deep-linking
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
NAME_LIMIT = 100


def stranger(incoming: Incoming, conversation: Conversation, now: datetime) -> Decision:
    """What somebody unknown is answered: once a day, and nothing that tells who is here."""
    sender, content = incoming.sender, incoming.content
    if sender is None or sender.bot or not incoming.private:
        return Decision((), conversation)
    token = entry_token(content.text) if isinstance(content, Written) else None
    if token:
        return Decision((Enter(token_hash(token), sender),), conversation)
    last = conversation.stranger_answered_at
    if last is not None and now - last < SILENCE:
        return Decision((), conversation)
    remembered = msgspec.structs.replace(conversation, stranger_answered_at=now)
    return Decision((Say(text.STRANGER), Announce(notice(sender))), remembered)


def notice(sender: Sender) -> Reply:
    """What the owner hears of a stranger."""
    username = f" (@{sender.username})" if sender.username else ""
    return reply(
        line("Somebody whom I don't know wrote to me: ", bold(sender.name), username, "."),
        "I did nothing. /invite NAME lets somebody in.",
    )


def entry_token(written: str) -> str | None:
    """The token of "/start TOKEN"."""
    command = commands.read(written)
    if command is None or command.name != "start" or not TOKEN.fullmatch(command.rest):
        return None
    return command.rest


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(turn: Turn, rest: str) -> Decision:
    """/start of somebody who is here already: a welcome, or a link for another place."""
    token = entry_token(f"/start {rest}") if rest else None
    if token and turn.incoming.sender:
        return decide(turn, Enter(token_hash(token), turn.incoming.sender))
    return say(turn, text.welcome(turn.person))


def invite(turn: Turn, rest: str) -> Decision:
    """/invite NAME [DEPARTMENT]: the last word is a department where there is more than one."""
    if turn.person.role not in RULING:
        return say(turn, reply("Only the owner and bosses can invite people. Please ask one."))
    name, department = rest, ""
    words = rest.split()
    if len(words) > 1 and words[-1].islower():
        name, department = " ".join(words[:-1]), words[-1]
    if not name or len(name) > NAME_LIMIT:
        return say(turn, reply("Whom? For example: /invite Ana, or /invite Ana dev"))
    return decide(turn, Invite(name.lstrip("@"), department))


def team(turn: Turn) -> Talk[Decision]:
    """/team: who is here."""
    people = yield from ask(People())
    lines: list[Line] = [line(bold(f"People ({len(people)})"))]
    for person in people[:SHOWN]:
        parts = [person.role.value, *([person.department] if person.department else [])]
        reach = "" if person.telegram_id else " · not on Telegram yet"
        lines.append(line(bold(person.display_name), f" · {', '.join(parts)}{reach}"))
    if len(people) > SHOWN:
        lines.append(line(f"… and {len(people) - SHOWN} more"))
    return say(turn, reply(*lines))
