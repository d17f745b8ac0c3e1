"""What Prometheus hears of conversations; docs/metrics.md lists each."""

from prometheus_client import Counter, Gauge, Histogram

from services.runtime.metrics import BUCKETS_S

# The objective (docs/slo.md).
ANSWERED_S = 2.0

INBOX_DEPTH = Gauge("boss_inbox_depth", "Messages that are accepted and not yet handled")
INBOX_OLDEST = Gauge("boss_inbox_oldest_age_seconds", "Age of the oldest message not yet handled")
INBOX_DEAD = Gauge("boss_inbox_dead", "Messages that were given up and wait for the operator")
INBOX_HANDLED = Counter(
    "boss_inbox_handled_total", "Messages handled, by how it ended", ("outcome",)
)
INBOX_DURATION = Histogram(
    "boss_inbox_duration_seconds",
    "Time from a message's arrival to its end",
    buckets=(
        *(bound for bound in BUCKETS_S if bound < ANSWERED_S),
        ANSWERED_S,
        2.5,
        5.0,
        10.0,
        30.0,
    ),
)
REPLIES = Counter(
    "boss_replies_total", "Answers to people, by face and how it went", ("face", "outcome")
)
REPLIES_OWED = Gauge("boss_replies_owed", "Answers that wait to be said")
POLLER = Gauge("boss_telegram_poller", "1 where this process polls Telegram, or would")
POLLING = Gauge("boss_telegram_polling", "1 while this process is the one that polls Telegram")
