"""Figures on the wire, and what requests ask of them, with all faults at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from boss.task.v1 import stats_pb2, task_pb2
from boss.task.v1 import stats_service_pb2 as pb

from services.task.convert.attendance import day_from
from services.task.convert.checks import Faults
from services.task.convert.lists import bad_token, parts_of, token_of
from services.task.convert.names import parse, person_name
from services.task.convert.people import ref
from services.task.convert.tasks import stamp, task_to_proto
from services.task.model import PersonId, Priority, Status, WorkspaceId
from services.task.rules.absent import person_not_found
from services.task.rules.figures import (
    MOST_AWAY,
    MOST_DAYS,
    MOST_GROUPS,
    MOST_SINGLE_DAYS,
    Away,
    Figures,
    Flow,
    Group,
    GroupBy,
    Listed,
    Project,
    Span,
    Standing,
    Wanted,
    span_of,
)

MOST_PEOPLE = 50
LONGEST_PROJECT = 100


def wanted_from(
    request: pb.GetStatsRequest, own: WorkspaceId, *, zone: ZoneInfo, now: datetime
) -> Wanted:
    """What is asked for. Raises Invalid FIELDS_INVALID, NotFound PERSON_NOT_FOUND."""
    faults = Faults()
    first = day_from(request.from_date, "from_date", faults)
    last = day_from(request.to_date, "to_date", faults)
    groups: tuple[GroupBy, ...] = ()
    if request.group_by:
        try:
            groups = (GroupBy(request.group_by),)
        except ValueError:
            faults.add("group_by", "There is no such one.")
    span = span_of(first, last, today=now.astimezone(zone).date(), zone=zone)
    _check(span, groups, faults)
    project = None
    if request.HasField("project"):
        project = faults.line("project", request.project, most=LONGEST_PROJECT)
    faults.many("people", len(request.people), most=MOST_PEOPLE)
    named = [parse(name, "people") for name in request.people]
    for index, each in enumerate(named):
        if each is None:
            faults.add(f"people[{index}]", f"Write it like {person_name(own, 7)}.")
    faults.raise_if_any()
    people = dict.fromkeys(each for each in named if each is not None)
    if any(workspace not in {None, own} for workspace, _ in people):
        raise person_not_found()
    return Wanted(span, groups, tuple({PersonId(each): None for _, each in people}), project)


def _check(span: Span, groups: Sequence[GroupBy], faults: Faults) -> None:
    most = MOST_SINGLE_DAYS if GroupBy.DAY in groups else MOST_DAYS
    if span.last < span.first:
        faults.add("to_date", "The last day must not be before the first.")
    elif span.days > most:
        by = " by day" if GroupBy.DAY in groups else ""
        faults.add("to_date", f"Ask for at most {most:,} days{by}; these are {span.days:,}.")


def stats_to_proto(
    figures: Figures, wanted: Wanted, own: WorkspaceId, now: datetime
) -> pb.GetStatsResponse:
    """The answer to a question."""
    span, total = wanted.span, figures.total
    groups = [
        group_to_proto(group, group_by, own)
        for group_by, some in figures.groups.items()
        for group in some[:MOST_GROUPS]
    ]
    return pb.GetStatsResponse(
        from_date=span.first.isoformat(),
        to_date=span.last.isoformat(),
        before_from_date=span.before.first.isoformat(),
        before_to_date=span.before.last.isoformat(),
        time_zone=span.zone.key,
        time=stamp(now),
        standing=standing_to_proto(total.standing),
        flow=flow_to_proto(total.flow),
        before=flow_to_proto(total.before),
        groups=groups,
        more_groups=sum(len(some) for some in figures.groups.values()) - len(groups),
        as_of=figures.as_of,
    )


def standing_to_proto(standing: Standing) -> stats_pb2.Standing:
    """How things stand."""
    return stats_pb2.Standing(
        total=standing.total,
        open=standing.open,
        by_status=[
            stats_pb2.StatusCount(status=each.value, count=count)  # type: ignore[arg-type]
            for each, count in standing.by_status.items()
        ],
        by_priority=[
            stats_pb2.PriorityCount(priority=each.value, count=count)  # type: ignore[arg-type]
            for each, count in standing.by_priority.items()
        ],
        in_progress=standing.by_status[Status.IN_PROGRESS],
        overdue=standing.overdue,
        blocked=standing.blocked,
        waiting_approval=standing.by_status[Status.IN_REVIEW],
        estimate_minutes=standing.estimate_minutes,
    )


def flow_to_proto(flow: Flow) -> stats_pb2.Flow:
    """What happened."""
    message = stats_pb2.Flow(
        created=flow.created,
        completed=flow.completed,
        to_complete=flow.to_complete,
        to_complete_done=flow.to_complete_done,
        with_deadline=flow.with_deadline,
        on_time=flow.on_time,
        delays=flow.delays,
        revisions=flow.revisions,
        reopens=flow.reopens,
    )
    if flow.to_complete:
        message.completion_rate = flow.to_complete_done / flow.to_complete
    if flow.with_deadline:
        message.on_time_rate = flow.on_time / flow.with_deadline
    if (cycle := flow.cycle_time) is not None:
        message.cycle_time.CopyFrom(
            stats_pb2.CycleTime(
                median_seconds=cycle.median, mean_seconds=cycle.mean, p90_seconds=cycle.p90
            )
        )
    return message


def group_to_proto(group: Group, group_by: GroupBy, own: WorkspaceId) -> stats_pb2.Group:
    """The figures of one key."""
    message = stats_pb2.Group(key=group.key, flow=flow_to_proto(group.flow))
    if not group_by.is_of_time:
        message.standing.CopyFrom(standing_to_proto(group.standing))
        message.before.CopyFrom(flow_to_proto(group.before))
    if group_by is GroupBy.PRIORITY:
        message.key = Priority(int(group.key)).name.lower()
    elif group_by is GroupBy.PERSON and group.key:
        message.key = f"P-{group.key}"
        message.person.CopyFrom(ref(own, int(group.key), group.label))
    return message


def excerpt_to_proto(listed: Listed) -> stats_pb2.TaskExcerpt:
    """A short list."""
    tasks: list[task_pb2.Task] = [task_to_proto(view) for view in listed.tasks]
    return stats_pb2.TaskExcerpt(tasks=tasks, more=listed.more)


def away_to_proto(away: Sequence[Away], own: WorkspaceId) -> list[stats_pb2.AwayPerson]:
    """Who is away, as many as are shown."""
    return [
        stats_pb2.AwayPerson(person=ref(own, each.person, each.name), until=stamp(each.until))
        for each in away[:MOST_AWAY]
    ]


def project_to_proto(project: Project) -> stats_pb2.Project:
    """A project."""
    return stats_pb2.Project(
        display_name=project.name,
        total=project.total,
        open=project.open,
        overdue=project.overdue,
        completed=project.completed,
    )


def projects_token(name: str) -> str:
    """The token of the page of projects behind this one."""
    return token_of([name])


def projects_place(token: str) -> str | None:
    """The project behind which the page begins, None at the beginning."""
    if not token:
        return None
    (name,) = parts_of(token, tuple[str])
    if "\0" in name:
        raise bad_token()
    return str(name)
