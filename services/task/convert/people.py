"""People and tokens on the wire, and people from requests with all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from boss.task.v1 import people_service_pb2, person_pb2

from services.task.convert.checks import Faults
from services.task.convert.names import person_name, token_name
from services.task.convert.tasks import stamp
from services.task.convert.workspaces import NAME, ZONES, span, week
from services.task.model import Person, PersonRecord, PersonStatus, Role, Token, Workspace
from services.task.rules.workspaces import department_of

EMAIL, LANGUAGE, SKILL, LABEL = 254, 35, 40, 100
ALIASES, LEADS, SKILLS = 20, 20, 30
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
USERNAME = re.compile(r"[A-Za-z0-9_]{1,32}")
MAIL = re.compile(r"[^@\s]+@[^@\s]+")
SNOWFLAKE = re.compile(r"\d{1,20}")


def ref(workspace: int, ident: int, name: str) -> person_pb2.PersonRef:
    """A person as shown inside something else."""
    return person_pb2.PersonRef(name=person_name(workspace, ident), display_name=name)


def person_to_proto(record: PersonRecord, *, now: datetime | None = None) -> person_pb2.Person:
    """The person as shown; without an id there is no name yet.

    With `now` as of then: whose time away has passed is back.
    """
    record = record if now is None else record.shown(now)
    person = record.person
    return person_pb2.Person(
        name=person_name(record.workspace, record.id) if record.id else "",
        display_name=person.display_name,
        aliases=person.aliases,
        role=person.role.value,  # type: ignore[arg-type]
        department=person.department,
        leads=person.leads,
        language=person.language,
        working_days=person.working_days,
        working_hours=person.working_hours,
        quiet_hours=person.quiet_hours,
        timezone=person.timezone,
        telegram_id=person.telegram_id,
        telegram_username=person.telegram_username,
        discord_id=person.discord_id,
        email=person.email,
        skills=person.skills,
        status=person.status.value,  # type: ignore[arg-type]
        away_until=stamp(person.away_until),
        create_time=stamp(person.created_at),
        update_time=stamp(person.updated_at),
        etag=record.etag if record.touched else "",
    )


def token_to_proto(token: Token) -> people_service_pb2.Token:
    """The token as shown, without its secret."""
    return people_service_pb2.Token(
        name=token_name(token.workspace, token.id),
        label=token.label,
        person=ref(token.workspace, token.person, token.person_name),
        create_time=stamp(token.created_at),
        last_use_time=stamp(token.last_used_at),
    )


class PersonReader:
    """Reads the fields of a person of a request; what is left out has its default."""

    def __init__(self, message: person_pb2.Person, faults: Faults, home: Workspace) -> None:
        self._message = message
        self._faults = faults
        self._home = home

    def read(self, name: str) -> Any:
        """The value of one field, in the model's types."""
        return _READERS[name](self)

    def line(self, name: str, *, most: int, least: int = 0) -> str:
        """A text of one line."""
        text = getattr(self._message, name)
        return self._faults.line(f"person.{name}", text, most=most, least=least)

    def like(
        self, name: str, pattern: re.Pattern[str], say: str, *, most: int = 100, default: str = ""
    ) -> str:
        """A text of a form, or the default."""
        text: str = getattr(self._message, name) or default
        if text and (len(text) > most or not pattern.fullmatch(text)):
            self._faults.add(f"person.{name}", say)
        return text

    def lines(self, name: str, *, most: int, many: int) -> tuple[str, ...]:
        """Texts of one line, each once."""
        found = getattr(self._message, name)
        self._faults.many(f"person.{name}", len(found), most=many)
        read = (
            self._faults.line(f"person.{name}[{index}]", text, least=1, most=most)
            for index, text in enumerate(found)
        )
        return tuple(dict.fromkeys(read))

    def away_until(self) -> datetime | None:
        """When an absence ends."""
        return self._faults.moment("person.away_until", self._message, "away_until")

    def role(self) -> Role:
        """Member where none is given."""
        try:
            return Role(self._message.role or Role.MEMBER.value)
        except ValueError:
            self._faults.add("person.role", "Choose owner, boss, lead, member or guest.")
            return Role.MEMBER

    def status(self) -> PersonStatus:
        """Active where none is given."""
        try:
            return PersonStatus(self._message.status or PersonStatus.ACTIVE.value)
        except ValueError:
            self._faults.add("person.status", "Choose active, away or left.")
            return PersonStatus.ACTIVE

    def department(self) -> str:
        """One of the workspace's, as the workspace writes it."""
        return self._known(self._message.department, "person.department")

    def leads(self) -> tuple[str, ...]:
        """Departments of the workspace, each once."""
        found = self._message.leads
        self._faults.many("person.leads", len(found), most=LEADS)
        read = (self._known(text, f"person.leads[{i}]") for i, text in enumerate(found))
        return tuple(dict.fromkeys(name for name in read if name))

    def _known(self, text: str, field: str) -> str:
        name = department_of(text.strip(), self._home.settings.departments)
        if name is None:
            known = ", ".join(self._home.settings.departments) or "none yet"
            self._faults.add(
                field, f"Choose one of the workspace's departments ({known}), or add it to them."
            )
        return name or ""

    def working_days(self) -> tuple[int, ...]:
        """The workspace's where none are given."""
        days = self._message.working_days
        return week(days, self._faults, "person.working_days", self._home.settings)

    def hours(self, name: str) -> str:
        """The workspace's where none are given."""
        usual: str = getattr(self._home.settings, name)
        text = getattr(self._message, name) or usual
        return span(text, self._faults, f"person.{name}", like=usual)

    def zone(self) -> str:
        """The workspace's where none is given."""
        zone = self._message.timezone or self._home.timezone
        if zone not in ZONES:
            self._faults.add("person.timezone", "Give an IANA name, like Europe/Berlin.")
            return "UTC"
        return zone

    def telegram_id(self) -> int | None:
        """Whose chat it is."""
        if not self._message.HasField("telegram_id"):
            return None
        if self._message.telegram_id <= 0:
            self._faults.add("person.telegram_id", "Give the number of a Telegram user.")
        return self._message.telegram_id

    def username(self) -> str:
        """Without the "@"."""
        text = self._message.telegram_username.removeprefix("@")
        if text and not USERNAME.fullmatch(text):
            say = "Give a Telegram username: letters, digits and _, at most 32."
            self._faults.add("person.telegram_username", say)
        return text


