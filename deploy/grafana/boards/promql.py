"""Expressions that many panels share; deploy/prometheus/rules.yml has those of long windows."""

WINDOW = "$__rate_interval"
HTTP = "boss_http_duration_seconds"
RPC = "boss_rpc_duration_seconds"
QUERY = "boss_db_query_duration_seconds"
OUTSIDE = "boss_external_duration_seconds"
# Streams end when somebody goes; a conversation takes as long as the model thinks; an export, as
# the workspace is large. Probes say nothing of what people feel. As in deploy/prometheus/rules.yml.
PROMPT_ROUTES = (
    'route!~"/health|/ready|/metrics|/api/events|/api/notifications|/api/messages.*'
    '|/api/(export|import)"'
)
ASKED_ROUTES = 'route!~"/health|/ready|/metrics|/api/events|/api/notifications"'
PROMPT_METHODS = 'method!~"Watch.*|Interpret|Export.*|Import.*"'


def per_second(metric: str, where: str = "", *, by: str = "", window: str = WINDOW) -> str:
    """Return how much a counter grows in a second, summed by these labels."""
    return f"{_sum(by)} (rate({metric}{_where(where)}[{window}]))"


def total(metric: str, where: str = "", *, by: str = "") -> str:
    """Return the sum of a gauge over these labels."""
    return f"{_sum(by)} ({metric}{_where(where)})"


def quantile(
    share: float, histogram: str, where: str = "", *, by: str = "", window: str = WINDOW
) -> str:
    """Return the time that this share of what was measured kept."""
    labels = f"le, {by}" if by else "le"
    rates = per_second(f"{histogram}_bucket", where, by=labels, window=window)
    return f"histogram_quantile({share}, {rates})"


def average(histogram: str, where: str = "", *, by: str = "", window: str = WINDOW) -> str:
    """Return the mean of what was measured."""
    time = per_second(f"{histogram}_sum", where, by=by, window=window)
    return f"{time} / {per_second(f'{histogram}_count', where, by=by, window=window)}"


def share(metric: str, part: str, where: str = "", *, by: str = "", window: str = WINDOW) -> str:
    """Return what share of a counter's growth these labels have."""
    both = f"{where}, {part}" if where else part
    return (
        f"{per_second(metric, both, by=by, window=window)}"
        f" / {per_second(metric, where, by=by, window=window)}"
    )


def failed_requests(where: str = "", *, by: str = "", window: str = WINDOW) -> str:
    """Return the share of HTTP requests that ended in a 5xx."""
    errors = per_second("boss_http_errors_total", where, by=by, window=window)
    return f"{errors} / {per_second(f'{HTTP}_count', where, by=by, window=window)}"


def failed_calls(where: str = "", *, by: str = "", window: str = WINDOW) -> str:
    """Return the share of RPCs that a service failed to answer."""
    errors = per_second("boss_rpc_errors_total", where, by=by, window=window)
    return f"{errors} / {per_second(f'{RPC}_count', where, by=by, window=window)}"


def highest(count: int, expr: str) -> str:
    """Return the series with the greatest values; those that have none now are left out."""
    return f"topk({count}, {expr} > 0)"


def _sum(by: str) -> str:
    return f"sum by ({by})" if by else "sum"


def _where(where: str) -> str:
    return f"{{{where}}}" if where else ""
