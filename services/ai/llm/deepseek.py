"""Asks the model: DeepSeek, or any other API of OpenAI's form, over HTTP.

One call, one strict answer (`asking.py`), within 30 s and within what the RPC has left; a second
try only where it can help and there is time for it. Everything that goes wrong ends as ModelFailed,
so what can be said without a model stands. Sources: api-docs.deepseek.com (rate limit: blank lines
before the body while queued; error codes; JSON output: the content may be empty).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from services.ai import metrics
from services.ai.llm import asking, completions
from services.ai.llm.answers import MOST_BYTES, Answers, key_of
from services.ai.llm.asking import Answer, Failure, ModelFailed, Prompt
from services.ai.llm.budget import Budget
from services.ai.llm.completions import Again
from services.ai.llm.sharing import Shared
from services.runtime import logs
from services.runtime.breaker import Breaker
from services.runtime.outbound import (
    BreakerOpen,
    Broken,
    Outbound,
    OutboundError,
    Refused,
    Timeout,
    Timeouts,
)
from services.runtime.settings import Settings

TOTAL_S = 30.0
CONNECT_S = 3.0
# A call that is begun with less has no chance; the model's median is over a second.
WORTH_S = 1.5
# What a place among the calls under way, and a vendor's "retry after", are waited for.
PLACE_S = 1.0
PATIENCE_S = 3.0
AT_ONCE = 8
# A call that takes longer than this leaves its place to others: a model that hangs would otherwise
# keep all places for 30 s, and be back long before that.
PLACE_HELD_S = 8.0
CONNECTIONS = 40
TRIES = 2
ANSWER_BYTES = 1_000_000
PAYMENT_REQUIRED, TOO_MANY = 402, 429

_log = logs.logger("model")


def outbound(settings: Settings, key: str) -> Outbound:
    """Return the way to the model: found broken after two failures, probed every 4 s.

    ADR 0032 says why so often: a model that is back is to be used again within 10 s, though a
    probe from before may hang for 30.
    """
    return Outbound(
        "deepseek",
        settings.deepseek_api_url,
        timeouts=Timeouts(connect=CONNECT_S, read=TOTAL_S, write=5.0, pool=PLACE_S),
        connections=CONNECTIONS,
        headers={"Authorization": f"Bearer {key}"},
        breaker=Breaker(failures=2, pause_s=4.0, probe_s=4.0),
    )


def made(settings: Settings, key: str) -> "DeepSeek":
    """Return the model of the settings, with its budget and the answers that are kept."""
    shared = None
    if settings.redis_url is not None:
        # The client costs 60 ms of start and some MB: whoever has no Redis does not load it.
        from services.runtime.shared import SharedStore  # noqa: PLC0415

        shared = SharedStore.at(settings.redis_url.get_secret_value(), settings, form="model.v1")
    return DeepSeek(
        outbound(settings, key),
        model=settings.deepseek_model,
        budget=Budget.of(settings, shared),
        answers=Answers(most_bytes=MOST_BYTES if settings.cache else 0, shared=shared),
        shared=shared,
    )


class DeepSeek:
    """The model as everything in this service asks it: an `asking.LanguageModel`."""

    def __init__(
        self,
        outside: Outbound,
        *,
        model: str,
        budget: Budget,
        answers: Answers,
        shared: Shared | None = None,
        at_once: int = AT_ONCE,
        place_held_s: float = PLACE_HELD_S,
    ) -> None:
        self._outside = outside
        self._model = model
        self.budget = budget
        self._answers = answers
        self._shared = shared
        self._places = asyncio.Semaphore(at_once)
        self._place_held_s = place_held_s
        self._not_before = 0.0

    async def complete(self, prompt: Prompt, kind: type[Answer], *, within_s: float) -> Answer:
        """Return the model's answer, seconds later; ModelFailed says why there is none.

        What it has answered to the same question before is not asked again.
        """
        outcome = "cancelled"
        try:
            answer, outcome = await self._completed(prompt, kind, within_s)
        except ModelFailed as error:
            outcome = error.failure.value
            raise
        finally:
            metrics.MODEL_ANSWERS.labels(prompt.version, outcome).inc()
        return answer

    async def _completed(
        self, prompt: Prompt, kind: type[Answer], within_s: float
    ) -> tuple[Answer, str]:
        ends = time.monotonic() + min(within_s, TOTAL_S)
        messages = asking.messages(prompt, kind)
        key = key_of(self._model, messages)
        kept = await self._answers.get(key)
        if kept is not None:
            return asking.decoded(kept, kind), "kept"
        body = {
            "model": self._model,
            "messages": messages,
            "response_format": {"type": "json_object"},
            "temperature": 0,
            "max_tokens": prompt.answer_tokens,
            "stream": False,
        }
        await self.budget.check()
        content = await self._tried(body, kind, ends)
        await self._answers.put(key, content)
        return asking.decoded(content, kind), "answered"

    async def _tried(self, body: Mapping[str, Any], kind: type[Answer], ends: float) -> str:
        """Return what it says, of the form that is asked for; once more where that may help."""
        failed: ModelFailed | None = None
        for _ in range(TRIES):
            left_s = ends - time.monotonic()
            if left_s < WORTH_S:
                break
            try:
                content = await self._once(body, within_s=left_s)
                asking.decoded(content, kind)
            except Again as error:
                failed = error
                if ends - time.monotonic() - error.pause_s < WORTH_S:
                    break
                await asyncio.sleep(error.pause_s)
            else:
                return content
        raise failed or ModelFailed(Failure.TIMEOUT, "no time was left to ask")

    async def close(self) -> None:
        """Close the connections."""
        await self._outside.close()
        if self._shared is not None:
            await self._shared.close()

    async def _once(self, body: Mapping[str, Any], *, within_s: float) -> str:
        if time.monotonic() < self._not_before:
            raise ModelFailed(Failure.UNAVAILABLE, "it asked for a pause")
        async with self._place():
            try:
                answer = await self._post(body, within_s=within_s)
            except OutboundError as error:
                raise self._failure(error) from error
        completion = completions.decoded(answer)
        await self.budget.spend(completions.usage(completion, body["messages"]))
        return completions.content(completion)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PLACE_S):
                await self._places.acquire()
        except TimeoutError as error:
            raise ModelFailed(Failure.UNAVAILABLE, "too many calls are under way") from error
        early = asyncio.get_running_loop().call_later(self._place_held_s, self._places.release)
        try:
            yield
        finally:
            # Otherwise it is given back already, or is about to be.
            if early.when() > asyncio.get_running_loop().time():
                early.cancel()
                self._places.release()

    async def _post(self, body: Mapping[str, Any], *, within_s: float) -> bytes:
        answer = bytearray()
        async with self._outside.stream(
            "POST", "/chat/completions", json=body, total_s=within_s
        ) as response:
            async for piece in response.aiter_bytes():
                # Blank lines keep the connection alive while the request is queued.
                answer += piece if answer else piece.lstrip()
                if len(answer) > ANSWER_BYTES:
                    break
        return bytes(answer)

    def _failure(self, error: OutboundError) -> ModelFailed:
        match error:
            case Timeout():
                return ModelFailed(Failure.TIMEOUT, str(error))
            case BreakerOpen():
                return ModelFailed(Failure.UNAVAILABLE, str(error))
            case Broken():
                return Again(Failure.UNAVAILABLE, str(error), 0.2)
            case Refused(status=status) if status == PAYMENT_REQUIRED:
                return ModelFailed(Failure.BUDGET, str(error))
            case Refused(status=status) if status == TOO_MANY:
                return self._too_many(error)
            case _:
                # A wrong key or a request of ours that it doesn't take: the operator must see it.
                _log.error("the model refuses", error=str(error))
                return ModelFailed(Failure.UNAVAILABLE, str(error))

    def _too_many(self, error: OutboundError) -> ModelFailed:
        told = error.retry_after
        pause_s = 1.0 if told is None else told.total_seconds()
        if pause_s <= PATIENCE_S:
            return Again(Failure.UNAVAILABLE, str(error), pause_s)
        self._not_before = time.monotonic() + min(pause_s, 60.0)
        return ModelFailed(Failure.UNAVAILABLE, str(error))
