"""What tasks of one kind begin with: what a template may hold, who may change it, which is meant.

Eight are built in; a workspace's own of the same name takes the place of a built-in one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from services.runtime.errors import Conflict, NotFound, Stale
from services.task.model import Priority
from services.task.rules.names import fold

MAX_TEMPLATES = 100  # of a workspace's own
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Template:
    """What a task of this kind begins with; what is empty here stays as it would be without."""

    name: str
    about: str = ""
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    type: str = ""
    criteria: tuple[str, ...] = ()
    estimate_minutes: int | None = None
    subtasks: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The form in which names of templates are compared."""
        return fold(self.name)


@dataclass(frozen=True, slots=True)
class Stored:
    """A template with what identifies it: without an id it is built in."""

    template: Template
    id: int | None = None
    version: int = 0

    @property
    def etag(self) -> str:
        """What changes when the template does."""
        return f"{self.version:x}"


TEMPLATE_FIELDS = tuple(field.name for field in fields(Template))

BUILT_IN: Mapping[str, Template] = {
    template.name: template
    for template in (
        Template(
            "bug",
            "Something works otherwise than it should",
            priority=Priority.HIGH,
            tags=("bug",),
            type="bug",
            criteria=(
                "The steps that show the fault are written down",
                "The cause is known and named",
                "A test fails without the fix and passes with it",
                "The reporter confirms that it is gone",
            ),
            estimate_minutes=240,
            subtasks=(
                "Reproduce it and note version, steps and what was expected",
                "Find the cause",
                "Fix it, with a test",
                "Check that nothing near it broke",
            ),
        ),
        Template(
            "feature",
            "Something new that people can use",
            priority=Priority.MEDIUM,
            tags=("feature",),
            type="feature",
            criteria=(
                "What it does and what it leaves out is agreed on",
                "It works for each kind of user, with empty and with wrong input",
                "Tests cover it",
                "It is documented where its users look",
            ),
            estimate_minutes=960,
            subtasks=(
                "Write down what it is to do, with an example",
                "Design it and have the design looked at",
                "Build it",
                "Test it, also with bad input",
                "Document it and tell those who asked for it",
            ),
        ),
        Template(
            "hotfix",
            "A fault in production that can't wait",
            priority=Priority.URGENT,
            tags=("hotfix", "production"),
            type="hotfix",
            criteria=(
                "Users are no longer affected",
                "The change is as small as can be, and was looked at by a second person",
                "It is released, and monitoring shows that it holds",
                "What caused it and how to prevent it is written down",
            ),
            estimate_minutes=120,
            subtasks=(
                "Find out who is affected, and tell them",
                "Stop the damage: roll back or switch off",
                "Fix it and have it looked at",
                "Release it and watch it for an hour",
                "Write down the cause and what will prevent it",
            ),
        ),
        Template(
            "research",
            "A question to be answered before a decision",
            priority=Priority.MEDIUM,
            tags=("research",),
            type="research",
            criteria=(
                "The question and what depends on it are written down",
                "At least three ways are compared by the same measures",
                "Sources are named",
                "There is a recommendation with its reason and its risks",
            ),
            estimate_minutes=480,
            subtasks=(
                "Write down the question and what a good answer has",
                "Collect what is known",
                "Compare the ways",
                "Write the recommendation and present it",
            ),
        ),
        Template(
            "meeting",
            "People come together to decide or to learn",
            priority=Priority.MEDIUM,
            tags=("meeting",),
            type="meeting",
            criteria=(
                "The agenda was sent at least a day before",
                "Each point ended with a decision, or with who finds out what by when",
                "Notes went to everybody who was invited",
            ),
            estimate_minutes=60,
            subtasks=(
                "Write the agenda and say what is to be decided",
                "Invite people and book the room or the call",
                "Send the notes with decisions",
                "Make tasks of what was agreed",
            ),
        ),
        Template(
            "docs",
            "Something to be written for readers",
            priority=Priority.LOW,
            tags=("docs",),
            type="docs",
            criteria=(
                "It says for whom it is and what they can do afterwards",
                "Every step and example was tried out",
                "Somebody of those it is for has read it and found their way",
                "It is linked from where people look",
            ),
            estimate_minutes=240,
            subtasks=(
                "List what readers ask",
                "Write it",
                "Try out every step",
                "Have it read by one of its readers",
                "Publish and link it",
            ),
        ),
        Template(
            "review",
            "Somebody's work to be looked at",
            priority=Priority.HIGH,
            tags=("review",),
            type="task",
            criteria=(
                "It does what was asked for",
                "Tests are there and pass",
                "Security, speed and readability were looked at",
                "Each remark says what to change and why",
            ),
            estimate_minutes=60,
            subtasks=(
                "Read what was asked for",
                "Look at the work and try it out",
                "Write the remarks, the needed apart from the nice",
                "Look at the answers and say yes or no",
            ),
        ),
        Template(
            "deployment",
            "A version goes out to users",
            priority=Priority.HIGH,
            tags=("deployment", "release"),
            type="task",
            criteria=(
                "The version passed all checks on staging",
                "The way back is written down and was tried",
                "Users were told where they notice it",
                "After it, errors and speed are as before",
            ),
            estimate_minutes=120,
            subtasks=(
                "Freeze the version and write its notes",
                "Back up, and try the way back",
                "Deploy to staging and check it",
                "Deploy to production",
                "Watch errors and speed for an hour",
                "Tell everybody that it is out",
            ),
        ),
    )
}


