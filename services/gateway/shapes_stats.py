"""The JSON of figures that the API answers with, as types; docs/statistics.md defines each one."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from services.gateway.shapes import PersonRef, Task


class Standing(Struct, frozen=True):
    """How things stand now; `by_priority` is of the open ones."""

    total: int
    open: int
    by_status: dict[str, int]
    by_priority: dict[str, int]
    in_progress: int
    overdue: int
    blocked: int
    waiting_approval: int
    estimate_minutes: int


class CycleTime(Struct, frozen=True):
    """From the first start, or else the creation, to the completion."""

    median_seconds: int
    mean_seconds: int
    p90_seconds: int


class Flow(Struct, frozen=True):
    """What happened in a span; rates are 0 to 1, null where there was nothing to rate."""

    created: int
    completed: int
    to_complete: int
    to_complete_done: int
    completion_rate: float | None
    with_deadline: int
    on_time: int
    on_time_rate: float | None
    cycle_time: CycleTime | None
    delays: int
    revisions: int
    reopens: int


class Group(Struct, frozen=True):
    """The figures of one person, priority, project, department, day or week; key null: of none.

    `person` is there by person; `standing` and `before` are not there by day and week.
    """

    key: str | None
    flow: Flow
    person: PersonRef | UnsetType | None = UNSET
    standing: Standing | UnsetType = UNSET
    before: Flow | UnsetType = UNSET


# `from` is no name in Python.
class Days(Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days, both included."""

    first: str
    last: str


class Stats(Struct, frozen=True):
    """How things stand, what happened in a span and in the one before, in all and by group."""

    span: Days
    span_before: Days
    timezone: str
    at: datetime
    standing: Standing
    flow: Flow
    before: Flow
    groups: list[Group]
    more_groups: int


class TaskExcerpt(Struct, frozen=True):
    """The first tasks of a list, and how many more there are."""

    tasks: list[Task]
    more: int


class Away(Struct, frozen=True):
    """Somebody who is away; `until` null: nobody has said."""

    person: PersonRef
    until: datetime | None


class Dashboard(Struct, frozen=True):
    """What somebody who runs the workspace wants to see first."""

    timezone: str
    at: datetime
    standing: Standing
    unassigned: int
    flow: Flow
    before: Flow
    days: list[Group]
    workload: list[Group]
    more_workload: int
    overdue: TaskExcerpt
    due_today: TaskExcerpt
    due_this_week: TaskExcerpt
    waiting_approval: TaskExcerpt
    blocked: TaskExcerpt
    completed: TaskExcerpt
    away: list[Away]
    more_away: int


class Project(Struct, frozen=True):
    """A name that tasks have as their project, and how many have it."""

    name: str
    total: int
    open: int
    overdue: int
    completed: int


class ProjectPage(Struct, frozen=True):
    """A page of projects, by name; `total` has all."""

    projects: list[Project]
    total: int
    next_cursor: str | None
