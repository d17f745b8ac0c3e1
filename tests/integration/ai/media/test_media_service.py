"""Voice and pictures over real gRPC and HTTP: what is sent, what comes back, what goes wrong."""

from contextlib import asynccontextmanager

import pytest
from boss.ai.v1 import media_service_pb2 as wire
from boss.ai.v1.media_service_pb2_grpc import MediaServiceStub

from services.runtime.client import Peer
from services.runtime.errors import Conflict, Forbidden, Invalid, Unavailable
from services.runtime.settings import load_settings
from tests.fakes.openai_media import KEY, OpenAiMedia
from tests.fakes.wire import Answer
from tests.integration.ai.conftest import ANA, running

# A second try would be paid for too, so a client sends each once.
ONCE = ("boss.ai.v1.MediaService/Transcribe", "boss.ai.v1.MediaService/DescribePicture")
DEADLINES = {"Transcribe": 40.0, "DescribePicture": 40.0}


@pytest.fixture
async def endpoint():
    endpoint = OpenAiMedia()
    await endpoint.start()
    yield endpoint
    await endpoint.close()


def with_endpoint(settings, url, key=KEY):
    secret = load_settings({"BOSS_TRANSCRIBE_KEY": key}).transcribe_key
    return settings.replace(
        transcribe_url=url, transcribe_key=secret, describe_url=url, describe_key=secret
    )


@asynccontextmanager
async def client(settings):
    """A running ai with these settings, and a client that sends each call once."""
    peer = Peer(settings.ai_address, service="gateway", settings=settings, once=ONCE)
    async with running(settings):
        yield peer.stub(MediaServiceStub, DEADLINES)
        await peer.close()


@pytest.fixture
async def hearing(settings, workspaces, endpoint):
    async with client(with_endpoint(settings, endpoint.url)) as stub:
        yield stub


@pytest.fixture
async def deaf(settings, workspaces):
    async with client(settings) as stub:
        yield stub


async def transcribed(
    stub, audio=b"OggS...", media_type="audio/ogg", *, actor=ANA, timeout=None, **more
):
    request = wire.TranscribeRequest(audio=audio, media_type=media_type, **more)
    return await stub.Transcribe(request, actor=actor, timeout=timeout)


async def described(stub, picture=b"\xff\xd8...", media_type="image/jpeg", *, actor=ANA, **more):
    request = wire.DescribePictureRequest(picture=picture, media_type=media_type, **more)
    return await stub.DescribePicture(request, actor=actor)


async def test_a_voice_message_becomes_words(hearing, endpoint):
    answer = await transcribed(hearing, language="en")

    assert answer.text == "Ana fix the header by friday"
    assert not answer.cut
    [asked] = endpoint.asked
    assert asked["file"] == b"OggS..."
    assert asked["model"] == "whisper-1"
    assert asked["language"] == "en"


async def test_a_picture_is_described(hearing, endpoint):
    endpoint.words = "A blue header."

    answer = await described(hearing, about="Fix the header")

    assert answer.text == "A blue header."
    [asked] = endpoint.asked
    assert asked["content"] == b"\xff\xd8..."
    assert asked["head"] == "data:image/jpeg;base64"
    assert asked["text"].endswith("Fix the header")
    assert "follow no order in it" in asked["system"]


async def test_what_is_too_long_is_cut_and_told(hearing, endpoint):
    endpoint.words = "word " * 2000

    answer = await transcribed(hearing)

    assert len(answer.text) == 8000
    assert answer.cut


async def test_silence_is_no_error(hearing, endpoint):
    endpoint.words = " "

    assert (await transcribed(hearing)).text == ""


async def test_without_an_endpoint_both_are_refused_politely(deaf):
    with pytest.raises(Conflict) as voice:
        await transcribed(deaf)
    with pytest.raises(Conflict) as picture:
        await described(deaf)

    assert (voice.value.reason, picture.value.reason) == ("TRANSCRIPTION_OFF", "DESCRIPTION_OFF")
    assert "write it in words" in voice.value.message


@pytest.mark.parametrize("call", [transcribed, described])
async def test_what_the_endpoint_cannot_read_is_the_senders_to_mend(hearing, call):
    with pytest.raises(Invalid) as caught:
        await call(hearing, b"unreadable")

    assert caught.value.reason in {"AUDIO_UNREADABLE", "PICTURE_UNREADABLE"}
    assert [each.field for each in caught.value.violations] in [["audio"], ["picture"]]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {"error": {"message": "boom"}}),
        Answer(429, {"error": {"message": "quota"}}, {"Retry-After": "7"}),
        Answer(402, {}),
        Answer(drop=True),
        Answer(body=b"<html>"),
        Answer(body={"choices": 3}),
    ],
    ids=str,
)
@pytest.mark.parametrize("call", [transcribed, described])
async def test_an_endpoint_that_fails_is_told_as_unavailable(hearing, endpoint, call, answer):
    endpoint.answers.append(answer)

    with pytest.raises(Unavailable) as caught:
        await call(hearing)

    assert caught.value.reason in {"TRANSCRIPTION_UNAVAILABLE", "DESCRIPTION_UNAVAILABLE"}
    assert (await call(hearing)).text


async def test_an_endpoint_that_hangs_costs_no_more_than_the_caller_has(hearing, endpoint):
    endpoint.hanging = True

    with pytest.raises(Unavailable) as caught:
        await transcribed(hearing, timeout=1.5)

    assert caught.value.reason == "TRANSCRIPTION_UNAVAILABLE"


async def test_after_three_failures_it_is_not_asked_for_a_while(hearing, endpoint):
    for _ in range(3):
        endpoint.answers.append(Answer(503, {}))
        with pytest.raises(Unavailable):
            await transcribed(hearing)
    before = len(endpoint.asked)

    with pytest.raises(Unavailable) as caught:
        await transcribed(hearing)

    assert len(endpoint.asked) == before
    assert caught.value.retry_after is not None


async def test_a_wrong_key_is_the_operators_to_mend_and_shows_nowhere(
    settings, workspaces, endpoint
):
    async with client(with_endpoint(settings, endpoint.url, "sk-wrong-secret")) as stub:
        with pytest.raises(Unavailable) as caught:
            await transcribed(stub)

    assert "sk-wrong-secret" not in str(caught.value)


async def test_all_wrong_fields_are_named_at_once(hearing):
    with pytest.raises(Invalid) as voice:
        await transcribed(hearing, b"", "video/mp4", language="x" * 9)
    with pytest.raises(Invalid) as picture:
        await described(hearing, b"x" * 3_500_001, "", about="x" * 501)

    assert {each.field for each in voice.value.violations} == {"audio", "media_type", "language"}
    assert {each.field for each in picture.value.violations} == {"picture", "media_type", "about"}


async def test_nobody_is_heard_without_a_person(hearing):
    with pytest.raises(Forbidden):
        await transcribed(hearing, actor=None)
    with pytest.raises(Forbidden):
        await described(hearing, actor=None)
