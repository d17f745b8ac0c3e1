"""How the system stands: what runs, where, and whether it is healthy.

`boss status` comes here without the command line's libraries, which would take three quarters of
its time: programs ask it again and again.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from services.cli.health import Health, check, known, named
from services.cli.running import Run
from services.cli.tables import table
from services.runtime.errors import SettingsError
from services.runtime.settings import load_settings


def report(*, as_json: bool) -> int:
    """Print it; return the exit code: 0, 1 where something is not healthy, 2 for the settings."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(f"boss: {error}", file=sys.stderr)
        return error.exit_code
    run = known(settings)
    services = named(settings, run)
    if run is not None:
        found = check(services)
    else:
        found = {
            name: Health(one, healthy=False, note="not running") for name, one in services.items()
        }
    if as_json:
        print(json.dumps(told(run, found), indent=2))
    else:
        print(shown(run, found))
    return 0 if all(one.healthy for one in found.values()) else 1


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
