"""`boss tasks`: the tasks, filtered as the API filters them."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from services.cli.api import owner_api
from services.cli.tables import table
from services.cli.terminal import emit, plainly
from services.runtime.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def tasks(
    *,
    status: Annotated[str | None, typer.Option(help="Such as pending or in_review.")] = None,
    assignee: Annotated[str | None, typer.Option(help="A name, an id or @username.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Words to look for.")] = None,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    per_page: Annotated[int, typer.Option(min=1, max=100, help="Tasks a page.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List tasks.

    Example: boss tasks --assignee Ana --status pending
    """
    filters = {"status": status, "assignee": assignee, "q": query}
    wanted = {name: value for name, value in filters.items() if value is not None}
    pages = {"page": page, "per_page": per_page}
    with plainly():
        path = f"/api/tasks?{urlencode({**wanted, **pages})}"
        found = owner_api(load_settings()).ask("GET", path)
        if as_json:
            emit(found)
            return
        rows = [
            (
                one["id"],
                one["status"],
                one["priority"],
                ", ".join(person["name"] for person in one["assignees"]),
                (one["deadline"] or "")[:16].replace("T", " "),
                one["title"],
            )
            for one in found["tasks"]
        ]
        print(table(("ID", "STATUS", "PRIORITY", "WHO", "DEADLINE", "TITLE"), rows))
        more = (found.get("total") or 0) - (page - 1) * per_page - len(rows)
        if more > 0:
            print(f"and {more} more: boss tasks --page {page + 1}")
