"""Advice over the wire, in and out: the only file of it that knows the protos."""

from datetime import UTC, datetime
from typing import Any

from boss.ai.v1 import advice_service_pb2 as wire
from boss.ai.v1 import spec_service_pb2
from boss.task.v1 import comment_pb2, stats_pb2, task_pb2

from services.ai import convert
from services.ai.advice import breakdown, spec, summary
from services.ai.faults import Faults
from services.ai.model import Candidate, Context
from services.ai.staffing import Choice, Past, Work
from services.runtime.errors import NotFound

TITLE_MOST, DESCRIPTION_MOST, TEXT_MOST = 200, 10_000, 8_000
WORDS_MOST, WORD_MOST, HISTORY_MOST, TASKS_MOST, COMMENTS_MOST = 20, 40, 500, 500, 500
SUGGESTED, SUGGESTED_MOST = 3, 10
ESTIMATE_MOST, PEOPLE_MOST = 365 * 24 * 60, 20
_DAY_S = 86_400
_SECTIONS = ("criteria", "subtasks", "technical", "questions")


def to_break_down(request: wire.BreakDownTaskRequest) -> None:
    """Check a request; Invalid names every fault."""
    faults = Faults()
    faults.text("title", request.title, least=1, most=TITLE_MOST)
    faults.text("description", request.description, most=DESCRIPTION_MOST)
    faults.text("type", request.type, most=WORD_MOST)
    if not 0 <= request.estimate_minutes <= ESTIMATE_MOST:
        faults.add("estimate_minutes", f"must be 0 to {ESTIMATE_MOST:,}")
    faults.raise_if_any()


def subtasks(parts: tuple[breakdown.Part, ...]) -> list[wire.ProposedSubtask]:
    """Return parts as they go over the wire."""
    return [wire.ProposedSubtask(title=each.title, estimate_minutes=each.minutes) for each in parts]


def work(request: wire.SuggestAssigneesRequest) -> tuple[Work, list[Past], int]:
    """Return what is to be done, what was done, and how many are wanted."""
    faults = Faults()
    faults.text("title", request.title, least=1, most=TITLE_MOST)
    for field in ("tags", "needs"):
        values = getattr(request, field)
        faults.many(field, values, most=WORDS_MOST)
        for index, value in enumerate(values[:WORDS_MOST]):
            faults.text(f"{field}[{index}]", value, most=WORD_MOST)
    faults.many("history", request.history, most=HISTORY_MOST)
    for index, past in enumerate(request.history[:HISTORY_MOST]):
        faults.text(f"history[{index}].title", past.title, most=TITLE_MOST)
        faults.many(f"history[{index}].assignees", past.assignees, most=PEOPLE_MOST)
    if not 0 <= request.limit <= SUGGESTED_MOST:
        faults.add("limit", f"must be 1 to {SUGGESTED_MOST}, or 0 for {SUGGESTED}")
    faults.raise_if_any()
    return (
        Work(request.title, tuple(request.needs), tuple(request.tags)),
        [Past(each.title, tuple(each.assignees)) for each in request.history],
        request.limit or SUGGESTED,
    )


def suggestion(choice: Choice) -> wire.SuggestedAssignee:
    """Return somebody who could take it."""
    return wire.SuggestedAssignee(
        person=convert.candidate(choice.person),
        why=choice.why,
        reasons=choice.reasons,
    )


def sentences(request: wire.SummarizeRequest, context: Context) -> list[str]:
    """Return the summary of what was sent; Invalid names every fault of it."""
    faults = Faults()
    match request.WhichOneof("subject"):
        case "story":
            faults.text("story.task.title", request.story.task.title, least=1, most=TITLE_MOST)
            faults.many("story.comments", request.story.comments, most=COMMENTS_MOST)
            faults.raise_if_any()
            task = _told(request.story.task, context)
            comments = [_comment(each) for each in request.story.comments]
            return summary.of_task(task, comments, context.now)
        case "list":
            faults.many("list.tasks", request.list.tasks, most=TASKS_MOST)
            faults.raise_if_any()
            tasks = [_told(each, context) for each in request.list.tasks]
            return summary.of_list(tasks, context.now, max(0, request.list.more))
        case "period":
            period = request.period
            for field in ("from_date", "to_date"):
                faults.text(f"period.{field}", getattr(period, field), least=1, most=WORD_MOST)
            faults.raise_if_any()
            return summary.of_period(
                (period.from_date, period.to_date),
                _figures(period.flow),
                _figures(period.before) if period.HasField("before") else None,
                open_now=period.standing.open,
                overdue_now=period.standing.overdue,
            )
    faults.add("subject", "must be a story, a list or a period")
    faults.raise_if_any()
    return []


