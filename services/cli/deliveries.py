"""`boss deliveries`: what was sent to whom, over which channel, and what did not arrive."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from services.cli.api import owner_api
from services.cli.tables import table
from services.cli.terminal import emit, plainly
from services.runtime.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def deliveries(
    *,
    state: Annotated[str | None, typer.Option(help="Such as sent, retrying or dead.")] = None,
    retry: Annotated[str | None, typer.Option(help="Send this one (its id) again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List deliveries, the newest first, or send one again.

    Example: boss deliveries --state dead
    """
    with plainly():
        api = owner_api(load_settings())
        if retry is not None:
            again = api.ask("POST", f"/api/deliveries/{retry}:retry", body={})
            emit(again) if as_json else print(f"Delivery {retry} is sent again.")
            return
        chosen = {} if state is None else {"state": state}
        found = api.ask("GET", f"/api/deliveries?{urlencode(chosen)}")
        if as_json:
            emit(found)
            return
        rows = [
            (
                one["id"],
                one["state"],
                one["channel"],
                _person(one["person"]),
                one["attempts"],
                (one["sent_at"] or one["next_attempt_at"] or "")[:19].replace("T", " "),
                one["last_error"],
            )
            for one in found["deliveries"]
        ]
        print(table(("ID", "STATE", "CHANNEL", "WHO", "TRIES", "AT", "LAST ERROR"), rows))


def _person(person: object) -> object:
    return person.get("name") or person.get("id") if isinstance(person, dict) else person
