"""What notify measures beside what every service does. `docs/metrics.md` lists each."""

from prometheus_client import Counter, Gauge, Histogram

from services.notify.model import Channel, State
from services.runtime.metrics import expect

LOG_LAG = Gauge(
    "boss_log_lag", "Events of the log that this consumer has not read yet", ["consumer"]
)
EVENTS = Counter("boss_events_consumed_total", "Events of the log read, by their type", ["type"])
DELIVERIES = Counter(
    "boss_deliveries_total",
    "Deliveries by channel and the state that they came into",
    ["channel", "state"],
)
for channel in Channel:
    expect(DELIVERIES, channel, State)
DELIVERY_DURATION = Histogram(
    "boss_delivery_duration_seconds",
    "Time from the event to the message that tells of it being sent",
    ["channel"],
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0),
)
# Not the web: what stands there is stored with the event.
expect(DELIVERY_DURATION, [Channel.TELEGRAM])
DEAD = Gauge("boss_deliveries_dead", "Deliveries that were given up and wait for the operator")
QUEUE_DEPTH = Gauge("boss_delivery_queue_depth", "Deliveries that wait to be sent", ["channel"])
QUEUE_AGE = Gauge(
    "boss_delivery_queue_oldest_seconds", "Age of the oldest delivery that waits", ["channel"]
)
UNTOLD = Counter(
    "boss_events_untold_total", "Events of the log that could not be told, as a defect stood in it"
)
READING = Gauge("boss_log_reading", "1 where this process has the lease to read the log")
