"""`boss status`: what runs, where, and whether it is healthy."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from services.cli.health import Health, check, known, named
from services.cli.running import Run
from services.cli.terminal import FAILED, emit, plainly, table
from services.runtime.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what runs, where, and whether it is healthy; exit code 1 where something is not.

    Example: boss status --json
    """
    with plainly():
        settings = load_settings()
        run = known(settings)
        services = named(settings, run)
        found = (
            check(services)
            if run is not None
            else {
                name: Health(one, healthy=False, note="not running")
                for name, one in services.items()
            }
        )
        if as_json:
            emit(told(run, found))
        else:
            print(shown(run, found))
        if not all(one.healthy for one in found.values()):
            raise typer.Exit(FAILED)


def told(run: Run | None, found: Mapping[str, Health]) -> dict[str, Any]:
    """Return the status as programs read it; pure."""
    return {
        "running": run is not None,
        "url": None if run is None else run.url,
        "started_at": None if run is None else run.started_at,
        "services": {
            name: {
                "pid": one.service.pid,
                "healthy": one.healthy,
                "address": one.service.address,
                "metrics": one.service.metrics,
                "note": one.note,
            }
            for name, one in found.items()
        },
    }


def shown(run: Run | None, found: Mapping[str, Health]) -> str:
    """Return the status as people read it; pure."""
    if run is None:
        return "Nothing runs in this state folder. Start it: boss up"
    rows = [
        (name, one.service.pid or "-", one.note, one.service.address, one.service.metrics)
        for name, one in found.items()
    ]
    services = table(("SERVICE", "PID", "HEALTH", "ADDRESS", "METRICS"), rows)
    return f"Running at {run.url} since {run.started_at[:19]} UTC.\n\n{services}"
