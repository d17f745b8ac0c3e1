"""The dashboards as values: one module each; `build.py` beside this package writes them as JSON.

`panels.py` has what a dashboard is made of, `promql.py` the expressions that many share, and
`render.py` alone knows Grafana's types.
"""

from deploy.grafana.boards import (
    ai,
    cache,
    capacity,
    database,
    gateway,
    notify,
    outside,
    overview,
    slo,
    task,
    trend,
)
from deploy.grafana.boards.panels import Board

BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    gateway.BOARD,
    task.BOARD,
    ai.BOARD,
    notify.BOARD,
    database.BOARD,
    cache.BOARD,
    outside.BOARD,
    slo.BOARD,
    trend.BOARD,
    capacity.BOARD,
)
