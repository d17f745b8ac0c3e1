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


def people_in(task: Task) -> Iterator[PersonId]:
    """Everybody whom a task names."""
    yield from (each for each in (task.creator, task.status_by) if each is not None)
    yield from (each.person for each in task.assignees)
    yield from task.watchers
    yield from task.suggested


def numbers_in(task: Task) -> Iterator[TaskNumber]:
    """Every other task that a task can't be without."""
    if task.parent is not None:
        yield task.parent
    yield from task.depends_on
