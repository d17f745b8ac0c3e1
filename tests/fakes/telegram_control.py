"""The steering of a fake Telegram that runs as a process of its own: `/control/<what>`, JSON in and
out.

open, block, unblock {"chat"} · message {"sender","text",…} · press {"sender","data"} · push
{update} · fail {Failure's fields} · post {update} → {"status"} · calls, messages {"chat"?} · limits
{"on"} · clear
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tests.fakes.wire import Answer, Request

if TYPE_CHECKING:
    from tests.fakes.telegram import FakeTelegram


async def control(telegram: "FakeTelegram", request: Request) -> Answer:
    what = request.path.removeprefix("/control/")
    try:
        told = request.fields()
        return Answer(200, await _done(telegram, what, told))
    except (KeyError, ValueError, TypeError, StopIteration) as wrong:
        return Answer(400, {"error": f"{what}: {wrong!r}"})


async def _done(telegram: "FakeTelegram", what: str, told: dict[str, Any]) -> Any:
    match what:
        case "open" | "block" | "unblock" | "clear":
            getattr(telegram, what)(*(int(c) for c in told.values()))
        case "message":
            return telegram.message(int(told.pop("sender")), told.pop("text"), **told)
        case "press":
            return telegram.press(int(told["sender"]), told["data"])
        case "push":
            telegram.push_raw(told)
        case "post":
            return {"status": await telegram.post_to_webhook(told)}
        case "fail":
            telegram.fail(**told)
        case "calls":
            return [asdict(c) for c in telegram.calls]
        case "messages":
            chats = (
                [int(told["chat"])] if "chat" in told else sorted({c for c, _ in telegram.messages})
            )
            return [asdict(m) | {"buttons": m.buttons} for c in chats for m in telegram.heard(c)]
        case "limits":
            telegram.limits = bool(told["on"])
        case _:
            raise ValueError("no such control")
    return {}
