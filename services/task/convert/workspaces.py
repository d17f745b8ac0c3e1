"""Workspaces on the wire, and from requests with all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar
from zoneinfo import available_timezones

from boss.task.v1 import person_pb2

from services.task.convert.checks import Faults
from services.task.convert.names import workspace_name
from services.task.convert.tasks import stamp
from services.task.model import Confirm, Visibility, WorkSettings, Workspace, WorkspaceId
from services.task.rules.names import fold
from services.task.rules.workspaces import PLAIN, SETTINGS, replaced

NAME = 100
DEPARTMENT, DEPARTMENTS = 50, 50
GRACE_MINUTES = 240
RETENTION_DAYS = (30, 3_650)
THRESHOLD = 100
SUNDAY = 7
HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")
ZONES = frozenset(available_timezones())
USUAL = WorkSettings()
PATHS = frozenset({*PLAIN, "settings", *SETTINGS})

E = TypeVar("E", bound=Enum)


def workspace_to_proto(workspace: Workspace) -> person_pb2.Workspace:
    """The workspace as shown."""
    return person_pb2.Workspace(
        name=workspace_name(workspace.id),
        display_name=workspace.display_name,
        timezone=workspace.timezone,
        claimed=workspace.claimed,
        settings=settings_to_proto(workspace.settings),
        create_time=stamp(workspace.created_at),
        etag=workspace.etag,
    )


def settings_to_proto(settings: WorkSettings) -> person_pb2.WorkSettings:
    """How a workspace works, as shown."""
    return person_pb2.WorkSettings(
        requires_approval=settings.requires_approval,
        visibility=settings.visibility.value,  # type: ignore[arg-type]
        confirm=settings.confirm.value,  # type: ignore[arg-type]
        deadline_required=settings.deadline_required,
        review_threshold=settings.review_threshold,
        departments=settings.departments,
        working_days=settings.working_days,
        working_hours=settings.working_hours,
        quiet_hours=settings.quiet_hours,
        late_grace_minutes=settings.late_grace_minutes,
        retention_days=settings.retention_days,
    )


def only_paths(message: person_pb2.Workspace, paths: Iterable[str]) -> person_pb2.Workspace:
    """A message with what these paths name, and its name, alone."""
    named = {path.removeprefix("settings."): path in SETTINGS for path in paths}
    kept = person_pb2.Workspace()
    kept.CopyFrom(message)
    _clear(kept, {"name", "settings", *(name for name, inner in named.items() if not inner)})
    _clear(kept.settings, {name for name, inner in named.items() if inner})
    if not any(named.values()):
        kept.ClearField("settings")
    return kept


def _clear(message: Any, kept: Collection[str]) -> None:
    for field, _ in message.ListFields():
        if field.name not in kept:
            message.ClearField(field.name)


class _Reader:
    """Reads settings of a request; what is left out has its usual value."""

    def __init__(self, message: person_pb2.WorkSettings, faults: Faults, at: str) -> None:
        self._message = message
        self._faults = faults
        self._at = at

    def read(self, name: str) -> Any:
        """The value of one setting, in the model's types."""
        return _SETTINGS[name](self)

    def flag(self, name: str) -> bool:
        """A yes or no."""
        usual: bool = getattr(USUAL, name)
        return bool(self._given(name, usual))

    def choice(self, name: str, kind: type[E], say: str) -> E:
        """One of a few."""
        usual: E = getattr(USUAL, name)
        try:
            return kind(getattr(self._message, name) or usual.value)
        except ValueError:
            self._faults.add(f"{self._at}.{name}", say)
            return usual

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = int(self._given(name, getattr(USUAL, name)))
        if not least <= value <= most:
            self._faults.add(f"{self._at}.{name}", f"Give {least:,} to {most:,}.")
        return value

    def _given(self, name: str, usual: Any) -> Any:
        message: Any = self._message
        absent = message.DESCRIPTOR.fields_by_name[name].has_presence and not message.HasField(name)
        return usual if absent else getattr(message, name)

    def departments(self) -> tuple[str, ...]:
        """The names of departments, each once."""
        found = self._message.departments
        self._faults.many(f"{self._at}.departments", len(found), most=DEPARTMENTS)
        once: dict[str, str] = {}
        for index, text in enumerate(found):
            at = f"{self._at}.departments[{index}]"
            name = self._faults.line(at, text, least=1, most=DEPARTMENT)
            if fold(name) in once:
                self._faults.add(at, f"“{name}” is on the list already.")
            once.setdefault(fold(name), name)
        return tuple(once.values())

    def days(self) -> tuple[int, ...]:
        """Days of a week."""
        return week(self._message.working_days, self._faults, f"{self._at}.working_days", USUAL)

    def hours(self, name: str) -> str:
        """From when to when."""
        usual: str = getattr(USUAL, name)
        text = getattr(self._message, name) or usual
        return span(text, self._faults, f"{self._at}.{name}", like=usual)


