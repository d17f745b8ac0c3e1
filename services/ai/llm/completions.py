"""The body of a chat completion: its words, what it took, and what may be wrong with it.

Pure. The form is OpenAI's with DeepSeek's additions; fields that nobody needs are left alone.
"""

from collections.abc import Mapping, Sequence

import msgspec

from services.ai.llm.asking import Failure, ModelFailed, Nonsense
from services.ai.llm.budget import CHARACTERS_A_TOKEN, Usage


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    # DeepSeek tells hits and misses of its cache; others the sum, and hits in the details.
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_cache_hit_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class Completion(msgspec.Struct):
    """An answer."""

    choices: list[_Choice]
    usage: _Usage | None = None


class Again(ModelFailed):
    """A failure that another try may heal, after this pause."""

    def __init__(self, failure: Failure, why: str, pause_s: float = 0.0) -> None:
        super().__init__(failure, why)
        self.pause_s = pause_s


_DECODER = msgspec.json.Decoder(Completion)


def decoded(answer: bytes) -> Completion:
    """Return the body of an answer; ModelFailed, which another try may heal, where it is none."""
    try:
        return _DECODER.decode(answer)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Again(Failure.NONSENSE, f"no completion ({type(error).__name__})") from None


def usage(completion: Completion, messages: Sequence[Mapping[str, str]]) -> Usage:
    """Return what an answer says that it took; by the lengths where it says nothing."""
    told = completion.usage
    if told is None:
        asked = sum(len(each["content"]) for each in messages)
        said = sum(len(each.message.content or "") for each in completion.choices)
        return Usage(prompt=asked // CHARACTERS_A_TOKEN, answer=said // CHARACTERS_A_TOKEN)
    cached = told.prompt_cache_hit_tokens
    if cached is None and told.prompt_tokens_details is not None:
        cached = told.prompt_tokens_details.cached_tokens
    asked, cached = max(0, told.prompt_tokens), max(0, cached or 0)
    return Usage(
        prompt=max(0, asked - cached), cached=cached, answer=max(0, told.completion_tokens)
    )


def content(completion: Completion) -> str:
    """Return the words of an answer; ModelFailed where there are none, or not all."""
    if not completion.choices:
        raise Again(Failure.NONSENSE, "no choice")
    choice = completion.choices[0]
    match choice.finish_reason:
        case "insufficient_system_resource":
            raise Again(Failure.UNAVAILABLE, "it broke off for want of resources")
        case "length" | "content_filter" as reason:
            # The same again would end the same way.
            raise Nonsense(f"it broke off ({reason})")
        case _:
            pass
    if not (words := (choice.message.content or "").strip()):
        raise Again(Failure.NONSENSE, "an empty answer")
    return words