def _told(proto: task_pb2.Task, context: Context) -> summary.Told:
    mine = convert.workspace_of(context.sender.name)
    if proto.name and convert.workspace_of(proto.name) != mine:
        raise NotFound("TASK_NOT_FOUND", "There is no such task in this workspace.")
    closed = {task_pb2.TASK_STATUS_COMPLETED, task_pb2.TASK_STATUS_CANCELLED}
    return summary.Told(
        title=proto.title,
        status=convert.status(proto.status),
        assignees=tuple(each.person.display_name for each in proto.assignees),
        priority=task_pb2.TaskPriority.Name(proto.priority).removeprefix("TASK_PRIORITY_").lower()
        if proto.priority in task_pb2.TaskPriority.values()
        else "",
        deadline=_moment(proto, "deadline"),
        created=_moment(proto, "create_time"),
        creator=proto.creator.display_name,
        status_since=_moment(proto, "status_time"),
        reason=proto.reason,
        revisions=proto.revision_count,
        feedback=proto.feedback,
        delays=proto.delay_count,
        delay_reason=proto.delay_reason,
        reopened=proto.reopen_count,
        criteria=len(proto.criteria),
        criteria_done=sum(each.done for each in proto.criteria),
        subtasks=len(proto.subtasks),
        subtasks_done=sum(each.status in closed for each in proto.subtasks),
    )


def _comment(proto: comment_pb2.Comment) -> summary.Comment:
    return summary.Comment(proto.author.display_name or "somebody", proto.text)


def _moment(proto: Any, name: str) -> datetime | None:
    if not proto.HasField(name):
        return None
    try:
        found: datetime = getattr(proto, name).ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None
    return found if convert.EARLIEST <= found <= convert.LATEST else None


def _figures(flow: stats_pb2.Flow) -> summary.Figures:
    return summary.Figures(
        created=flow.created,
        completed=flow.completed,
        completion_rate=flow.completion_rate if flow.HasField("completion_rate") else None,
        on_time_rate=flow.on_time_rate if flow.HasField("on_time_rate") else None,
        revisions=flow.revisions,
        delays=flow.delays,
        cycle_days=flow.cycle_time.median_seconds / _DAY_S if flow.HasField("cycle_time") else None,
    )


def spec_text(text: str) -> str:
    """Return the words of a request for a sheet; Invalid where they are none."""
    faults = Faults()
    faults.text("text", text, least=1, most=TEXT_MOST)
    faults.raise_if_any()
    return text


def spec_in(proto: spec_service_pb2.Spec, words: str, context: Context) -> spec.Spec:
    """Return the sheet of a request; Invalid names every fault, NotFound a stranger in it."""
    faults = Faults()
    faults.text("words", words, least=1, most=spec.WORDS_MOST)
    faults.text("spec.title", proto.title, least=1, most=spec.TITLE_MOST)
    faults.text("spec.overview", proto.overview, most=spec.OVERVIEW_MOST)
    for section in _SECTIONS:
        lines = getattr(proto, section)
        faults.many(f"spec.{section}", lines, most=spec.LINES_MOST)
        for index, line in enumerate(lines[: spec.LINES_MOST]):
            faults.text(f"spec.{section}[{index}]", line, least=1, most=spec.LINE_MOST)
    faults.many("spec.assignees", proto.assignees, most=PEOPLE_MOST)
    if not 0 <= proto.estimate_minutes <= ESTIMATE_MOST:
        faults.add("spec.estimate_minutes", f"must be 0 to {ESTIMATE_MOST:,}")
    faults.raise_if_any()
    known = {person.name for person in context.roster}
    if any(who.name not in known for who in proto.assignees):
        raise NotFound("PERSON_NOT_FOUND", "There is no such person in this workspace.")
    return spec.Spec(
        title=proto.title,
        overview=proto.overview,
        criteria=tuple(proto.criteria),
        subtasks=tuple(proto.subtasks),
        technical=tuple(proto.technical),
        questions=tuple(proto.questions),
        assignees=tuple(Candidate(who.name, who.display_name) for who in proto.assignees),
        minutes=proto.estimate_minutes,
    )


def spec_out(value: spec.Spec) -> spec_service_pb2.Spec:
    """Return a sheet as it goes over the wire."""
    return spec_service_pb2.Spec(
        title=value.title,
        overview=value.overview,
        criteria=value.criteria,
        subtasks=value.subtasks,
        technical=value.technical,
        questions=value.questions,
        assignees=convert.candidates(value.assignees),
        estimate_minutes=value.minutes,
    )