def effective(own: Iterable[Stored]) -> list[Stored]:
    """The templates that a workspace has, by name: its own, and the built-in ones left."""
    found = {template.key: Stored(template) for template in BUILT_IN.values()}
    found.update({stored.template.key: stored for stored in own})
    return [found[key] for key in sorted(found)]


def template_not_found() -> NotFound:
    """The answer where a template is not there, or another workspace's."""
    return NotFound("TEMPLATE_NOT_FOUND", "There is no such template.")


def unknown(name: str, names: Iterable[str]) -> str:
    """What is told of a name that no template has: the nearest ones, or all there are."""
    by_key = {fold(each): each for each in names}
    near = difflib.get_close_matches(fold(name), list(by_key), n=NEAREST, cutoff=0.5)
    if near:
        return f"There is no template “{name}”. Did you mean {_either([by_key[k] for k in near])}?"
    built_in = [by_key.get(key, key) for key in BUILT_IN]
    return f"There is no template “{name}”. There are {', '.join(built_in)} and the own ones."


def _either(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def require_room(count: int) -> None:
    """Raises Conflict TEMPLATES_FULL where the workspace has as many as it may have."""
    if count >= MAX_TEMPLATES:
        raise Conflict(
            "TEMPLATES_FULL",
            f"There are {MAX_TEMPLATES} templates of your own, the limit: delete one first.",
        )


def edit(stored: Stored, changes: Mapping[str, object], *, etag: str) -> Stored | None:
    """The template after these changes, None where all are true already. Raises Stale."""
    require_etag(stored, etag)
    after = replace(stored.template, **changes)  # type: ignore[arg-type]
    if after == stored.template:
        return None
    return replace(stored, template=after, version=stored.version + 1)


def require_etag(stored: Stored, etag: str) -> None:
    """Raises Stale ETAG_MISMATCH where an etag is given and is not the present one."""
    if etag and etag != stored.etag:
        raise Stale(
            "ETAG_MISMATCH",
            f"“{stored.template.name}” was changed meanwhile: read it again, then decide again.",
            metadata={"etag": stored.etag},
        )


def built_in(name: str) -> Conflict:
    """The refusal to change what is not the workspace's own."""
    return Conflict(
        "TEMPLATE_BUILT_IN",
        f"“{name}” is built in: create your own of this name, and it takes its place.",
    )
