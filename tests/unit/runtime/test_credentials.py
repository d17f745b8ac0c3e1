"""Who calls: by token, by credential, for somebody else, or nobody."""

import pytest

from services.runtime.context import Caller
from services.runtime.credentials import (
    PACKED,
    Authenticator,
    credential,
    packed,
    proof_of,
    service_key,
    unpacked,
)
from services.runtime.errors import Forbidden, Unauthenticated
from services.runtime.parse import SecretStr
from services.runtime.settings import Settings

KEY = "k" * 64
ANA = Caller(person=7, workspace=1, token=3)


class Tokens:
    def __init__(self):
        self.asked = 0

    async def __call__(self, token):
        self.asked += 1
        return ANA if token == "bst_good" else None


@pytest.fixture
def tokens():
    return Tokens()


@pytest.fixture
def authenticate(tokens):
    return Authenticator(KEY, bearer=tokens)


def proof(service, **more):
    return {"boss-service": service, "boss-credential": credential(KEY, service), **more}


async def test_a_service_is_known_by_its_credential(authenticate):
    assert await authenticate(proof("ai")) == Caller(service="ai")


async def test_what_our_own_calls_carry_in_one_value_counts_as_if_each_had_come_by_itself(
    authenticate,
):
    told = packed(proof_of("gateway", KEY), request_id="r-1", actor=7, origin="web")

    metadata = unpacked({PACKED: told})

    assert await authenticate(metadata) == Caller(service="gateway", person=7)
    assert (metadata["boss-request-id"], metadata["boss-origin"]) == ("r-1", "web")


async def test_a_request_id_cannot_say_for_whom_a_call_is(authenticate):
    told = packed(proof_of("gateway", KEY), request_id="r-1 7 web", actor=None, origin="")

    assert await authenticate(unpacked({PACKED: told})) == Caller(service="gateway")


@pytest.mark.parametrize("told", ["", "gateway", "gateway wrong 7 web r-1", b"gateway"])
async def test_one_value_proves_nothing_without_the_credential(authenticate, told):
    with pytest.raises(Unauthenticated):
        await authenticate(unpacked({PACKED: told}))


@pytest.mark.parametrize("service", ["gateway", "cli"])
async def test_the_edge_may_act_for_a_person(authenticate, service):
    caller = await authenticate(proof(service, **{"boss-actor": "7"}))

    assert caller == Caller(service=service, person=7)


@pytest.mark.parametrize("service", ["ai", "notify", "task"])
async def test_others_may_not(authenticate, service):
    with pytest.raises(Forbidden):
        await authenticate(proof(service, **{"boss-actor": "7"}))


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"boss-service": "gateway"},
        {"boss-service": "gateway", "boss-credential": credential(KEY, "ai")},
        {"boss-service": "gateway", "boss-credential": credential("other", "gateway")},
        {"boss-service": "gateway", "boss-credential": "é"},
        {"boss-service": "gateway", "boss-credential": b"\xff"},
        {"boss-service": "stranger", "boss-credential": credential(KEY, "stranger")},
        proof("gateway", **{"boss-actor": "me"}),
        proof("gateway", **{"boss-actor": "-1"}),
        proof("gateway", **{"boss-actor": "²"}),
        proof("gateway", **{"boss-actor": "9" * 30}),
        {"boss-actor": "7"},
        {"authorization": "Bearer"},
        {"authorization": "Basic bst_good"},
        {"authorization": "Bearer bst_bad"},
        {"authorization": b"Bearer bst_good"},
    ],
)
async def test_anything_else_is_nobody(authenticate, metadata):
    with pytest.raises(Unauthenticated):
        await authenticate(metadata)


async def test_a_person_is_known_by_a_token(authenticate):
    assert await authenticate({"authorization": "Bearer bst_good"}) == ANA


async def test_a_token_is_looked_up_once_in_a_while(tokens, authenticate):
    for _ in range(3):
        await authenticate({"authorization": "Bearer bst_good"})

    assert tokens.asked == 1


async def test_a_token_is_looked_up_anew_when_its_time_is_over(tokens):
    authenticate = Authenticator(KEY, bearer=tokens, life_s=0)

    for _ in range(3):
        await authenticate({"authorization": "Bearer bst_good"})

    assert tokens.asked == 3


def test_services_of_one_folder_share_a_key(tmp_path):
    settings = Settings(state_dir=tmp_path)

    assert service_key(settings) == service_key(settings)
    assert len(service_key(settings)) == 64
    assert service_key(settings.replace(service_key=SecretStr(KEY))) == KEY
