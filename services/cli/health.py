"""Whether each service is healthy: asked of itself, over HTTP."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from services.cli.api import Api, ApiError
from services.cli.running import Run, Service, present
from services.cli.screen import missing
from services.runtime.settings import METRICS_PORTS, Settings

CHECK_S = 2.0
FINE = "ok"
METRICS = "/metrics"


@dataclass(frozen=True, slots=True)
class Health:
    """One service: where it is, and what it says of itself."""

    service: Service
    healthy: bool
    note: str


def known(settings: Settings) -> Run | None:
    """Return the system of this state folder, None where none runs there."""
    return present(settings.state_dir)


def named(settings: Settings, run: Run | None) -> Mapping[str, Service]:
    """Return the four services: as they run, else where the settings say that they are."""
    addresses = {
        "task": settings.task_address,
        "ai": settings.ai_address,
        "notify": settings.notify_address,
        "gateway": f"127.0.0.1:{settings.port}",
    }
    found = run.services if run is not None else {}
    return {
        name: found.get(name)
        or Service(
            pid=None,
            address=address,
            metrics=f"http://127.0.0.1:{METRICS_PORTS[name]}/metrics",
        )
        for name, address in addresses.items()
    }


def check(services: Mapping[str, Service]) -> dict[str, Health]:
    """Return what each says of itself; all are asked at once, for at most two seconds."""
    with ThreadPoolExecutor(len(services)) as pool:
        notes = pool.map(_note, services, services.values())
        return {
            name: Health(service=service, healthy=note == FINE, note=note)
            for (name, service), note in zip(services.items(), notes, strict=True)
        }


def _note(name: str, service: Service) -> str:
    """Ask one: the gateway for all that it needs, the others beside their metrics."""
    path = "/ready" if name == "gateway" else "/health"
    base = (
        f"http://{service.address}" if name == "gateway" else service.metrics.removesuffix(METRICS)
    )
    try:
        answer = Api(url=base, token=None).call("GET", path, timeout_s=CHECK_S)
    except ApiError:
        return "does not answer"
    if name == "gateway":
        return FINE if answer.ok else f"waits for {missing(answer.body)}"
    ready = answer.ok and isinstance(answer.body, dict) and answer.body.get("ready") is True
    return FINE if ready else "not ready yet"
