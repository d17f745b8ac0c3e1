"""Tasks with other people and other numbers: those of a file instead of those here, or back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from services.task.model import PersonId, Task, TaskNumber

Person = Callable[[PersonId], PersonId]
Number = Callable[[TaskNumber], TaskNumber]


def renamed(task: Task, *, person: Person, number: Number) -> Task:
    """The task with each person and each number replaced."""
    return replace(
        task,
        creator=None if task.creator is None else person(task.creator),
        status_by=None if task.status_by is None else person(task.status_by),
        assignees=tuple(replace(each, person=person(each.person)) for each in task.assignees),
        watchers=tuple(person(each) for each in task.watchers),
        suggested=tuple(person(each) for each in task.suggested),
        parent=None if task.parent is None else number(task.parent),
        depends_on=tuple(number(each) for each in task.depends_on),
        successor=None if task.successor is None else number(task.successor),
    )


def people_in(task: Task) -> Iterator[tuple[str, PersonId]]:
    """Everybody whom a task names, each with the field."""
    for name, one in (("creator", task.creator), ("status_by", task.status_by)):
        if one is not None:
            yield name, one
    for name, several in (
        ("assignees", task.people),
        ("watchers", task.watchers),
        ("suggested", task.suggested),
    ):
        for each in several:
            yield name, each


def numbers_in(task: Task) -> Iterator[tuple[str, TaskNumber]]:
    """Every other task that a task can't be without, each with the field."""
    if task.parent is not None:
        yield "parent", task.parent
    for each in task.depends_on:
        yield "depends_on", each
