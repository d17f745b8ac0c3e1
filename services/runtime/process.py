"""A service as an OS process: settings, logs, event loop, signals, the pipe from its starter.

`run_process` is the whole of a `__main__`: it ends within 3 s of SIGTERM, SIGINT or the end of its
starter, whatever the service does meanwhile, and prints what is wrong when it cannot start.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import uvloop

from services.runtime import clock, logs, metrics
from services.runtime.errors import StartError
from services.runtime.parse import SecretStr
from services.runtime.settings import VARIABLES, Settings, load_settings

STOP_S = 3.0
# After this the work is cancelled, which leaves the rest of STOP_S for cleaning up.
CANCEL_S = 2.5

_log = logs.logger("process")


class Process:
    """What a running service has to know of its process."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.serving = False


Main = Callable[[Settings], Coroutine[Any, Any, None]]

_process: ContextVar[Process | None] = ContextVar("process", default=None)


def stopping() -> asyncio.Event:
    """Return the event that says that this process stops; whoever asks has begun to serve.

    Until then a signal simply cancels the start. Outside of `run_process` it is an event by itself.
    """
    process = _process.get()
    if process is None:
        return asyncio.Event()
    process.serving = True
    return process.stopping


def run_process(main: Main, *, service: str) -> None:
    """Run a service until it is told to stop, and end the interpreter with its exit code."""
    try:
        settings = load_settings()
        logs.configure(service, level=settings.log_level, secrets=secrets_of(settings))
        metrics.switch(on=settings.metrics)
        clock.follow(settings)
        code = uvloop.run(_run(main, settings))
    except StartError as error:
        print(f"boss {service}: {error}", file=sys.stderr)  # noqa: T201 -- for a person
        code = error.exit_code
    sys.exit(code)


def secrets_of(settings: Settings) -> list[str]:
    """Return the values that no log may show."""
    values = [getattr(settings, field.name) for field in VARIABLES.values()]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


async def _run(main: Main, settings: Settings) -> int:
    process = Process()
    _process.set(process)
    loop = asyncio.get_running_loop()

    def told_to_stop(_number: int, _frame: object) -> None:
        # The last resort: SIGALRM kills a process whose loop no longer turns.
        if signal.getitimer(signal.ITIMER_REAL)[0] == 0:
            signal.setitimer(signal.ITIMER_REAL, STOP_S)
        loop.call_soon_threadsafe(process.stopping.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        # Not the loop's own handlers: those do not run while the loop is stuck.
        signal.signal(number, told_to_stop)
    if settings.parent_pipe:
        _follow_parent(loop)
    work = loop.create_task(main(settings))
    told = loop.create_task(process.stopping.wait())
    await asyncio.wait({work, told}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done() and process.serving:
        await asyncio.wait({work}, timeout=CANCEL_S)
    told.cancel()
    work.cancel()
    try:
        await work
    except asyncio.CancelledError:
        return 0
    except StartError:
        raise
    except Exception:  # noqa: BLE001 -- the edge of the process
        _log.exception("the service ends by an error")
        return 1
    return 0


def _follow_parent(loop: asyncio.AbstractEventLoop) -> None:
    """Stop when standard input ends: the starter holds its other end, however that one goes."""
    stdin = sys.stdin.fileno()

    def heard() -> None:
        if not os.read(stdin, 4096):
            loop.remove_reader(stdin)
            signal.raise_signal(signal.SIGTERM)

    try:
        loop.add_reader(stdin, heard)
    except OSError as error:
        raise StartError("BOSS_PARENT_PIPE needs a pipe as standard input: unset it") from error
