"""A fake of OpenAI's endpoints for voice and pictures: what they check, and how they fail.

`POST /audio/transcriptions` takes a multipart form, `POST /chat/completions` a picture as a data
address. `answers` are given one a request, then `otherwise`; `asked` are the requests understood.
"""

import asyncio
import base64
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wire import Answer, Request, Wire

KEY = "sk-media"
_UNREADABLE = b"unreadable"


@dataclass(slots=True)
class OpenAiMedia:
    """Serves on loopback from `start()` to `close()`."""

    words: str = "Ana fix the header by friday"
    answers: deque[Answer] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    hanging: bool = False
    _wire: Wire | None = None

    @property
    def url(self) -> str:
        assert self._wire is not None
        return f"{self._wire.url}/v1"

    async def start(self) -> None:
        self._wire = Wire(self._respond)
        await self._wire.start()

    async def close(self) -> None:
        if self._wire is not None:
            await self._wire.close()

    async def _respond(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided")
        if self.hanging:
            await asyncio.Event().wait()
        match (request.method, request.path):
            case ("POST", "/v1/audio/transcriptions"):
                answer = self._transcription(request.fields())
            case ("POST", "/v1/chat/completions"):
                answer = self._description(request.fields())
            case _:
                return _error(404, "Unknown request URL")
        return self.answers.popleft() if self.answers and answer.status == 200 else answer

    def _transcription(self, fields: dict[str, Any]) -> Answer:
        if not fields.get("model") or not isinstance(fields.get("file"), bytes):
            return _error(400, "you must provide a model parameter and a file")
        if fields["file"].startswith(_UNREADABLE):
            return _error(400, "Invalid file format.")
        self.asked.append(fields)
        return Answer(body={"text": self.words})

    def _description(self, fields: dict[str, Any]) -> Answer:
        system, user = fields["messages"]
        text, picture = user["content"]
        head, _, encoded = picture["image_url"]["url"].partition(",")
        content = base64.b64decode(encoded)
        if content.startswith(_UNREADABLE):
            return _error(400, "You uploaded an unsupported image.")
        self.asked.append(
            {
                "system": system["content"],
                "text": text["text"],
                "head": head,
                "content": content,
                "model": fields["model"],
            }
        )
        message = {"role": "assistant", "content": self.words}
        return Answer(body={"choices": [{"index": 0, "message": message}]})


def _error(status: int, words: str) -> Answer:
    return Answer(status, {"error": {"message": words, "type": "invalid_request_error"}})
