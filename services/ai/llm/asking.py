"""What asking a language model means here: a versioned prompt, data, and one strict answer.

Pure; `deepseek.py` does it over HTTP. Every use is one call: `await model.complete(prompt, Kind,
within_s=…)` returns a value of that msgspec type, or raises ModelFailed, and then who asked answers
without a model. A prompt is a file of `prompts/` with its version in its name; what people wrote
goes into `told` alone, never into the instructions.
"""

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

Answer = TypeVar("Answer", bound=msgspec.Struct)

# An answer to a long message stays well below.
ANSWER_TOKENS = 4096
# How long the model is waited for, and what the answer needs to reach the caller in time.
MODEL_S, MARGIN_S = 30.0, 1.0
PROMPTS = Path(__file__).parent / "prompts"
_PLACE = re.compile(r"at `(\$[\w.\[\]]*)`$")


class Failure(enum.Enum):
    """Why there is no answer of the model's."""

    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    BUDGET = "budget"
    NONSENSE = "nonsense"


class ModelFailed(Exception):  # noqa: N818 -- what happened
    """The model gave nothing usable; the text is for the log and has no words of the message."""

    def __init__(self, failure: Failure, why: str) -> None:
        super().__init__(f"{failure.value}: {why}")
        self.failure = failure


class Nonsense(ModelFailed):
    """What the model said is no answer to what it was asked."""

    def __init__(self, why: str) -> None:
        super().__init__(Failure.NONSENSE, why)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked.

    `version` names a file of `prompts/`: "interpret.v1" is prompts/interpret.v1.md. Its {schema} is
    the JSON schema of the answer, its other places are `fill`; braces of its own are doubled. The
    file must say "json", and must not vary by message, so that the vendor's prefix cache holds it.
    `told` is the data, as JSON: names and texts, never a secret, an address or a resource name.
    """

    version: str
    told: Mapping[str, Any]
    fill: Mapping[str, str] = field(default_factory=dict)
    answer_tokens: int = ANSWER_TOKENS


class LanguageModel(Protocol):
    """Somebody who answers prompts."""

    async def complete(self, prompt: Prompt, kind: type[Answer], *, within_s: float) -> Answer:
        """Return the answer, seconds later; ModelFailed says why there is none.

        `kind` is a frozen msgspec.Struct with forbid_unknown_fields and limits on all that it
        holds. What it says is still to be checked against the text.
        """


def messages(prompt: Prompt, kind: type[msgspec.Struct]) -> list[dict[str, str]]:
    """Return the messages of a chat completion: fixed instructions, then the data."""
    fixed = instructions(prompt.version, kind, tuple(sorted(prompt.fill.items())))
    return [
        {"role": "system", "content": fixed},
        {"role": "user", "content": json.dumps(prompt.told, ensure_ascii=False)},
    ]


@cache
def instructions(
    version: str, kind: type[msgspec.Struct], fill: tuple[tuple[str, str], ...]
) -> str:
    """Return the versioned instructions, with the schema and the like filled in."""
    text = (PROMPTS / f"{version}.md").read_text(encoding="utf-8")
    return text.format(schema=schema(kind), **dict(fill))


def schema(kind: type[msgspec.Struct]) -> str:
    """Return the JSON schema of an answer, as prompts show it."""
    return msgspec.json.encode(msgspec.json.schema(kind)).decode()


def decoded(content: str, kind: type[Answer]) -> Answer:
    """Return the answer that the model's words hold. Raises Nonsense for anything else."""
    try:
        answer: Answer = _decoder(kind).decode(content.strip().encode())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        # The decoder's own words quote the answer, and so the message.
        place = _PLACE.search(str(error))
        where = f" at {place[1]}" if place else ""
        raise Nonsense(f"it is not of the schema{where} ({type(error).__name__})") from None
    return answer


@cache
def _decoder(kind: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=True)
