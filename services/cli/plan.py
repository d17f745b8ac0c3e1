"""Settings and free ports → the plan of one system. Ports asked for by name are kept to.

A default port that is taken gives way to the next free one, so that two systems run side by side.
"""

import importlib.metadata
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from services.cli.ports import LOOPBACK, Ports
from services.cli.supervisor import Plan
from services.runtime.errors import SettingsError
from services.runtime.settings import METRICS_PORTS, Settings

ADDRESSES = {
    "task": "BOSS_TASK_ADDRESS",
    "ai": "BOSS_AI_ADDRESS",
    "notify": "BOSS_NOTIFY_ADDRESS",
}


def version() -> str:
    """Return the installed version of the project."""
    return importlib.metadata.version("boss-workflow")


def make(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    asked: Collection[str],
    ports: Ports,
    started_at: datetime,
    time_anchor: float | None,
) -> Plan:
    """Return what to run; `asked` are the variables that somebody set.

    Raises:
        PortBusyError: a port asked for by name is taken, or no default one is free.
        SettingsError: an address of another machine, where `boss up` cannot start anything.
    """
    state = settings.state_dir.absolute()
    if "PORT" in asked:
        port = ports.asked(settings.port, variable="PORT")
    else:
        port = ports.next_free(settings.port)
    addresses = {
        name: _address(settings, name, asked=variable in asked, ports=ports)
        for name, variable in ADDRESSES.items()
    }
    addresses["gateway"] = f"{LOOPBACK}:{port}"
    first = settings.metrics_port or METRICS_PORTS["task"]
    metrics = {
        name: ports.next_free(first + default - METRICS_PORTS["task"])
        for name, default in METRICS_PORTS.items()
    }
    return Plan(
        state=state,
        url=f"http://{LOOPBACK}:{port}",
        started_at=started_at,
        addresses=addresses,
        metrics_ports=metrics,
        environment={
            **environment,
            "PORT": str(port),
            "BOSS_STATE_DIR": str(state),
            **{variable: addresses[name] for name, variable in ADDRESSES.items()},
        },
        database_url=None
        if settings.database_url is None
        else settings.database_url.get_secret_value(),
        time_anchor=time_anchor,
        time=settings.time,
    )


def _address(settings: Settings, name: str, *, asked: bool, ports: Ports) -> str:
    address = settings.address(name)
    if address.startswith("unix:"):
        socket = Path(address.removeprefix("unix:"))
        if not socket.parent.is_dir():
            message = f"{ADDRESSES[name]}: the folder {socket.parent} does not exist; make it first"
            raise SettingsError(message)
        return address
    host, _, port = address.rpartition(":")
    if not asked:
        return f"{host}:{ports.next_free(int(port))}"
    return f"{host}:{ports.asked(int(port), variable=ADDRESSES[name])}"
