from typing import Any

import pytest
from boss.task.v1 import person_pb2

from services.gateway.directory import Roster

LEFT = person_pb2.PERSON_STATUS_LEFT


def person(number: int, name: str, *aliases: str, username: str = "", status: Any = 1):
    return person_pb2.Person(
        name=f"workspaces/1/people/{number}",
        display_name=name,
        aliases=aliases,
        telegram_username=username,
        status=status,
    )


ROSTER = Roster(
    [
        person(1, "Dana"),
        person(2, "Ana", "anna", username="ana_k"),
        person(3, "Anna Kurz", "anna"),
        person(4, "Émile"),
        person(5, "Ben", status=LEFT),
        person(6, "Ben"),
        person(7, "3"),
    ],
    as_of=1,
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("Ana", 2),
        ("aNA", 2),
        ("@ana_k", 2),
        ("@Ana", 2),
        ("me", 1),
        ("P-3", 3),
        ("p3", 3),
        ("2", 2),
        ("ÉMILE", 4),
        ("Ben", 6),
        ("P-5", 5),
        ("3", 7),
    ],
)
def test_people_are_found_by_what_they_are_called(written, number):
    found: Any = ROSTER.find(written, myself=1)

    assert found.name == f"workspaces/1/people/{number}"


def test_an_ambiguous_name_lists_whom_it_may_mean():
    told = ROSTER.find("Anna", myself=1)

    assert "Ana (P-2)" in told
    assert "Anna Kurz (P-3)" in told


def test_an_unknown_name_lists_those_that_are_near():
    assert "Dana (P-1)" in ROSTER.find("Danna", myself=1)


@pytest.mark.parametrize("written", ["Zoë", "P-99", "@nobody", "99999999999999999999", "\ud800"])
def test_somebody_unknown_is_told_who_there_is(written):
    told: Any = ROSTER.find(written, myself=1)

    assert told.startswith("Nobody is called")
    assert "Dana (P-1)" in told
