"""Understanding: who reads messages, how fast, and what it costs."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Limits, Query, Row, Unit, lines
from deploy.grafana.boards.service import at, calls, process, service

AI = at("ai")
# What it is asked may take as long as the model thinks.
ALL = 'method!=""'
THINKING = Limits(2, 5)

UNDERSTANDING = Row(
    "Understanding",
    (
        lines(
            "Messages read, by who understood",
            "The grammar reads most; more “model” costs money and seconds.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_interpretations_total", AI, by="source, sure"), "{{source}}, sure: {{sure}}"),
            stacked=True,
            width=8,
        ),
        lines(
            "Messages read, by intent",
            "“unknown” rising: people say things that we do not understand yet.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_interpretations_total", AI, by="intent"), "{{intent}}"),
            stacked=True,
            width=8,
        ),
        lines(
            "Time of the grammar",
            "Milliseconds; more is a message that is far too long, or a rule that goes astray.",
            Unit.SECONDS,
            Query(q.quantile(0.5, "boss_grammar_duration_seconds", AI), "p50"),
            Query(q.quantile(0.95, "boss_grammar_duration_seconds", AI), "p95"),
            limits=Limits(0.05, 0.25),
            width=8,
        ),
        lines(
            "The model gave nothing usable",
            "By reason. It is asked about then; nobody is left without an answer.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_model_failures_total", AI, by="reason"), "{{reason}}"),
            limits=Limits(None, 0.1),
            width=8,
            more="boss-outside",
        ),
        lines(
            "Tokens paid for, a second",
            "Answers cost most, cached prompts least.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_model_tokens_total", AI, by="kind"), "{{kind}}"),
            stacked=True,
            width=8,
        ),
        lines(
            "Contexts",
            "Workspaces whose people and titles are in memory, and how they are kept fresh. “failed”:"
            " task was not there; names may be out of date.",
            Unit.COUNT,
            Query(q.total("boss_context_workspaces", AI), "workspaces"),
            Query(q.per_second("boss_context_refreshes_total", AI, by="result"), "{{result}} a second"),
            width=8,
        ),
    ),
)  # fmt: skip


BOARD = service(
    "ai",
    "Understanding: messages become intents.",
    *calls(AI, ALL, THINKING),
    UNDERSTANDING,
    process(AI, loops=False),
)
