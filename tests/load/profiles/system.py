"""A product with 20 workspaces to put load on, and the processes that make it up."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.load.bench import HEAD, TOKEN, Product
from tests.load.profiles import world
from tests.load.profiles.watch import Cpu

WORKSPACES = 20


@dataclass(frozen=True, slots=True)
class Running:
    """A started product, its file of the world, and a folder for more."""

    product: Product
    folder: Path
    world: Path
    pids: dict[str, int]
    postgres: int | None

    @property
    def base(self) -> str:
        """Return its address."""
        return self.product.base

    @property
    def head(self) -> dict[str, str]:
        """Return the header of the owner of the first workspace."""
        return HEAD

    def cpu(self) -> Cpu:
        """Return what counts the CPU of its processes from now on."""
        counted = Cpu(self.pids, self.postgres)
        counted.begin()
        return counted


@contextlib.contextmanager
def running(*, cache: str, workspaces: int = WORKSPACES) -> Iterator[Running]:
    """Start a product, make its workspaces; all is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="boss-load-"))
    product = Product(f"{folder}/state", cache=cache)
    try:
        product.start()
        try:
            file = folder / "world.json"
            file.write_text(json.dumps(world.make(product.base, TOKEN, workspaces=workspaces)))
            state = Path(product.state)
            run = json.loads((state / "run.json").read_text())
            pids = {name: one["pid"] for name, one in run["services"].items()}
            pid_file = next(state.rglob("postmaster.pid"), None)
            postgres = int(pid_file.read_text().split()[0]) if pid_file else None
            yield Running(product, folder, file, pids, postgres)
        finally:
            product.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
