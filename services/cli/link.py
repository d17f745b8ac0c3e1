"""`boss link`: a new sign-in link for the page."""

from typing import Annotated

import typer

from services.cli.api import owner_api
from services.cli.terminal import emit, plainly
from services.runtime.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def link(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a link that signs the owner in, once, within 15 minutes.

    Example: boss link
    """
    with plainly():
        made = owner_api(load_settings()).ask("POST", "/api/links", body={})
        if as_json:
            emit(made)
        else:
            print(made["url"])
