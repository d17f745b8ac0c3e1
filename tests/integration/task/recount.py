"""Figures counted again from the log alone, by their definitions in docs/statistics.md."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from boss.task.v1 import stats_pb2

from services.task import events as events_of
from services.task.model import EventType, Priority, Status

CLOSED = {Status.COMPLETED, Status.CANCELLED}
SETBACKS = ("delay_count", "revision_count", "reopen_count")


@dataclass
class Life:
    """What the log tells of one task."""

    number: int
    images: list = field(default_factory=list)
    started: datetime | None = None
    # (when, which count, by how much)
    setbacks: list = field(default_factory=list)

    @property
    def now(self):
        return self.images[-1]


async def lives(world) -> dict[int, Life]:
    """Every task of the log, and what became of it; of workspace 1."""
    found: dict[int, Life] = {}
    for event in await events_of.read(world.database, after=0, limit=100_000):
        if event.task is None or event.workspace != 1:
            continue
        life = found.setdefault(event.task.number, Life(event.task.number))
        image = event.task.task
        if life.images:
            life.setbacks += [
                (event.at, name, getattr(image, name) - getattr(life.now, name))
                for name in SETBACKS
            ]
        if event.type is EventType.TASK_STARTED and life.started is None:
            life.started = event.at
        life.images.append(image)
    return found


class Recount:
    """The figures of a workspace in a zone at a moment."""

    def __init__(self, found: dict[int, Life], zone: ZoneInfo, now: datetime, departments) -> None:
        self.lives = [life for life in found.values() if life.now.deleted_at is None]
        self.open = {life.number for life in self.lives if life.now.status not in CLOSED}
        self.zone, self.now, self.departments = zone, now, departments

    def keys(self, life: Life, group: str) -> list[str]:
        task = life.now
        match group:
            case "person":
                return [f"P-{each}" for each in task.people] or [""]
            case "department":
                return sorted({self.departments.get(each, "") for each in task.people}) or [""]
            case "priority":
                return [task.priority.name.lower()]
            case "project":
                return [task.project]
            case _:
                return ["all"]

    def of(self, group: str, key: str) -> list[Life]:
        return [life for life in self.lives if key in self.keys(life, group)]

    def standing(self, some: list[Life]) -> stats_pb2.Standing:
        states = Counter(life.now.status for life in some)
        still = [life.now for life in some if life.number in self.open]
        blocked = [
            life
            for life in some
            if life.now.status is Status.BLOCKED
            or (life.number in self.open and self.open & set(life.now.depends_on))
        ]
        return stats_pb2.Standing(
            total=len(some),
            open=len(still),
            by_status=[
                stats_pb2.StatusCount(status=each.value, count=states[each]) for each in Status
            ],
            by_priority=[
                stats_pb2.PriorityCount(
                    priority=each.value, count=sum(task.priority is each for task in still)
                )
                for each in Priority
            ],
            in_progress=states[Status.IN_PROGRESS],
            overdue=sum(1 for task in still if task.deadline and task.deadline < self.now),
            blocked=len(blocked),
            waiting_approval=states[Status.IN_REVIEW],
            estimate_minutes=sum(task.estimate_minutes or 0 for task in still),
        )

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def flow(
        self, some: list[Life], first: date, last: date, *, until: date | None = None
    ) -> stats_pb2.Flow:
        """What happened on these days; `until` is the last day of the whole span."""

        def within(moment):
            return moment is not None and first <= self.day(moment) <= last

        created = [life.now for life in some if within(life.now.created_at)]
        completed = [life for life in some if within(life.now.completed_at)]
        to_complete = [task for task in created if task.status is not Status.CANCELLED]
        finished = [
            task
            for task in to_complete
            if task.completed_at and self.day(task.completed_at) <= (until or last)
        ]
        due = [life.now for life in completed if life.now.deadline]
        on_time = [task for task in due if task.completed_at <= task.deadline]
        seconds = sorted(
            max(
                0.0, (life.now.completed_at - (life.started or life.now.created_at)).total_seconds()
            )
            for life in completed
        )
        setbacks: Counter[str] = Counter()
        for life in some:
            for at, name, by in life.setbacks:
                if within(at):
                    setbacks[name] += by
        told = stats_pb2.Flow(
            created=len(created),
            completed=len(completed),
            to_complete=len(to_complete),
            to_complete_done=len(finished),
            with_deadline=len(due),
            on_time=len(on_time),
            delays=setbacks["delay_count"],
            revisions=setbacks["revision_count"],
            reopens=setbacks["reopen_count"],
        )
        if to_complete:
            told.completion_rate = len(finished) / len(to_complete)
        if due:
            told.on_time_rate = len(on_time) / len(due)
        if seconds:
            told.cycle_time.median_seconds = round(between(seconds, 0.5))
            told.cycle_time.p90_seconds = round(between(seconds, 0.9))
            told.cycle_time.mean_seconds = round(fmean(seconds))
        return told


def between(ordered: list[float], share: float) -> float:
    """The value that so much of all is below, between two of them where it is so."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
