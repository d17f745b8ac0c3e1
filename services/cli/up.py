"""`boss up`: the whole system in the foreground, from nothing to one screen, until stopped."""

import asyncio
import contextlib
import math
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from services.cli import demo
from services.cli import plan as plans
from services.cli.api import Api, ApiError, owner_token
from services.cli.child import SettingsRefusedError
from services.cli.former import end_former
from services.cli.identity import PostgresError
from services.cli.ports import PortBusyError, Ports
from services.cli.qr import code
from services.cli.running import Lock, Run
from services.cli.screen import connections, missing, screen
from services.cli.starter import Starter
from services.cli.supervisor import Plan, Supervisor
from services.runtime import clock
from services.runtime.errors import SettingsError
from services.runtime.settings import Settings, load_settings, read_dotenv

FAILED, WRONG_SETTINGS, ALREADY_RUNNING = 1, 2, 3
POLL_S = 0.1
READY = "ready"  # of /ready; it answers 200 for "degraded" as well
REPORT_S = 5.0
PATIENCE_S = 15.0
STARTER_S = 0.5
LEAST_FREE_BYTES = 200_000_000


def up(
    *,
    port: Annotated[int | None, typer.Option(help="Port of the page and the API.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder of the data.")] = None,
    with_demo: Annotated[bool, typer.Option("--demo", help="Add a few people and tasks.")] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Start PostgreSQL and the four services, and stay until Ctrl-C.

    Example: boss up --port 8090 --state ~/boss
    """
    environment = dict(os.environ)
    if port is not None:
        environment["PORT"] = str(port)
    if state is not None:
        environment["BOSS_STATE_DIR"] = str(state)
    raise typer.Exit(_up(environment, with_demo=with_demo, with_parent=with_parent))


def _up(environment: dict[str, str], *, with_demo: bool, with_parent: bool) -> int:
    try:
        settings = load_settings(environment)
        asked = {
            name for name, text in {**read_dotenv(Path(".env")), **environment}.items() if text
        }
        state = _state_folder(settings)
    except SettingsError as error:
        return _fail(str(error), WRONG_SETTINGS)
    lock = Lock(state)
    try:
        if not lock.take():
            return _fail(_already(Run.read(state)), ALREADY_RUNNING)
    except OSError as error:
        return _fail(_unwritable(state, error), WRONG_SETTINGS)
    end_former(state)
    ports = Ports()
    try:
        plan = plans.make(
            settings,
            environment,
            asked=asked,
            ports=ports,
            started_at=clock.now(),
            time_anchor=time.time() if settings.test else None,
        )
        return asyncio.run(_Up(settings, plan, with_demo=with_demo).run(with_parent=with_parent))
    except (SettingsError, PortBusyError) as error:
        return _fail(str(error), WRONG_SETTINGS)
    except OSError as error:
        return _fail(_unwritable(state, error), FAILED)
    finally:
        ports.release()
        lock.release()


class _Up:
    """One run of the whole system, as the terminal sees it."""

    def __init__(self, settings: Settings, plan: Plan, *, with_demo: bool) -> None:
        self._settings = settings
        self._plan = plan
        self._with_demo = with_demo
        self._began = time.monotonic()
        self._serves = False
        self._supervisor = Supervisor(plan, say=say)
        self._api = Api(url=plan.url, token=None)

    async def run(self, *, with_parent: bool) -> int:
        """Return the exit code, when everything has ended."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop)
        self._mind_starter(Starter.present(with_parent=with_parent))
        say("Starting PostgreSQL and the services …")
        code = 0
        try:
            await self._supervisor.run(self._watch)
        except* PostgresError as errors:
            code = _fail(f"PostgreSQL: {errors.exceptions[0]}", FAILED)
        except* SettingsRefusedError as errors:
            code = _fail(f"a service refuses to start: {errors.exceptions[0]}", WRONG_SETTINGS)
        if code == 0:
            say("Stopped; everything is kept.")
        return code

    def _stop(self) -> None:
        if not self._supervisor.stopping:
            say("\nStopping … (Ctrl-C: at once)")
            self._supervisor.stop()

    def _interrupted(self) -> None:
        """Stop in order, and at the second Ctrl-C at once.

        Only Ctrl-C means that: make and a closed terminal send their own signals twice.
        """
        if self._supervisor.stopping:
            self._supervisor.stop_at_once()
        self._stop()

    def _mind_starter(self, starter: Starter) -> None:
        """Stop when who started us is gone: a killed `make run` leaves nothing running."""
        if starter.gone():
            self._stop()
        else:
            asyncio.get_running_loop().call_later(STARTER_S, self._mind_starter, starter)

    async def _watch(self) -> None:
        """Show the screen once all is ready, and say so whenever all is ready again."""
        await self._ready(patience_s=PATIENCE_S)
        self._supervisor.no_news()
        say(await asyncio.to_thread(self._screen))
        while True:
            await self._supervisor.news()
            await self._ready()
            say("All services are ready again.")

    async def _ready(self, *, patience_s: float = math.inf) -> None:
        """Return when the gateway says that all four are ready, or, after a while, that it serves.

        Without `ai` or `notify` nothing is lost: messages and deliveries wait for them.
        """
        began = reported = time.monotonic()
        while True:
            lacking = await asyncio.to_thread(self._lacking)
            if lacking is None:
                return
            if self._serves and time.monotonic() - began > patience_s:
                say(f"Ready but for {lacking} (logs: {self._plan.state / 'logs'})")
                return
            if time.monotonic() - reported > REPORT_S:
                reported = time.monotonic()
                say(f"Still waiting for {lacking} (logs: {self._plan.state / 'logs'})")
            await asyncio.sleep(POLL_S)

    def _lacking(self) -> str | None:
        try:
            answer = self._api.call("GET", "/ready", timeout_s=5.0)
        except ApiError:
            return f"the gateway ({self._supervisor.last_words('gateway')})"
        self._serves = answer.ok
        all_up = answer.ok and isinstance(answer.body, dict) and answer.body.get("status") == READY
        return None if all_up else missing(answer.body)

    def _screen(self) -> str:
        api = Api(url=self._plan.url, token=owner_token(self._settings))
        try:
            if self._with_demo:
                demo.fill(api)
            links = api.ask("POST", "/api/links", body={})
        except ApiError as error:
            links = {"url": f"{self._plan.url}  (no sign-in link: {error})"}
        shown = screen(
            version=plans.version(),
            took_s=time.monotonic() - self._began,
            link=links["url"],
            telegram_link=links.get("telegram_url"),
            url=self._plan.url,
            state=self._plan.state,
            outside=connections(self._settings, postgres_data=self._supervisor.postgres_data),
        )
        # Only an address that others reach is of use to a telephone.
        phone = self._settings.public_url is not None and sys.stdout.isatty()
        return f"{shown}\n{code(links['url'])}" if phone else shown


def say(text: str) -> None:
    """Print a line for whoever looks; a terminal that is gone is no reason to fail."""
    try:
        print(text, flush=True)
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _fail(message: str, code: int) -> int:
    with contextlib.suppress(OSError):
        print(f"boss up: {message}", file=sys.stderr, flush=True)
    return code


def _state_folder(settings: Settings) -> Path:
    """Return the state folder, made where it is missing.

    Others may pass through it (mode 0711: PostgreSQL may be another user) and see nothing: every
    secret in it is its owner's alone.
    """
    state = settings.state_dir.absolute()
    try:
        state.mkdir(mode=0o711, parents=True, exist_ok=True)
        (state / "logs").mkdir(mode=0o700, exist_ok=True)
        free = shutil.disk_usage(state).free
    except OSError as error:
        raise SettingsError(_unwritable(state, error)) from error
    if free < LEAST_FREE_BYTES:
        message = f"only {free // 1_000_000} MB are free for {state}; at least 200 MB are needed"
        raise SettingsError(message)
    return state


def _unwritable(state: Path, error: OSError) -> str:
    return (
        f"the state folder {state} cannot be used ({error.strerror or error}): set BOSS_STATE_DIR "
        f"to a folder that this user may write"
    )


def _already(run: Run | None) -> str:
    if run is None:
        return "another `boss up` is just starting or stopping in this state folder"
    return (
        f"already running at {run.url} (process {run.pid}, since {run.started_at[:16]} UTC).\n"
        f"  `boss link` prints a new sign-in link; `kill {run.pid}` stops it.\n"
        f"  A second system needs its own BOSS_STATE_DIR."
    )


app = typer.Typer(add_completion=False)
app.command()(up)
