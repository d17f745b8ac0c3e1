"""Protos of figures as the JSON of the API."""

from typing import Any

from boss.task.v1 import stats_pb2
from boss.task.v1 import stats_service_pb2 as pb
from msgspec import UNSET

from services.gateway import shapes_stats as shapes
from services.gateway.present import PRIORITIES, STATUSES, moment, person_ref
from services.gateway.rendered import Rendered

COUNTS = ("created", "completed", "to_complete", "to_complete_done", "with_deadline", "on_time")
SETBACKS = ("delays", "revisions", "reopens")


def standing(told: stats_pb2.Standing) -> shapes.Standing:
    """Return how things stand."""
    return shapes.Standing(
        total=told.total,
        open=told.open,
        by_status={STATUSES[one.status]: one.count for one in told.by_status},
        by_priority={PRIORITIES[one.priority]: one.count for one in told.by_priority},
        in_progress=told.in_progress,
        overdue=told.overdue,
        blocked=told.blocked,
        waiting_approval=told.waiting_approval,
        estimate_minutes=told.estimate_minutes,
    )


def flow(told: stats_pb2.Flow) -> shapes.Flow:
    """Return what happened."""
    cycle = told.cycle_time
    return shapes.Flow(
        **{name: getattr(told, name) for name in (*COUNTS, *SETBACKS)},
        completion_rate=told.completion_rate if told.HasField("completion_rate") else None,
        on_time_rate=told.on_time_rate if told.HasField("on_time_rate") else None,
        cycle_time=shapes.CycleTime(cycle.median_seconds, cycle.mean_seconds, cycle.p90_seconds)
        if told.HasField("cycle_time")
        else None,
    )


def group(told: stats_pb2.Group, *, by_person: bool = False) -> shapes.Group:
    """Return the figures of one key."""
    person: Any = person_ref(told.person) if told.HasField("person") else None
    return shapes.Group(
        key=told.key or None,
        flow=flow(told.flow),
        person=person if by_person else UNSET,
        standing=standing(told.standing) if told.HasField("standing") else UNSET,
        before=flow(told.before) if told.HasField("before") else UNSET,
    )


def stats(told: pb.GetStatsResponse, *, by_person: bool) -> shapes.Stats:
    """Return figures."""
    return shapes.Stats(
        span=shapes.Days(told.from_date, told.to_date),
        span_before=shapes.Days(told.before_from_date, told.before_to_date),
        timezone=told.time_zone,
        at=moment(told.time),
        standing=standing(told.standing),
        flow=flow(told.flow),
        before=flow(told.before),
        groups=[group(one, by_person=by_person) for one in told.groups],
        more_groups=told.more_groups,
    )


def dashboard(told: pb.GetDashboardResponse, rendered: Rendered) -> shapes.Dashboard:
    """Return what is to be seen first."""

    def excerpt(listed: stats_pb2.TaskExcerpt) -> shapes.TaskExcerpt:
        return shapes.TaskExcerpt([rendered.task(one) for one in listed.tasks], listed.more)

    return shapes.Dashboard(
        timezone=told.time_zone,
        at=moment(told.time),
        standing=standing(told.standing),
        unassigned=told.unassigned,
        flow=flow(told.flow),
        before=flow(told.before),
        days=[group(one) for one in told.days],
        workload=[group(one, by_person=True) for one in told.workload],
        more_workload=told.more_workload,
        overdue=excerpt(told.overdue),
        due_today=excerpt(told.due_today),
        due_this_week=excerpt(told.due_this_week),
        waiting_approval=excerpt(told.waiting_approval),
        blocked=excerpt(told.blocked),
        completed=excerpt(told.completed),
        away=[
            shapes.Away(
                person_ref(one.person), moment(one.until) if one.HasField("until") else None
            )
            for one in told.away
        ],
        more_away=told.more_away,
    )


def projects(told: pb.ListProjectsResponse) -> shapes.ProjectPage:
    """Return a page of projects."""
    return shapes.ProjectPage(
        projects=[
            shapes.Project(one.display_name, one.total, one.open, one.overdue, one.completed)
            for one in told.projects
        ],
        total=told.total_size,
        next_cursor=told.next_page_token or None,
    )
