"""Telegram as a face of the dialog: hears updates, says answers as HTML with buttons.

An answer that can't be said (blocked, chat gone, refused text) is a problem to note, not a reason
to stop; only what may work later is tried again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.gateway.dialog import convert, text
from services.gateway.dialog.acquaintances import Acquaintances
from services.gateway.dialog.answers import Answer
from services.gateway.dialog.face import Heard, NotNow, Said, Unanswerable, Where
from services.gateway.dialog.reply import Reply, telegram_html
from services.gateway.inbox import Row
from services.gateway.telegram.bot import Bot, Failed, Later
from services.gateway.telegram.update import Unreadable, read
from services.runtime import logs

# Telegram lets the answer to a press be up to 200 characters; longer ones are said as messages.
TOAST_LIMIT = 200
NOTE_PATIENCE_S = 0.5

_log = logs.logger("gateway.telegram")


class TelegramFace:
    """People in Telegram."""

    name = "telegram"
    pushes = True

    def __init__(self, bot: Bot, acquaintances: Acquaintances) -> None:
        self._bot = bot
        self._acquaintances = acquaintances

    @property
    def bot_username(self) -> str:
        """The bot's name without its @."""
        return self._bot.username

    async def hear(self, row: Row) -> Heard:
        """Return what an update says, and whose Telegram account sent it."""
        body: dict[str, Any] = msgspec.json.decode(row.body)
        update = read(body, bot_username=self._bot.username)
        if isinstance(update, Unreadable):
            raise Unanswerable(update.reason)
        sender = update.incoming.sender
        person = None
        if sender is not None and not sender.bot:
            person = await self._acquaintances.by_telegram(sender.telegram_id)
        return Heard(
            update.incoming,
            convert.person(person) if person is not None else None,
            str(update.place.id),
            update.callback_id,
            origin="telegram",
        )

    async def think(self, address: str) -> str | None:
        """Say that the answer takes longer; None where that can't be said."""
        try:
            return await self._send(int(address), text.THINKING, patience_s=NOTE_PATIENCE_S)
        except (Failed, Later) as error:
            _log.info("no note", error=str(error))
            return None

    async def toast(self, press: str, text: str) -> None:
        """End the waiting at a pressed button, with a word where there is one."""
        try:
            await self._bot.answer_callback_query(press, text[:TOAST_LIMIT])
        except (Failed, Later) as error:
            # Too old, or no longer reachable: the answer itself comes as a message.
            _log.info("press not answered", error=str(error))

    async def say(self, address: str, answers: Sequence[Answer], where: Where) -> Said:
        """Send the answers; the first one replaces the note or the card that it is about."""
        chat, said = int(address), list[str]()
        try:
            for number, answer in enumerate(answers):
                replaces = where.note or (None if answer.new else where.edits)
                message = replaces if number == 0 else None
                said.append(
                    await self._place(chat, answer.reply, message, patience_s=where.patience_s)
                )
        except Failed as error:
            _log.warning("answer not said", error=str(error))
            return Said(tuple(said), str(error))
        except Later as error:
            wait = error.retry_after.total_seconds() if error.retry_after else None
            raise NotNow(str(error), after_s=wait) from error
        return Said(tuple(said))

    async def _place(
        self, chat: int, reply: Reply, message: str | None, *, patience_s: float
    ) -> str:
        """Replace our message, or send a new one where there is none to replace (any more)."""
        if message is not None and message.isdecimal():
            try:
                await self._bot.edit_message_text(
                    chat,
                    int(message),
                    telegram_html(reply),
                    keyboard=keyboard(reply),
                    patience_s=patience_s,
                )
            except Failed as error:
                _log.info("not edited, sent anew", error=str(error))
            else:
                return message
        return await self._send(chat, reply, patience_s=patience_s)

    async def _send(self, chat: int, reply: Reply, *, patience_s: float) -> str:
        words, buttons = telegram_html(reply), keyboard(reply)
        send = self._bot.send_message
        try:
            message = await send(chat, words, keyboard=buttons, patience_s=patience_s)
        except Failed as error:
            if error.moved_to is None:
                raise
            message = await send(error.moved_to, words, keyboard=buttons, patience_s=patience_s)
        return str(message)


def keyboard(reply: Reply) -> list[list[dict[str, str]]]:
    """Return the buttons as an inline keyboard."""
    return [
        [{"text": button.label, "callback_data": button.data} for button in row]
        for row in reply.rows
    ]
