"""What `ai` counts besides what every service does; no label takes words of a message."""

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.metrics import BUCKETS_S

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
MODEL_TOKENS = Counter("boss_model_tokens_total", "Tokens paid for, by kind", ("kind",))
CONTEXT_REFRESHES = Counter(
    "boss_context_refreshes_total",
    "Workspaces' contexts asked of task: full, delta or failed",
    ("result",),
)
CONTEXT_WORKSPACES = Gauge("boss_context_workspaces", "Workspaces whose context is in memory")
