"""Makes an interpretation of what the model says, believing it no further than the message goes.

Pure. Each phrase has to be in the message; what is not is dropped, and then the reading is not
sure. What the phrases mean is told by `phrases.py`. Where the grammar has found a field that the
model says nothing of, in a message of one task, the grammar's field is kept.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from services.ai import phrases
from services.ai.llm.asking import Failure
from services.ai.model import (
    Ambiguity,
    Candidate,
    Change,
    Context,
    Filter,
    Intent,
    Interpretation,
    Priority,
    Source,
    Span,
    TaskDraft,
)
from services.ai.prompt import VERSION
from services.ai.quoted import Quoted, fold
from services.ai.reading import FilterReading, OtherReading, Reading, TaskReading

Value = TypeVar("Value")

TITLE_LIMIT = 200
# Acted on without asking: what makes something new, which one word undoes, or only tells.
MAY_BE_SURE = frozenset(
    (Intent.CREATE, Intent.QUERY, Intent.SEARCH, Intent.SHOW, Intent.HELP, Intent.SMALLTALK)
)
ASKING = frozenset((Intent.QUERY, Intent.SEARCH, Intent.REPORT))
# What a change sets, by what is wanted; anything else that the model says with it is left out.
SETS = {
    Intent.REASSIGN: ("assignees",),
    Intent.SET_DEADLINE: ("deadline", "recurrence", "text"),
    Intent.SET_PRIORITY: ("priority",),
    Intent.RENAME: ("title",),
    Intent.ADD_TAG: ("tag",),
    Intent.REMOVE_TAG: ("tag",),
    Intent.ADD_SUBTASK: ("subtasks",),
    Intent.COMPLETE_SUBTASK: ("subtasks",),
    Intent.SPLIT: ("subtasks",),
    Intent.ADD_DEPENDENCY: ("depends_on",),
    Intent.REMIND: ("person", "deadline", "recurrence", "text"),
    Intent.ASK_PERSON: ("person", "text"),
    Intent.REPORT: ("person",),
}
WITH_TEXT = frozenset(
    (
        Intent.SUBMIT,
        Intent.APPROVE,
        Intent.REJECT,
        Intent.BLOCK,
        Intent.HOLD,
        Intent.CANCEL,
        Intent.REOPEN,
        Intent.DESCRIBE,
        Intent.COMMENT,
        Intent.TEACH,
        Intent.PLAN,
        Intent.SPEC,
    )
)
SURE, FAIR, POOR = 0.85, 0.6, 0.4


def worth_asking(local: Interpretation) -> bool:
    """Whether a model could know better.

    It can't where the grammar has read all and only whom or what of several is meant is open: that
    the sender alone knows.
    """
    if local.sure:
        return False
    open_choices = [each for each in local.ambiguities if len(each.candidates) > 1]
    only_choices = bool(open_choices) and len(open_choices) == len(local.ambiguities)
    return not (only_choices and local.intent is not Intent.UNCLEAR)


def merged(text: str, context: Context, local: Interpretation, reading: Reading) -> Interpretation:
    """Return the reading of both; the grammar's alone where nothing of the model's can be used.

    Of several readings the first of which nothing had to be dropped is taken, else the first that
    can be used. Where they don't come to the same, it is not sure.
    """
    said = Quoted.of(text)
    told: list[Reading | OtherReading] = [reading, *reading.others]
    made = [_made(_Making(said, text, context), local, each) for each in told]
    usable = [each for each in made if each is not None]
    if not usable:
        failure = "" if reading.intent is Intent.UNCLEAR else Failure.NONSENSE.value
        source = Source.GRAMMAR_AFTER_MODEL if failure else local.source
        return replace(local, sure=False, source=source, model_failure=failure)
    found, clean = next((each for each in usable if each[1]), usable[0])
    agreed = all(_same(each, found) for each, _ in usable)
    sure = (
        clean
        and agreed
        and reading.sure
        and found.intent in MAY_BE_SURE
        and local.intent is found.intent
    )
    confidence = SURE if sure else FAIR if clean and agreed else POOR
    return replace(found, sure=sure, confidence=confidence, source=Source.MODEL, prompt=VERSION)


def _made(
    made: "_Making", local: Interpretation, reading: Reading | OtherReading
) -> tuple[Interpretation, bool] | None:
    """One reading, and whether all of it stood in the message and meant one thing."""
    match reading.intent:
        case Intent.UNCLEAR:
            return None
        case Intent.CREATE:
            found = _created(made, local, reading.tasks)
        case intent if intent in ASKING:
            found = _asked(made, reading)
        case _:
            found = _changed(made, reading)
    if found is None:
        return None
    clean = not made.dropped and not made.ambiguities
    spans, unclear = tuple(made.spans), tuple(made.ambiguities)
    return replace(found, spans=spans, ambiguities=unclear), clean


def _same(one: Interpretation, other: Interpretation) -> bool:
    return replace(one, spans=(), ambiguities=()) == replace(other, spans=(), ambiguities=())


@dataclass(slots=True)
class _Making:
    """A reading being made: what was found where, what is to be asked, and whether words lied."""

    said: Quoted
    text: str
    context: Context
    spans: list[Span] = field(default_factory=list)
    ambiguities: list[Ambiguity] = field(default_factory=list)
    dropped: bool = False

    def quote(self, phrase: str | None, name: str, task: int = 0) -> str | None:
        """The phrase, if it is in the message, which is noted; else None, which is noted too."""
        if phrase is None:
            return None
        if (place := self.said.find(phrase)) is None:
            self.dropped = True
            return None
        self.spans.append(Span(name, *place, task))
        return self.text[place[0] : place[1]]

    def title(self, words: str, name: str, task: int = 0) -> str | None:
        """A title whose every word is in the message."""
        told = " ".join(words.split()).strip(" .,;:-")
        if not told or not self.said.says(told):
            self.dropped = True
            return None
        if place := self.said.find(told):
            self.spans.append(Span(name, *place, task))
        return (told[0].upper() + told[1:])[:TITLE_LIMIT]

    def titles(self, words: Iterable[str], name: str, task: int = 0) -> tuple[str, ...]:
        return tuple(told for each in words if (told := self.title(each, name, task)))

    def moment(self, phrase: str | None, name: str, task: int = 0) -> datetime | None:
        """The moment that a phrase of the message says."""
        return self._meant(phrase, name, task, lambda words: phrases.moment(words, self.context))

    def priority(self, phrase: str | None, task: int = 0) -> Priority | None:
        return self._meant(phrase, "priority", task, phrases.priority)

    def estimate(self, phrase: str | None, task: int) -> int | None:
        return self._meant(phrase, "estimate_minutes", task, phrases.estimate)

    def rule(
        self, phrase: str | None, deadline: datetime | None, task: int = 0
    ) -> tuple[str | None, datetime | None]:
        """The recurrence that a phrase says and its first deadline, or the deadline as it is."""
        found = self._meant(
            phrase, "recurrence", task, lambda words: phrases.rule(words, deadline, self.context)
        )
        return (None, deadline) if found is None else found

    def people(
        self, words: Iterable[str], name: str = "assignees", task: int = 0
    ) -> tuple[Candidate, ...]:
        """Those whom phrases of the message clearly mean; the others become questions."""
        clear: list[Candidate] = []
        for each in words:
            if (quoted := self.quote(each, name, task)) is None:
                continue
            found, all_of_them = phrases.persons(quoted, self.context)
            if all_of_them:
                clear += found
            else:
                self.ambiguities.append(Ambiguity(name, quoted, found, task))
        return tuple(dict.fromkeys(clear))

    def tasks(self, words: Iterable[str], name: str) -> tuple[Candidate, ...]:
        """The open tasks that phrases of the message clearly mean; the others become questions."""
        clear: list[Candidate] = []
        for each in words:
            if (quoted := self.quote(each, name)) is None:
                continue
            found, these = phrases.tasks(quoted, self.context)
            if these:
                clear += found
            else:
                self.ambiguities.append(Ambiguity(name, quoted, found))
        return tuple(dict.fromkeys(clear))

    def _meant(
        self, phrase: str | None, name: str, task: int, mean: Callable[[str], Value | None]
    ) -> Value | None:
        if (quoted := self.quote(phrase, name, task)) is None:
            return None
        value = mean(quoted)
        if value is None:
            # In the message, but of no meaning to us: it is not guessed at.
            self.spans.pop()
            self.dropped = True
        return value


def _created(
    made: _Making, local: Interpretation, tasks: Sequence[TaskReading]
) -> Interpretation | None:
    drafts: list[TaskDraft] = []
    places: dict[int, int] = {}
    for index, each in enumerate(tasks):
        draft = _draft(made, each, len(drafts))
        if draft is not None:
            places[index] = len(drafts)
            drafts.append(draft)
    for index, place in places.items():
        after = tuple(places[each] for each in tasks[index].after if each in places)
        drafts[place] = replace(drafts[place], after=tuple(n for n in after if n < place))
    if not drafts:
        return None
    if len(drafts) == 1 and local.intent is Intent.CREATE and len(local.tasks) == 1:
        drafts = [_filled(made, drafts[0], local)]
    return Interpretation(Intent.CREATE, tasks=tuple(drafts))


def _draft(made: _Making, each: TaskReading, task: int) -> TaskDraft | None:
    title = made.title(each.title, "title", task)
    if title is None:
        return None
    deadline = made.moment(each.deadline, "deadline", task)
    rule, deadline = made.rule(each.recurrence, deadline, task)
    return TaskDraft(
        title=title,
        assignees=made.people(each.people, task=task),
        deadline=deadline,
        priority=made.priority(each.priority, task),
        recurrence=rule,
        tags=tuple(
            phrases.tag(quoted) for tag in each.tags if (quoted := made.quote(tag, "tags", task))
        ),
        subtasks=made.titles(each.subtasks, "subtasks", task),
        estimate_minutes=made.estimate(each.estimate, task),
    )


def _filled(made: _Making, draft: TaskDraft, local: Interpretation) -> TaskDraft:
    """The draft with the grammar's fields where the model has none, unless it made them title."""
    title = Quoted.of(draft.title)
    missing: dict[str, Any] = {}
    for name in ("assignees", "deadline", "priority", "recurrence", "tags", "estimate_minutes"):
        spans = [span for span in local.spans if span.field == name]
        in_title = any(title.find(made.text[span.start : span.end]) for span in spans)
        asked = any(each.field == name for each in made.ambiguities)
        value = getattr(local.tasks[0], name)
        if value and not getattr(draft, name) and not in_title and not asked:
            missing[name] = value
            made.spans += spans
    if not draft.assignees and "assignees" not in missing and not made.ambiguities:
        made.ambiguities += [each for each in local.ambiguities if each.field == "assignees"]
    # The word that names it is the grammar's alone, and holds however the rest was understood.
    return replace(draft, template=local.tasks[0].template, **missing)


