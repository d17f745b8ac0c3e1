"""A service without servicers, as a process; its argument tells how it behaves."""

import asyncio
import sys
import time

from services.runtime.credentials import Authenticator, service_key
from services.runtime.migrate import wait_for_database
from services.runtime.process import run_process
from services.runtime.server import Background, serve
from services.runtime.settings import Settings

BEHAVIOUR = sys.argv[1]


async def main(settings: Settings) -> None:
    """Serve nothing, in the way asked for."""
    if BEHAVIOUR == "waits for the database":
        await wait_for_database(settings)
    if BEHAVIOUR == "breaks":
        raise ZeroDivisionError

    async def nobody(_token: str) -> None:
        return None

    async def ready() -> bool:
        return True

    async def behave() -> None:
        if BEHAVIOUR == "hangs":
            await asyncio.sleep(0.2)
            time.sleep(60)  # noqa: ASYNC251 -- a loop that no longer turns
        await asyncio.Event().wait()

    async def slow_to_close() -> None:
        if BEHAVIOUR == "closes slowly":
            await asyncio.sleep(60)

    await serve(
        settings,
        service="task",
        address=settings.task_address,
        servicers=[],
        authenticate=Authenticator(service_key(settings), bearer=nobody),
        ready=ready,
        background=[Background("behave", behave)],
        on_stop=[slow_to_close],
    )


if __name__ == "__main__":
    run_process(main, service="task")
