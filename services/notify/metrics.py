"""What notify measures beside what every service does. `docs/metrics.md` lists each."""

from prometheus_client import Counter, Gauge

LOG_LAG = Gauge(
    "boss_log_lag", "Events of the log that this consumer has not read yet", ["consumer"]
)
EVENTS = Counter("boss_events_consumed_total", "Events of the log read, by their type", ["type"])
DELIVERIES = Counter(
    "boss_deliveries_total",
    "Deliveries by channel and the state that they came into",
    ["channel", "state"],
)
QUEUE_DEPTH = Gauge("boss_delivery_queue_depth", "Deliveries that wait to be sent", ["channel"])
QUEUE_AGE = Gauge(
    "boss_delivery_queue_oldest_seconds", "Age of the oldest delivery that waits", ["channel"]
)
UNTOLD = Counter(
    "boss_events_untold_total", "Events of the log that could not be told, as a defect stood in it"
)
READING = Gauge("boss_log_reading", "1 where this process has the lease to read the log")
