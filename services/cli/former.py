"""What a crashed run may have left: its services, which end by themselves as their pipe is gone.

A start waits for that, because they still hold the ports; who does not end is ended. Only processes
that the run file names and that are services by their command line are touched.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from services.cli.processes import alive, command_line
from services.cli.running import Run, forget

PATIENCE_S = 4.0
POLL_S = 0.05


def end_former(state: Path) -> None:
    """Return when no service of an earlier run in this state folder is left."""
    run = Run.read(state)
    if run is None:
        return
    left = {
        service.pid: name
        for name, service in run.services.items()
        if service.pid is not None and _is_service(service.pid, name)
    }
    until = time.monotonic() + PATIENCE_S
    while left and time.monotonic() < until:
        left = {pid: name for pid, name in left.items() if _is_service(pid, name)}
        time.sleep(POLL_S if left else 0)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    forget(state)


def _is_service(pid: int, name: str) -> bool:
    return alive(pid) and f"services.{name}" in command_line(pid)
