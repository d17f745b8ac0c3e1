"""Reads a message: the grammar first; the model only where the grammar is not sure.

The model is asked only when there is one and the caller allows it, and within what is left of the
call's time. What it says is merged by `merge.py`; where it fails, the grammar's reading stands and
says why.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime

from services.ai import merge, metrics, prompt
from services.ai.confidence import understand
from services.ai.llm.asking import MARGIN_S, MODEL_S, LanguageModel, ModelFailed
from services.ai.model import Context, Interpretation, Person, Source
from services.ai.reading import Reading
from services.runtime import context as calls
from services.runtime import logs

_log = logs.logger("interpret")


class Interpreter:
    """Reads messages, with a model or without."""

    def __init__(self, model: LanguageModel | None = None) -> None:
        self._model = model

    def warm_up(self) -> None:
        """Read a sentence of no account, so that the first message doesn't wait for patterns."""
        somebody = Person("workspaces/0/people/0", "Ana")
        context = Context(datetime.fromtimestamp(0, UTC), somebody, roster=(somebody,))
        understand("Ana fix the header by friday 5pm, urgent", context)

    async def interpret(
        self, text: str, context: Context, *, as_of: int, local_only: bool = False
    ) -> Interpretation:
        """Return the best reading: in milliseconds, or up to 30 s where the model is asked."""
        began = time.perf_counter()
        local = understand(text, context)
        metrics.GRAMMAR_DURATION.observe(time.perf_counter() - began)
        best = local
        if self._model is not None and not local_only and merge.worth_asking(local):
            best = await self._asked(self._model, text, context, local)
        metrics.INTERPRETATIONS.labels(
            best.intent.value, best.source.value, "yes" if best.sure else "no"
        ).inc()
        return replace(best, as_of=as_of)

    async def _asked(
        self, model: LanguageModel, text: str, context: Context, local: Interpretation
    ) -> Interpretation:
        within_s = calls.within(MODEL_S, margin_s=MARGIN_S)
        try:
            told = prompt.of(prompt.question(text, context))
            reading = await model.complete(told, Reading, within_s=within_s)
        except ModelFailed as error:
            metrics.MODEL_FAILURES.labels(error.failure.value).inc()
            _log.warning("the model gives no reading", why=str(error))
            return replace(
                local,
                sure=False,
                source=Source.GRAMMAR_AFTER_MODEL,
                model_failure=error.failure.value,
            )
        return merge.merged(text, context, local, reading)
