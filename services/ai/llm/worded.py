"""Has the model better what the rules have made; where it can't, the rules' answer stands.

The one way by which everything beside reading messages asks the model: within what is left of the
call, counted, and never raising for the model's sake.
"""

from typing import TypeAlias

from boss.ai.v1 import answer_pb2

from services.ai import metrics
from services.ai.llm.asking import MARGIN_S, MODEL_S, Answer, LanguageModel, ModelFailed, Prompt
from services.runtime import context as calls
from services.runtime import logs

# What a call may take that may ask the model.
DEADLINE_S = 33.0

Source: TypeAlias = answer_pb2.AnswerSource.ValueType
RULES = answer_pb2.ANSWER_SOURCE_RULES
WITH_MODEL = answer_pb2.ANSWER_SOURCE_RULES_AND_MODEL
AFTER_MODEL = answer_pb2.ANSWER_SOURCE_RULES_AFTER_MODEL

_log = logs.logger("worded")


async def asked(
    model: LanguageModel | None, prompt: Prompt, kind: type[Answer], *, local_only: bool
) -> tuple[Answer | None, Source]:
    """Return what the model says, seconds later, and who made the answer; None: the rules alone."""
    if model is None or local_only:
        return None, RULES
    within_s = calls.within(MODEL_S, margin_s=MARGIN_S)
    try:
        return await model.complete(prompt, kind, within_s=within_s), WITH_MODEL
    except ModelFailed as error:
        metrics.MODEL_FAILURES.labels(error.failure.value).inc()
        _log.warning("the model gives no words", prompt=prompt.version, why=str(error))
        return None, AFTER_MODEL
