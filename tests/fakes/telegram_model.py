"""What the fake Telegram keeps and plans: calls, messages, failures, rate limits."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wire import Answer


@dataclass(slots=True)
class Call:
    """One request to a method; `status` is what it was answered with, 0 where it was left without
    an answer.
    """

    method: str
    body: dict[str, Any]
    at: float
    status: int = 0
    result: Any = None

    @property
    def chat(self) -> int | None:
        chat = self.body.get("chat_id")
        return int(chat) if chat is not None else None


@dataclass(slots=True)
class Message:
    """A message in a chat as its reader sees it; `texts` are all that it showed, newest last."""

    chat: int
    id: int
    texts: list[str]
    rows: list[list[dict[str, Any]]]
    sent_at: float
    from_bot: bool = True

    @property
    def text(self) -> str:
        return self.texts[-1]

    @property
    def buttons(self) -> dict[str, str]:
        return {
            b["text"]: b.get("callback_data", b.get("url", "")) for row in self.rows for b in row
        }


@dataclass(slots=True)
class Failure:
    """What happens to the next `times` calls of `method` (to `chat`, where given) in place of the
    usual.

    `drop` closes the connection instead of answering; with `after` the call has its effect before
    it fails, as when the answer is lost on the way.
    """

    method: str = "sendMessage"
    chat: int | None = None
    times: int = 1
    status: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None
    migrate_to_chat_id: int | None = None
    drop: bool = False
    after: bool = False
    hang_s: float = 0.0

    def fits(self, call: Call) -> bool:
        return self.times > 0 and self.method == call.method and self.chat in (None, call.chat)

    def answer(self) -> Answer:
        parameters = {
            "retry_after": self.retry_after,
            "migrate_to_chat_id": self.migrate_to_chat_id,
        }
        return (
            Answer(drop=True) if self.drop else error(self.status, self.description, **parameters)
        )


@dataclass(slots=True)
class Limit:
    """A bucket: `burst` at once, then `per_s` a second."""

    per_s: float
    burst: float
    left: float = field(default=-1.0)
    at: float = 0.0

    def wait_s(self, now: float) -> float:
        """0 and takes one, or the seconds until there is one."""
        left = (
            self.burst
            if self.left < 0
            else min(self.burst, self.left + (now - self.at) * self.per_s)
        )
        self.at = now
        self.left = left - 1 if left >= 1 else left
        return 0.0 if left >= 1 else (1 - left) / self.per_s


def error(status: int, description: str, **parameters: int | None) -> Answer:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if given := {k: v for k, v in parameters.items() if v is not None}:
        body["parameters"] = given
    return Answer(status, body)
