"""What all tests share: a clean environment, and one PostgreSQL per run of pytest (or worker)."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from services.cli.postgres import Postgres
from services.runtime import clock
from services.runtime.parse import SecretStr
from services.runtime.settings import VARIABLES, Settings
from tests.postgres import Databases, start

# How long an example takes is the machine's business: a busy one is no fault of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Before anything reads it: a developer's own variables must not steer a test.
for variable in list(os.environ):
    if variable in VARIABLES or variable.startswith("BOSS_"):
        del os.environ[variable]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory) -> Iterator[Postgres]:
    """A running server; its data are not synced, as nobody needs them tomorrow."""
    server = start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop(immediate=True)


@pytest.fixture(scope="session")
def databases(postgres) -> Databases:
    """Makes new databases: `databases.new()` returns the address of one, some 50 ms."""
    return Databases(postgres.url)


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    """The address of a database that this module alone uses, with all services' schemas."""
    return databases.new()


@pytest.fixture
def settings(database_url, tmp_path) -> Settings:
    """Settings with the module's database and a state folder of the test's own."""
    return Settings(
        database_url=SecretStr(database_url), state_dir=tmp_path / "state", timezone="UTC"
    )


@pytest.fixture(autouse=True)
def _real_time() -> Iterator[None]:
    """Business time is the real one again after a test has set it."""
    yield
    clock.follow(Settings())
