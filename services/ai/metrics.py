"""What `ai` counts besides what every service does; no label takes words of a message."""

from prometheus_client import Counter, Gauge, Histogram

from services.ai.llm.asking import Failure
from services.runtime.metrics import BUCKETS_S, expect

INTERPRETATIONS = Counter(
    "boss_interpretations_total",
    "Messages read, by what they want, who understood them and whether it may be acted on",
    ("intent", "source", "sure"),
)
GRAMMAR_DURATION = Histogram(
    "boss_grammar_duration_seconds", "Time of the grammar for a message", buckets=BUCKETS_S
)
MODEL_FAILURES = Counter(
    "boss_model_failures_total", "Messages for which the model gave nothing usable", ("reason",)
)
expect(MODEL_FAILURES, (failure.value for failure in Failure))
MODEL_TOKENS = Counter("boss_model_tokens_total", "Tokens paid for, by kind", ("kind",))
MODEL_MONEY = Counter("boss_model_money_dollars_total", "Dollars that answers of the model cost")
MODEL_BUDGET = Gauge(
    "boss_model_budget_used_ratio", "Share of the day's budget that is spent", ("of",)
)
MODEL_ANSWERS = Counter(
    "boss_model_answers_total",
    "Questions to the model by the prompt's version: answered, kept from before, or why not",
    ("prompt", "outcome"),
)
CONTEXT_REFRESHES = Counter(
    "boss_context_refreshes_total",
    "Workspaces' contexts asked of task: full, delta or failed",
    ("result",),
)
expect(CONTEXT_REFRESHES, ("full", "delta", "failed"))
CONTEXT_WORKSPACES = Gauge("boss_context_workspaces", "Workspaces whose context is in memory")
