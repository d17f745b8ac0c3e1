"""Links between tasks: what may be a part of what, what may wait for what, and in which order.

It decides over the graph that the caller has read under the workspace's lock on links: the tasks
that are linked to, and the dependencies reachable from those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.runtime.errors import Invalid, Violation
from services.task.model import Task, TaskNumber, TaskView

MAX_SUBTASKS = 100


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking needs to know of a task: whether it is a part, and what parts it has."""

    title: str
    parent: TaskNumber | None
    subtask_count: int
    # That of its last part.
    last_place: int = 0


@dataclass(frozen=True, slots=True)
class Graph:
    """The tasks that a command links to, and the dependencies reachable from them."""

    tasks: Mapping[TaskNumber, Linked]
    edges: Mapping[TaskNumber, Sequence[TaskNumber]]

    def with_part(self, part: Task) -> Graph:
        """The same once this part is there as well."""
        whole = self.tasks.get(part.parent) if part.parent is not None else None
        if whole is None or part.parent is None:
            return self
        more = replace(whole, subtask_count=whole.subtask_count + 1, last_place=part.place)
        return Graph({**self.tasks, part.parent: more}, self.edges)


NO_LINKS = Graph({}, {})


def placed_last(task: Task, graph: Graph) -> Task:
    """The task behind the other parts of its parent, if it is a part that has no place yet."""
    whole = graph.tasks.get(task.parent) if task.parent is not None else None
    return task if whole is None or task.place else replace(task, place=whole.last_place + 1)


def link_faults(view: TaskView | None, after: Task, graph: Graph, at: str) -> list[Violation]:
    """The links that can't be: to what is unknown, too deep, or one too many."""
    violations = []
    if fault := parent_fault(view, after, graph):
        violations.append(Violation(f"{at}.parent", fault))
    violations += [
        Violation(f"{at}.depends_on[{index}]", f"There is no task T-{number}.")
        for index, number in enumerate(after.depends_on)
        if number not in graph.tasks
    ]
    return violations


def check_circle(
    number: TaskNumber, depends_on: Iterable[TaskNumber], graph: Graph, *, at: str
) -> None:
    """Raises Invalid DEPENDENCY_CYCLE, naming the circle that these dependencies would close."""
    cycle = find_cycle(number, depends_on, graph.edges)
    if cycle:
        path = " → ".join(f"T-{each}" for each in cycle)
        raise Invalid(
            "DEPENDENCY_CYCLE",
            f"That would be a circle: {path}. Take one of these dependencies away first.",
            violations=[Violation(at, f"A circle: {path}.")],
            metadata={"cycle": ",".join(f"T-{each}" for each in cycle)},
        )


def parent_fault(view: TaskView | None, after: Task, graph: Graph) -> str:
    """Why the task can't be a part of the parent that it is to get, "" where it can."""
    if after.parent is None or (view is not None and after.parent == view.task.parent):
        return ""
    linked = graph.tasks.get(after.parent)
    if linked is None:
        return f"There is no task T-{after.parent}."
    if view is not None and after.parent == view.number:
        return "A task can't be a part of itself."
    if linked.parent is not None:
        return f"T-{after.parent} is itself a part of T-{linked.parent}; one level is the limit."
    if view is not None and view.subtasks:
        return f"T-{view.number} has subtasks of its own; one level is the limit."
    if linked.subtask_count >= MAX_SUBTASKS:
        return f"T-{after.parent} has {MAX_SUBTASKS} subtasks, the limit."
    return ""


def find_cycle(
    number: TaskNumber,
    depends_on: Iterable[TaskNumber],
    edges: Mapping[TaskNumber, Sequence[TaskNumber]],
) -> tuple[TaskNumber, ...]:
    """The circle that these dependencies of a task would close, from the task back to it; or ()."""
    stack: list[tuple[TaskNumber, ...]] = [(number, on) for on in depends_on]
    visited: set[TaskNumber] = set()
    while stack:
        path = stack.pop()
        last = path[-1]
        if last == number:
            return path
        if last not in visited:
            visited.add(last)
            stack.extend((*path, on) for on in edges.get(last, ()))
    return ()
