"""People and a plan that the tests of planning share."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.ai.model import Context, OpenTask, Person
from services.ai.planning.draft import Asked, draft

ZONE = ZoneInfo("Asia/Bangkok")
WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=ZONE)
PEOPLE = tuple(
    Person(f"workspaces/1/people/{number}", name, department=department, skills=skills, role=role)
    for number, (name, department, skills, role) in enumerate(
        (
            ("Dana", "", (), "boss"),
            ("Ana", "dev", ("backend", "python"), "member"),
            ("Ben", "dev", ("frontend", "testing"), "member"),
            ("Mia", "design", ("ui", "photography"), "member"),
            ("Zoe", "marketing", ("writing", "social media"), "member"),
            ("Gus", "", ("design",), "guest"),
        ),
        start=1,
    )
)
DANA, ANA, BEN, MIA, ZOE, GUS = PEOPLE


def context(roster=PEOPLE, now=WEDNESDAY, busy=None):
    tasks = tuple(
        OpenTask(f"workspaces/1/tasks/{number}", number, "Something", (person.name,))
        for number, person in enumerate([busy] * 9 if busy else [], start=1)
    )
    return Context(now, roster[0], roster=roster, open_tasks=tasks)


def drafted(text, answers=None, **where):
    return draft(Asked(text, answers or {}), context(**where))


def plan(text="launch the shop in June", **where):
    return drafted(text, **where).plan


def names(task):
    return [who.display_name for who in task.assignees]
