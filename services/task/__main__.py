"""The store's process: settings → database → servicers → loops → serve."""

from __future__ import annotations

from services.runtime import clock
from services.runtime.credentials import service_key
from services.runtime.database import Database
from services.runtime.migrate import upgrade, wait_for_database
from services.runtime.process import run_process
from services.runtime.server import serve
from services.runtime.settings import Settings
from services.task.bootstrap import bootstrap, owner_token
from services.task.service import Service


async def run(settings: Settings) -> None:
    """Serves until told to stop."""
    await wait_for_database(settings)
    await upgrade(settings, schema="task", package="services.task")
    database = Database(settings, schema="task")
    await bootstrap(
        database,
        owner_token=owner_token(settings),
        owner_telegram_id=settings.owner_telegram_id,
        timezone=settings.timezone,
        now=clock.now(),
    )
    service = Service(database, key=service_key(settings), cache=settings.cache)
    await serve(
        settings,
        service="task",
        address=settings.task_address,
        servicers=service.servicers,
        authenticate=service.authenticate,
        ready=service.ready,
        background=service.background,
        on_stop=[database.close],
    )


def main() -> None:
    """The entry of `python -m services.task`."""
    run_process(run, service="task")


if __name__ == "__main__":
    main()
