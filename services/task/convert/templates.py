"""Templates on the wire, and tasks as a template fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from boss.task.v1 import task_pb2, template_pb2

from services.runtime.errors import Invalid, Violation
from services.task.convert.checks import Faults
from services.task.convert.names import parse
from services.task.convert.tasks import CRITERIA, CRITERION, TITLE, TYPES, TaskReader
from services.task.model import Priority, WorkspaceId
from services.task.rules.names import fold
from services.task.rules.templates import Stored, Template, template_not_found

NAME, ABOUT, SUBTASKS = 40, 200, 30
# What masks and messages call otherwise than the model.
MODEL = {"display_name": "name"}


def template_name(workspace: int, stored: Stored) -> str:
    """workspaces/{workspace}/templates/{template}."""
    last = stored.template.key if stored.id is None else stored.id
    return f"workspaces/{workspace}/templates/{last}"


def template_to_proto(workspace: int, stored: Stored) -> template_pb2.Template:
    """The template as shown."""
    template = stored.template
    return template_pb2.Template(
        name=template_name(workspace, stored),
        display_name=template.name,
        about=template.about,
        priority=0 if template.priority is None else template.priority.value,  # type: ignore[arg-type]
        tags=template.tags,
        type=template.type,
        criteria=template.criteria,
        estimate_minutes=template.estimate_minutes,
        subtasks=template.subtasks,
        built_in=stored.id is None,
        etag=stored.etag,
    )


def template_target(name: str, own: WorkspaceId) -> int | str:
    """The own template that a request is about by its id, or any by its folded name."""
    if (parsed := parse(name, "templates")) is not None:
        if parsed[0] not in {None, own}:
            raise template_not_found()
        return parsed[1]
    parts = name.split("/")
    if len(parts) != 4 or parts[0] != "workspaces" or parts[2] != "templates":  # noqa: PLR2004
        example = f"workspaces/{own}/templates/bug"
        raise Invalid(
            "NAME_INVALID",
            f"Write the name like {example}.",
            violations=[Violation("name", f"Write it like {example}.")],
        )
    if parts[1] not in {"-", str(own)}:
        raise template_not_found()
    return fold(parts[3])


def named(text: str, own: WorkspaceId) -> int | str:
    """The template that a new task names: as people call it, or by its resource name."""
    return template_target(text, own) if "/" in text else fold(text)


class _Reader:
    """Reads the fields of a template of a request."""

    def __init__(self, message: template_pb2.Template, faults: Faults) -> None:
        self.message = message
        self.faults = faults
        # Tasks and templates hold these alike.
        like: Any = message
        self.as_task = TaskReader(like, faults, "template", WorkspaceId(0))

    def name(self) -> str:
        text = self.faults.line(
            "template.display_name", self.message.display_name, least=1, most=NAME
        )
        if text and (not any(c.isalpha() for c in text) or "/" in text or ":" in text):
            self.faults.add(
                "template.display_name", "Write a name with a letter, without “/” and “:”."
            )
        return text

    def about(self) -> str:
        return self.faults.line("template.about", self.message.about, most=ABOUT)

    def priority(self) -> Priority | None:
        return self.as_task.priority() if self.message.priority else None

    def type(self) -> str:
        text = self.message.type
        return self.faults.one_of("template.type", text, TYPES) if text else ""

    def lines(self, field: str, *, most: int, longest: int) -> tuple[str, ...]:
        found = getattr(self.message, field)
        at = f"template.{field}"
        self.faults.many(at, len(found), most=most)
        return tuple(
            self.faults.line(f"{at}[{i}]", text, least=1, most=longest)
            for i, text in enumerate(found)
        )


_READERS: Mapping[str, Callable[[_Reader], Any]] = {
    "display_name": _Reader.name,
    "about": _Reader.about,
    "priority": _Reader.priority,
    "tags": lambda reader: reader.as_task.tags(),
    "type": _Reader.type,
    "criteria": lambda reader: reader.lines("criteria", most=CRITERIA, longest=CRITERION),
    "estimate_minutes": lambda reader: reader.as_task.estimate_minutes(),
    "subtasks": lambda reader: reader.lines("subtasks", most=SUBTASKS, longest=TITLE),
}


def new_template(message: template_pb2.Template, faults: Faults) -> Template:
    """The template that a request describes."""
    reader = _Reader(message, faults)
    return Template(**{MODEL.get(name, name): read(reader) for name, read in _READERS.items()})


def template_changes(
    message: template_pb2.Template, paths: list[str], faults: Faults
) -> dict[str, object]:
    """The new values of the fields that a mask names."""
    reader = _Reader(message, faults)
    named_paths = faults.mask(paths, _READERS.keys())
    return {MODEL.get(path, path): _READERS[path](reader) for path in named_paths}


def filled(message: task_pb2.Task, template: Template) -> task_pb2.Task:
    """The task of a request, with what it leaves unset as the template has it."""
    task = task_pb2.Task()
    task.CopyFrom(message)
    if not task.priority and template.priority is not None:
        task.priority = template.priority.value  # type: ignore[assignment]
    if not task.tags:
        task.tags.extend(template.tags)
    if not task.type:
        task.type = template.type
    if not task.criteria:
        for text in template.criteria:
            task.criteria.add(text=text)
    if not task.HasField("estimate_minutes") and template.estimate_minutes is not None:
        task.estimate_minutes = template.estimate_minutes
    return task