_READERS: Mapping[str, Callable[[PersonReader], Any]] = {
    "display_name": lambda r: r.line("display_name", least=1, most=NAME),
    "aliases": lambda r: r.lines("aliases", most=NAME, many=ALIASES),
    "role": PersonReader.role,
    "department": PersonReader.department,
    "leads": PersonReader.leads,
    "language": lambda r: r.like(
        "language", LANGUAGE_TAG, "Give a tag like “en”.", most=LANGUAGE, default="en"
    ),
    "working_days": PersonReader.working_days,
    "working_hours": lambda r: r.hours("working_hours"),
    "quiet_hours": lambda r: r.hours("quiet_hours"),
    "timezone": PersonReader.zone,
    "telegram_id": PersonReader.telegram_id,
    "telegram_username": PersonReader.username,
    "discord_id": lambda r: r.like("discord_id", SNOWFLAKE, "Give a Discord user's number."),
    "email": lambda r: r.like(
        "email", MAIL, f"Give an address like ana@example.org, of at most {EMAIL}.", most=EMAIL
    ),
    "skills": lambda r: r.lines("skills", most=SKILL, many=SKILLS),
    "status": PersonReader.status,
    "away_until": PersonReader.away_until,
}
CHANGEABLE = frozenset(_READERS)


def new_person(
    message: person_pb2.Person, faults: Faults, *, home: Workspace, now: datetime
) -> Person:
    """The person that a request describes, with what is usual in the workspace."""
    reader = PersonReader(message, faults, home)
    values = {name: reader.read(name) for name in _READERS}
    return Person(created_at=now, updated_at=now, **values)


def person_changes(
    message: person_pb2.Person, paths: list[str], faults: Faults, *, home: Workspace
) -> dict[str, object]:
    """The new values of the fields that a mask names."""
    reader = PersonReader(message, faults, home)
    return {path: reader.read(path) for path in faults.mask(paths, CHANGEABLE)}
