"""`boss chat`: the boss's words to the bot, and its answers; a button is pressed by its number."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from services.cli.api import Api, ApiError, owner_api
from services.cli.terminal import emit, plainly
from services.runtime.settings import load_settings

ACCEPTED = 202
PATIENCE_S = 120.0
POLL_S = 0.5

app = typer.Typer(add_completion=False)


@app.command()
def chat(
    text: Annotated[list[str] | None, typer.Argument(help="What to say.")] = None,
    *,
    person: Annotated[str | None, typer.Option("--as", help="Speak as this person (id).")] = None,
    button: Annotated[str | None, typer.Option(help="Press this button (its data).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say something and print the answers; without words, talk until Ctrl-D.

    Example: boss chat "Ana fix the checkout bug by Friday 5pm, urgent"
    """
    with plainly():
        api = owner_api(load_settings())
        extra = {} if person is None else {"as": person}
        if text or button is not None:
            said = {"button": button} if button is not None else {"text": " ".join(text or ())}
            answer = send(api, {**said, **extra})
            emit(answer) if as_json else print(shown(answer))
            return
        _talk(api, extra)


def send(api: Api, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole answer to a message, waiting for one that takes long.

    Raises:
        ApiError: it is refused, or takes over two minutes.
    """
    answer = api.call("POST", "/api/messages", body=dict(message))
    until = time.monotonic() + PATIENCE_S
    while answer.ok and answer.status == ACCEPTED and time.monotonic() < until:
        time.sleep(POLL_S)
        answer = api.call("GET", f"/api/messages/{answer.body['id']}")
    if not answer.ok:
        raise ApiError(answer.problem)
    if answer.status == ACCEPTED:
        message_id = answer.body["id"]
        raise ApiError(f"no answer after {PATIENCE_S:.0f} s; it goes on as message {message_id}")
    body: dict[str, Any] = answer.body
    return body


def shown(answer: Mapping[str, Any], *, first: int = 1) -> str:
    """Return the messages with their buttons numbered; pure."""
    lines: list[str] = []
    number = first
    for message in answer["messages"]:
        lines.append(str(message["text"]))
        labels = []
        for button in buttons({"messages": [message]}):
            labels.append(f"[{number}] {button['label']}")
            number += 1
        if labels:
            lines.append("  " + "  ".join(labels))
        lines.append("")
    return "\n".join(lines).rstrip()


def buttons(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the buttons of all messages, in the order of their numbers; pure."""
    return [
        button
        for message in answer["messages"]
        for row in message.get("buttons") or ()
        for button in row
    ]


def _talk(api: Api, extra: Mapping[str, Any]) -> None:
    print("Say something; the number of a button presses it; Ctrl-D ends.")
    offered: list[Mapping[str, Any]] = []
    while True:
        try:
            line = input("> ").strip()
        except EOFError:
            print()
            return
        if not line:
            continue
        pressed = line.isdigit() and 1 <= int(line) <= len(offered)
        message = {"button": offered[int(line) - 1]["data"]} if pressed else {"text": line}
        try:
            answer = send(api, {**message, **extra})
        except ApiError as error:
            print(f"({error})")
            continue
        offered = buttons(answer)
        print(shown(answer))
