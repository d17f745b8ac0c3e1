"""The gateway: its requests, its conversations, its work."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Limits, Query, Row, Unit, lines, number, table
from deploy.grafana.boards.service import (
    AGE,
    SLOW,
    at,
    database,
    glance,
    process,
    service,
    work,
)

GATEWAY = at("gateway")

CONVERSATIONS = Row(
    "Conversations",
    (
        lines(
            "Messages waiting",
            "Accepted and not handled yet; every gateway sees the same. Rising: ai or task is down,"
            " or somebody sends faster than we read.",
            Unit.COUNT,
            Query(f"max(boss_inbox_depth{{{GATEWAY}}})", "waiting"),
            Query(f"max(boss_inbox_dead{{{GATEWAY}}})", "given up"),
            Query(f"max(boss_replies_owed{{{GATEWAY}}})", "replies owed"),
            limits=Limits(50, 500),
            width=6,
        ),
        lines(
            "Age of the oldest",
            "How long the first in line has waited. Nobody should wait for ten seconds.",
            Unit.SECONDS,
            Query(f"max(boss_inbox_oldest_age_seconds{{{GATEWAY}}})", "oldest"),
            limits=AGE,
            width=6,
        ),
        lines(
            "From message to answer",
            "From a message's arrival to its end. Over a second: the model was asked.",
            Unit.SECONDS,
            Query(q.quantile(0.5, "boss_inbox_duration_seconds", GATEWAY), "p50"),
            Query(q.quantile(0.95, "boss_inbox_duration_seconds", GATEWAY), "p95"),
            limits=Limits(2, 5),
            width=6,
        ),
        lines(
            "Replies",
            "By where they go and how it went. “failed”: the person got nothing.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_replies_total", GATEWAY, by="face, outcome"), "{{face}}: {{outcome}}"),
            width=6,
            more="boss-outside",
        ),
        lines(
            "Open streams",
            "Browsers and programs that follow what happens. Each holds a socket, hardly any CPU.",
            Unit.COUNT,
            Query(f"boss_http_streams{{{GATEWAY}}}", "{{instance}}"),
            limits=Limits(500, 1000),
            width=6,
        ),
        number(
            "Polls Telegram",
            "1 where a process has the lease to poll Telegram; 0 for all: updates come by webhook, or"
            " no bot is connected.",
            Unit.COUNT,
            Query(f"sum(boss_telegram_polling{{{GATEWAY}}})", "polling"),
            width=6,
        ),
        lines(
            "Messages handled, by outcome",
            "“dead” is rare: each is kept for the operator, with its reason.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_inbox_handled_total", GATEWAY, by="outcome"), "{{outcome}}"),
            width=12,
        ),
    ),
)  # fmt: skip


def routes() -> tuple[Row, Row]:
    """Return the gateway's requests."""
    prompt = f"{GATEWAY}, {q.PROMPT_ROUTES}"
    asked = f"{GATEWAY}, {q.ASKED_ROUTES}"
    by, window = "route, method", "5m"
    top = glance(
        GATEWAY,
        q.per_second(f"{q.HTTP}_count", asked),
        q.quantile(0.95, q.HTTP, prompt),
        q.failed_requests(asked),
    )
    detail = Row(
        "Requests",
        (
            lines(
                "Requests a second, by route",
                "Which routes the load is made of.",
                Unit.REQUESTS,
                Query(q.highest(10, q.per_second(f"{q.HTTP}_count", asked, by="route")), "{{route}}"),
                stacked=True,
            ),
            lines(
                "p95, by route",
                "One route rising alone: see its RPC in the service below. All together: CPU of the"
                " gateway, or something below all of them.",
                Unit.SECONDS,
                Query(q.highest(10, q.quantile(0.95, q.HTTP, prompt, by="route")), "{{route}}"),
                limits=SLOW,
            ),
            lines(
                "Requests a second, by status",
                "401: tokens; 409 and 412: two change the same; 429: limits; 503: what is below.",
                Unit.REQUESTS,
                Query(q.per_second(f"{q.HTTP}_count", asked, by="status"), "{{status}}"),
                stacked=True,
            ),
            table(
                "Each route",
                "Over five minutes. Sort by a column to see what is slow, and what is frequent.",
                Query(q.per_second(f"{q.HTTP}_count", asked, by=by, window=window), "requests", Unit.REQUESTS),
                Query(q.quantile(0.5, q.HTTP, asked, by=by, window=window), "p50", Unit.SECONDS, SLOW),
                Query(q.quantile(0.95, q.HTTP, asked, by=by, window=window), "p95", Unit.SECONDS, SLOW),
                Query(q.quantile(0.99, q.HTTP, asked, by=by, window=window), "p99", Unit.SECONDS, SLOW),
            ),
        ),
    )  # fmt: skip
    return top, detail


BOARD = service(
    "gateway",
    "The edge: HTTP, Telegram, conversations.",
    *routes(),
    CONVERSATIONS,
    work(GATEWAY),
    database(GATEWAY),
    process(GATEWAY),
)
