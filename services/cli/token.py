"""`boss token`: the tokens with which programs act as the owner."""

from typing import Annotated

import typer

from services.cli.api import owner_api
from services.cli.tables import table
from services.cli.terminal import emit, plainly
from services.runtime.settings import load_settings

app = typer.Typer(
    add_completion=False,
    help="Make, list and end the tokens of your programs.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for.")], *, as_json: AsJson = False
) -> None:
    """Make a token; it is shown this once.

    Example: boss token create "build server"
    """
    with plainly():
        made = owner_api(load_settings()).ask("POST", "/api/tokens", body={"name": name})
        if as_json:
            emit(made)
        else:
            print(made["token"])


@app.command("list")
def list_tokens(*, as_json: AsJson = False) -> None:
    """List your tokens, without their secrets.

    Example: boss token list
    """
    with plainly():
        found = owner_api(load_settings()).ask("GET", "/api/tokens")
        if as_json:
            emit(found)
            return
        rows = [
            (one["id"], one["name"], one.get("created_at"), one.get("last_used_at") or "never")
            for one in found["tokens"]
        ]
        print(table(("ID", "NAME", "MADE", "LAST USED"), rows))


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its id, as `boss token list` shows it.")],
) -> None:
    """End a token at once.

    Example: boss token revoke 3
    """
    with plainly():
        owner_api(load_settings()).ask("DELETE", f"/api/tokens/{token}")
        print(f"Token {token} is ended.")
