"""The gateway's HTTP API as the commands use it: one call, JSON in and out, standard library.

It knows where the system runs and with which token the owner speaks; nothing of what is asked.
"""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from services.cli.running import present
from services.runtime.settings import Settings

OWNER_FILE = "owner-token"
# The gateway tells what people do through commands from what programs do by this.
ME = "boss-cli"


class ApiError(Exception):
    """The system could not be asked, or refused; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the body where it was JSON."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return self.status < http.client.BAD_REQUEST

    @property
    def problem(self) -> str:
        """What a refusal says, in one line."""
        if not isinstance(self.body, dict):
            return f"status {self.status}"
        text = str(self.body.get("detail") or self.body.get("title") or f"status {self.status}")
        faults = self.body.get("errors") or []
        return "; ".join([text, *(f"{one.get('pointer')}: {one.get('detail')}" for one in faults)])


@dataclass(frozen=True, slots=True)
class Api:
    """One gateway, and the token to use there."""

    url: str
    token: str | None

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = 40.0,
    ) -> Answer:
        """Return the answer, refusals included.

        Raises:
            ApiError: nothing answers there.
        """
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
        sent = {"Accept": "application/json", "User-Agent": ME, **(headers or {})}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, f"{parts.path}{path}", body=content, headers=sent)
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            message = f"nothing answers at {self.url} ({error}); is it running? Try: boss status"
            raise ApiError(message) from error
        finally:
            connection.close()
        try:
            decoded = json.loads(raw) if raw else None
        except ValueError:
            decoded = None
        return Answer(response.status, decoded)

    def ask(self, method: str, path: str, *, body: Any = None) -> Any:
        """Return the body of a success.

        Raises:
            ApiError: nothing answers, or it refuses; with its reason.
        """
        answer = self.call(method, path, body=body)
        if not answer.ok:
            raise ApiError(answer.problem)
        return answer.body


def owner_token(settings: Settings) -> str | None:
    """Return the token of the owner: the preset one, else the one kept in the state folder."""
    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    try:
        return (settings.state_dir / OWNER_FILE).read_text().strip() or None
    except OSError:
        return None


def running_api(settings: Settings) -> Api:
    """Return the API of the system of this state folder, else that of PORT on this machine."""
    run = present(settings.state_dir)
    url = run.url if run is not None else f"http://127.0.0.1:{settings.port}"
    return Api(url=url, token=owner_token(settings))


def owner_api(settings: Settings) -> Api:
    """Return the API as the owner uses it.

    Raises:
        ApiError: no token is found.
    """
    api = running_api(settings)
    if api.token is None:
        message = (
            f"no owner token: {settings.state_dir / OWNER_FILE} is missing. "
            f"Start the system (boss up), or set BOSS_STATE_DIR or BOSS_API_TOKEN to its own"
        )
        raise ApiError(message)
    return api