_SETTINGS: Mapping[str, Callable[[_Reader], Any]] = {
    "requires_approval": lambda r: r.flag("requires_approval"),
    "visibility": lambda r: r.choice("visibility", Visibility, "Choose everybody or own_only."),
    "confirm": lambda r: r.choice("confirm", Confirm, "Choose unsure, always or never."),
    "deadline_required": lambda r: r.flag("deadline_required"),
    "review_threshold": lambda r: r.number("review_threshold", 0, THRESHOLD),
    "departments": _Reader.departments,
    "working_days": _Reader.days,
    "working_hours": lambda r: r.hours("working_hours"),
    "quiet_hours": lambda r: r.hours("quiet_hours"),
    "late_grace_minutes": lambda r: r.number("late_grace_minutes", 0, GRACE_MINUTES),
    "retention_days": lambda r: r.number("retention_days", *RETENTION_DAYS),
}


def week(given: Iterable[int], faults: Faults, at: str, usual: WorkSettings) -> tuple[int, ...]:
    """Days from 1 (Monday) to 7 (Sunday), each once and in order; the usual ones for none."""
    days = tuple(sorted(set(given))) or usual.working_days
    if any(not 1 <= day <= SUNDAY for day in days):
        faults.add(at, "Give days from 1 (Monday) to 7 (Sunday).")
        return ()
    return days


def span(text: str, faults: Faults, at: str, *, like: str) -> str:
    """Local "HH:MM-HH:MM"; one that ends before it begins goes over midnight."""
    if not HOURS.fullmatch(text):
        faults.add(at, f"Write it like {like}.")
    elif text[:5] == text[6:]:
        faults.add(at, "Let it end at another time than it begins.")
    return text


def new_workspace(message: person_pb2.Workspace, faults: Faults) -> Workspace:
    """The workspace that a request describes; its number is not known yet."""
    paths = ["display_name", "timezone"]
    if message.HasField("settings"):
        chosen = message.settings
        paths += [path for path in SETTINGS if path != "settings.departments"]
        paths += ["settings.departments"] if chosen.departments else []
    usual = Workspace(WorkspaceId(0), "", "UTC", claimed=True)
    if not message.timezone:
        paths.remove("timezone")
    return replaced(usual, workspace_changes(message, paths, faults))


def workspace_changes(
    message: person_pb2.Workspace, paths: list[str], faults: Faults
) -> dict[str, object]:
    """The new values of the workspace's fields that a mask names, by path."""
    reader = _Reader(message.settings, faults, "workspace.settings")
    changes: dict[str, object] = {}
    for path in faults.mask(paths, PATHS):
        if path == "settings":
            changes |= {each: reader.read(each.removeprefix("settings.")) for each in SETTINGS}
        elif path in SETTINGS:
            changes[path] = reader.read(path.removeprefix("settings."))
        else:
            changes[path] = getattr(message, path)
    if "display_name" in changes:
        name = message.display_name
        changes["display_name"] = faults.line("workspace.display_name", name, least=1, most=NAME)
    if "timezone" in changes and message.timezone not in ZONES:
        faults.add("workspace.timezone", "Give an IANA name, like Europe/Berlin.")
    return changes
