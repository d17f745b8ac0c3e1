"""The gateway as a process: `python -m services.gateway`."""

from services.gateway import server
from services.gateway.caching.warming import Warming
from services.gateway.composition import create_app, opened, talking_with
from services.gateway.schema import SCHEMA
from services.runtime import migrate, process
from services.runtime.exposition import exposing
from services.runtime.settings import Settings
from services.runtime.supervise import Supervisor


async def main(settings: Settings) -> None:
    """Serve HTTP, follow the log, and let people talk, until told to stop."""
    listening = server.bound(settings.host, settings.port)
    await migrate.wait_for_database(settings)
    await migrate.upgrade(settings, schema=SCHEMA, package="services.gateway")
    stopping = process.stopping()
    async with (
        opened(settings) as parts,
        talking_with(parts) as talking,
        Supervisor() as supervisor,
        exposing(settings, service="gateway", ready=parts.watch.fresh),
    ):
        supervisor.start("watch", lambda: parts.watch.run(parts.clients.task.WatchEvents))
        supervisor.start("sessions", parts.signed_in.run)
        supervisor.start("slow statements", parts.database.tell_plans)
        talking.start(supervisor)
        app = create_app(parts, more=talking.operations(), bot=talking.link_name)
        if parts.cache is not None:
            warming = Warming(parts.cache, parts.watch, parts.database, app.warm)
            supervisor.start("warming", warming.run)
        await server.serve(app, listening, stopping=stopping)


if __name__ == "__main__":
    process.run_process(main, service="gateway")
