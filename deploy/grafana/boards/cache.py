"""The answers that the gateway keeps: how often they are right at hand, what they cost, how old."""

from deploy.grafana.boards import promql as q
from deploy.grafana.boards.panels import Board, Choice, Limits, Query, Row, Unit, lines, number

WHERE = 'instance=~"$instance"'
HITS = Limits(0.75, 0.6, low=True)
ASKED = "boss_cache_requests_total"

GLANCE = Row(
    "At a glance",
    (
        number(
            "Hits",
            "The share of questions answered from memory. The aim is 75%; below 60% is an alert.",
            Unit.SHARE,
            Query(q.share(ASKED, 'result="hit"', WHERE), "hits"),
            limits=HITS,
        ),
        number(
            "Questions a second",
            "Whose answer may be kept.",
            Unit.REQUESTS,
            Query(q.per_second(ASKED, WHERE), "questions"),
        ),
        number(
            "Without the cache",
            "The share asked while the stream of events was broken: right, but slow. Above 0 for"
            " long: the gateway does not hear from task.",
            Unit.SHARE,
            Query(q.share(ASKED, 'result="off"', WHERE), "off"),
            limits=Limits(0.01, 0.1),
        ),
        number(
            "Memory",
            "Of kept answers, all gateways.",
            Unit.BYTES,
            Query(q.total("boss_cache_bytes", WHERE), "bytes"),
        ),
        number(
            "Answers kept",
            "All gateways.",
            Unit.COUNT,
            Query(q.total("boss_cache_entries", WHERE), "answers"),
        ),
        number(
            "Dropped a second",
            "Before their time, as there was no room. Above 0 for long, and hits falling: more"
            " workspaces are at work than the memory holds.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_cache_evictions_total", WHERE), "dropped"),
            limits=Limits(1, 50),
        ),
    ),
)
RESULTS = Row(
    "What becomes of questions",
    (
        lines(
            "By result",
            "hit; miss: never asked before; outdated: something has happened since; too old: the"
            " clock has ticked since; off: the stream is broken.",
            Unit.REQUESTS,
            Query(q.per_second(ASKED, WHERE, by="result"), "{{result}}"),
            stacked=True,
        ),
        lines(
            "Hits, by sort of answer",
            "One that stays low is asked for what nobody asks twice, or its workspace is written"
            " to all the time.",
            Unit.SHARE,
            Query(q.share(ASKED, 'result="hit"', WHERE, by="cache"), "{{cache}}"),
            limits=HITS,
            most=1,
        ),
        lines(
            "Questions a second, by sort of answer",
            "Where the load is.",
            Unit.REQUESTS,
            Query(q.per_second(ASKED, WHERE, by="cache"), "{{cache}}"),
            stacked=True,
        ),
        lines(
            "Waited for an equal question",
            "Equal questions at once are asked once. Many: something popular was just outdated.",
            Unit.REQUESTS,
            Query(q.per_second("boss_cache_waits_total", WHERE, by="cache"), "{{cache}}"),
            limits=Limits(50, 500),
        ),
        lines(
            "Age of answers given",
            "They are right whatever their age: nothing that they show has happened since.",
            Unit.SECONDS,
            Query(q.quantile(0.5, "boss_cache_age_seconds", WHERE), "p50"),
            Query(q.quantile(0.95, "boss_cache_age_seconds", WHERE), "p95"),
        ),
        lines(
            "Made before somebody asked",
            "At the start, and after bulk changes.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_cache_warmed_total", WHERE), "warmed"),
        ),
    ),
)
STREAM = Row(
    "The stream that keeps answers true",
    (
        lines(
            "Time since the log was heard to its end",
            "Over a second, nothing that is kept is given: right, but slow. By gateway.",
            Unit.SECONDS,
            Query(f"boss_cache_stream_age_seconds{{{WHERE}}}", "{{instance}}"),
            limits=Limits(0.5, 1),
            width=12,
        ),
        lines(
            "Events behind the log",
            "How far each gateway is behind the newest event. A hump after a bulk change is as it"
            " should be.",
            Unit.COUNT,
            Query(
                f'scalar(max(boss_log_head)) - boss_log_position{{{WHERE}, service="gateway"}}',
                "{{instance}}",
            ),
            limits=Limits(100, 1000),
            width=12,
        ),
    ),
)
ROOM = Row(
    "Room",
    (
        lines(
            "Memory",
            "By gateway. It grows to its bound and stays.",
            Unit.BYTES,
            Query(f"boss_cache_bytes{{{WHERE}}}", "{{instance}}"),
            limits=Limits(60e6, 120e6),
        ),
        lines(
            "Answers kept",
            "By gateway.",
            Unit.COUNT,
            Query(f"boss_cache_entries{{{WHERE}}}", "{{instance}}"),
        ),
        lines(
            "Dropped for want of room",
            "By gateway.",
            Unit.EACH_SECOND,
            Query(q.per_second("boss_cache_evictions_total", WHERE, by="instance"), "{{instance}}"),
            limits=Limits(1, 50),
        ),
    ),
)
REDIS = Row(
    "Redis, where there is one",
    (
        lines(
            "Calls a second",
            "By outcome. Without REDIS_URL there is nothing here. breaker_open: it has been failing"
            " and is not asked; answers are kept in memory alone then.",
            Unit.REQUESTS,
            Query(
                q.per_second(f"{q.OUTSIDE}_count", f'{WHERE}, api="redis"', by="outcome"),
                "{{outcome}}",
            ),
            stacked=True,
            width=12,
        ),
        lines(
            "Time of a call",
            "A millisecond or so. More: it costs more than it saves.",
            Unit.SECONDS,
            Query(q.quantile(0.5, q.OUTSIDE, f'{WHERE}, api="redis"'), "p50"),
            Query(q.quantile(0.95, q.OUTSIDE, f'{WHERE}, api="redis"'), "p95"),
            limits=Limits(0.01, 0.05),
            width=12,
        ),
    ),
)

BOARD = Board(
    uid="boss-cache",
    title="Boss Workflow: cache",
    about="The answers that the gateway keeps, by their position in the log.",
    rows=(GLANCE, RESULTS, STREAM, ROOM, REDIS),
    choices=(
        Choice("instance", "Gateway", 'label_values(up{job="boss", service="gateway"}, instance)'),
    ),
)