def _asked(made: _Making, reading: Reading | OtherReading) -> Interpretation:
    wanted = reading.filter or FilterReading(people=reading.people, text=reading.text)
    found = Filter(
        assignees=made.people(wanted.people),
        status=_word(made, wanted.status, "status", phrases.STATUSES),
        priority=made.priority(wanted.priority),
        due=_word(made, wanted.due, "due", phrases.SPANS_OF_TIME),
        tag=phrases.tag(tag) if (tag := made.quote(wanted.tag, "tag")) else None,
        text=made.quote(wanted.text, "text"),
    )
    return Interpretation(reading.intent, filter=found)


def _word(made: _Making, phrase: str | None, name: str, meanings: dict[str, str]) -> str | None:
    quoted = made.quote(phrase, name)
    if quoted is None:
        return None
    if (meaning := meanings.get(fold(quoted))) is None:
        made.dropped = True
    return meaning


def _changed(made: _Making, reading: Reading | OtherReading) -> Interpretation:
    refs = made.tasks(reading.refs, "task_ref")
    sets = SETS.get(reading.intent, ("text",) if reading.intent in WITH_TEXT else ())
    values: dict[str, Any] = {}
    if "assignees" in sets:
        values["assignees"] = made.people(reading.people)
    if "person" in sets:
        values["person"] = next(iter(made.people(reading.people, "person")), None)
    if "deadline" in sets:
        deadline = made.moment(reading.deadline, "deadline")
        values["recurrence"], values["deadline"] = made.rule(reading.recurrence, deadline)
    if "priority" in sets:
        values["priority"] = made.priority(reading.priority)
    if "title" in sets and reading.title:
        values["title"] = made.title(reading.title, "title")
    if "text" in sets:
        values["text"] = made.quote(reading.text, "text")
    if "tag" in sets and (tag := made.quote(reading.tag, "tag")):
        values["tag"] = phrases.tag(tag)
    if "subtasks" in sets:
        values["subtasks"] = made.titles(reading.subtasks, "subtasks")
    if "depends_on" in sets:
        values["depends_on"] = made.tasks(reading.depends_on, "depends_on")
    return Interpretation(reading.intent, task_refs=refs, change=Change(**values))
