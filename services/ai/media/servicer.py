"""MediaService over gRPC: checks what is sent, asks the endpoint where there is one."""

from typing import Protocol

from boss.ai.v1 import media_service_pb2 as wire
from boss.ai.v1.media_service_pb2_grpc import MediaServiceServicer

from services.ai.faults import Faults, acting_person
from services.ai.media.model import (
    ABOUT_MOST,
    CONTENT_MOST,
    LANGUAGE_MOST,
    MEDIA,
    Medium,
)
from services.ai.media.recording import Recording
from services.runtime.errors import Conflict
from services.runtime.interceptors import Rpc

# ruff: noqa: N802 -- the RPCs' names

# The endpoint has 35 s of these.
DEADLINE_S = 40.0


class Listener(Protocol):
    """Somebody who turns recordings into words."""

    async def words(self, recording: Recording) -> str:
        """Return the words."""


class Media(MediaServiceServicer):
    """Turns voice and pictures into words."""

    def __init__(self, voice: Listener | None, pictures: Listener | None) -> None:
        self._endpoints = {Medium.VOICE: voice, Medium.PICTURE: pictures}

    async def Transcribe(
        self, request: wire.TranscribeRequest, _rpc: Rpc
    ) -> wire.TranscribeResponse:
        """Write down what is said."""
        recording = Recording(request.audio, request.media_type, request.language)
        text, cut = await self._words(Medium.VOICE, recording, hint=("language", LANGUAGE_MOST))
        return wire.TranscribeResponse(text=text, cut=cut)

    async def DescribePicture(
        self, request: wire.DescribePictureRequest, _rpc: Rpc
    ) -> wire.DescribePictureResponse:
        """Say what is in a picture."""
        recording = Recording(request.picture, request.media_type, request.about)
        text, cut = await self._words(Medium.PICTURE, recording, hint=("about", ABOUT_MOST))
        return wire.DescribePictureResponse(text=text, cut=cut)

    async def _words(
        self, medium: Medium, recording: Recording, *, hint: tuple[str, int]
    ) -> tuple[str, bool]:
        acting_person()
        told = MEDIA[medium]
        faults = Faults()
        if not 1 <= len(recording.content) <= CONTENT_MOST:
            faults.add(told.field, f"must hold 1 to {CONTENT_MOST:,} bytes")
        if recording.media_type not in told.types:
            faults.add("media_type", f"must be one of {', '.join(told.types)}")
        faults.text(hint[0], recording.hint, most=hint[1])
        faults.raise_if_any()
        endpoint = self._endpoints[medium]
        if endpoint is None:
            raise Conflict(told.off, told.off_words)
        text = await endpoint.words(recording)
        return text[: told.most], len(text) > told.most
