"""What a gateway has made before anybody asks."""

from prometheus_client import REGISTRY

from services.gateway import sessions
from services.gateway.caching.cache import Cache
from services.gateway.caching.memory import Memory
from services.gateway.caching.warming import PATHS, Warming
from services.gateway.operation import Identity
from services.gateway.watch import Watch
from services.runtime.errors import Forbidden


async def test_at_the_start_it_is_made_for_those_whose_browsers_asked_last(database):
    for person in (7, 8):
        await sessions.begin(database, workspace=1, person=person, user_agent="a browser")
    asked = []

    async def warm(who: Identity, path: str) -> None:
        asked.append((who.person, path))
        if who.person == 8:
            raise Forbidden("PERSON_LEFT", "You are no longer a part of this workspace.")

    before = REGISTRY.get_sample_value("boss_cache_warmed_total") or 0.0
    watch = Watch()
    await Warming(Cache(Memory(), watch), watch, database, warm).start()

    assert sorted(asked) == [(person, path) for person in (7, 8) for path in sorted(PATHS)]
    assert REGISTRY.get_sample_value("boss_cache_warmed_total") == before + len(PATHS)
