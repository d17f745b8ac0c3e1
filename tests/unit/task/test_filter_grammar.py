"""The filter grammar: what each term means, what is told of a wrong one, and any text at all."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import Invalid
from services.task.filters.grammar import MOST_CHARACTERS, MOST_TERMS, parse
from services.task.filters.terms import KEYS
from services.task.filters.where import Named, Where, written
from services.task.filters.words import Flag, Span
from services.task.model import CLOSED, OPEN, Priority, Status

NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)  # a Wednesday; Thursday already in Berlin
BERLIN = ZoneInfo("Europe/Berlin")


def read(text, zone=BERLIN):
    return parse(text, now=NOW, zone=zone)


def ordered(statuses):
    return tuple(sorted(statuses, key=lambda each: each.value))


def day(number, month=11, year=2026, zone=BERLIN):
    return datetime(year, month, number, tzinfo=zone).astimezone(UTC)


CASES = {
    "": Where(),
    "login page": Where(words=("login", "page")),
    "log-in, fast!": Where(words=("log", "in", "fast")),
    '"exact  phrase" login': Where(phrases=("exact phrase",), words=("login",)),
    "“exact phrase”": Where(phrases=("exact phrase",)),
    "-old": Where(without=("old",)),
    '-"old page"': Where(without=("old page",)),
    "note: this": Where(words=("note", "this")),
    "https://example.org 10:30 a<b timeout=30": Where(
        words=("https", "example", "org", "10", "30", "a", "b", "timeout")
    ),
    "T-42": Where(numbers=(42,)),
    "t42 #43 id:44,T-45": Where(numbers=(42, 43, 44, 45)),
    "task-20240101-7": Where(legacy_ids=("TASK-20240101-7",)),
    "42": Where(words=("42",)),
    "@ana": Where(assignees=(Named("ana"),)),
    '@me @"Ben Ode"': Where(assignees=(Named("me"), Named("Ben Ode"))),
    "assignee:ana,ben": Where(assignees=(Named("ana"), Named("ben"))),
    "assignee:@ana -@ben": Where(assignees=(Named("ana"),), not_assignees=(Named("ben"),)),
    "@none": Where(flags=(Flag.UNASSIGNED,)),
    "-assignee:nobody": Where(not_flags=(Flag.UNASSIGNED,)),
    "creator:ben by:ana": Where(creators=(Named("ben"), Named("ana"))),
    "#urgent": Where(priorities=(Priority.URGENT,)),
    "priority>=high": Where(priorities=(Priority.HIGH, Priority.URGENT)),
    "priority:>medium -#urgent": Where(priorities=(Priority.HIGH,)),
    "priority:low,high": Where(priorities=(Priority.LOW, Priority.HIGH)),
    "prio=low": Where(priorities=(Priority.LOW,)),
    "status:open": Where(statuses=ordered(OPEN)),
    "status:open -status:blocked": Where(statuses=ordered(OPEN - {Status.BLOCKED})),
    "-status:done": Where(statuses=ordered(frozenset(Status) - {Status.COMPLETED})),
    'status:"In Progress"': Where(statuses=(Status.IN_PROGRESS,)),
    "status:in-progress,done": Where(statuses=(Status.IN_PROGRESS, Status.COMPLETED)),
    "is:closed": Where(statuses=ordered(CLOSED)),
    # The predecessor's words.
    "status:awaiting_validation": Where(statuses=(Status.IN_REVIEW,)),
    "status:undone": Where(statuses=(Status.PENDING,)),
    "status:waiting": Where(statuses=(Status.BLOCKED,)),
    "status:needs_info": Where(statuses=(Status.BLOCKED,)),
    "status:delayed": Where(flags=(Flag.DELAYED,)),
    "status:overdue": Where(flags=(Flag.OVERDUE,)),
    "is:blocked is:archived -is:overdue": Where(
        flags=(Flag.ARCHIVED, Flag.BLOCKED), not_flags=(Flag.OVERDUE,)
    ),
    "tag:web -tag:old": Where(tags=("web",), not_tags=("old",)),
    'project:"Big  shop"': Where(projects=("Big shop",)),
    "type:bug kind:docs": Where(types=("bug", "docs")),
    "-type:bug": Where(
        types=("task", "feature", "hotfix", "research", "meeting", "docs", "refactor", "test")
    ),
    "due:none": Where(has_deadline=False),
    "-due:none": Where(has_deadline=True),
    "due:overdue": Where(flags=(Flag.OVERDUE,)),
    # In Berlin it is Thursday the 26th already.
    "due:today": Where(due=Span(day(26), day(27))),
    "due:yesterday": Where(due=Span(day(25), day(26))),
    "due:fri": Where(due=Span(day(27), day(28))),
    "due:thursday": Where(due=Span(day(26), day(27))),
    "due:week": Where(due=Span(day(23), day(30))),
    "due:next-week": Where(due=Span(day(30), day(7, 12))),
    "due:month": Where(due=Span(day(1), day(1, 12))),
    "due:next-month": Where(due=Span(day(1, 12), day(1, 1, 2027))),
    "due:7d": Where(due=Span(day(26), day(4, 12))),
    "created:7d": Where(created=Span(day(19), day(27))),
    "due:<2026-12-01": Where(due=Span(None, day(1, 12))),
    "due:<=2026-12-01": Where(due=Span(None, day(2, 12))),
    "created:>2026-11-01": Where(created=Span(day(2), None)),
    "created>=2026-11-01": Where(created=Span(day(1), None)),
    "due:2026-12-01..2026-12-03": Where(due=Span(day(1, 12), day(4, 12))),
    "due:>=2026-11-25 due:<2026-12-01": Where(due=Span(day(25), day(1, 12))),
    "updated:>=2026-11-25T17:00Z": Where(updated=Span(datetime(2026, 11, 25, 17, tzinfo=UTC))),
    "completed:<2026-11-25T17:00": Where(
        completed=Span(None, datetime(2026, 11, 25, 16, tzinfo=UTC))
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_each_term_says_what_it_says(text):
    assert read(text) == CASES[text]


@pytest.mark.parametrize("text", CASES)
def test_written_again_it_says_the_same_at_any_time_and_place(text):
    again = parse(written(read(text)), now=NOW + timedelta(days=9), zone=ZoneInfo("Asia/Tokyo"))

    assert again == read(text)


def test_days_are_the_readers_own_across_the_change_of_clocks():
    then = datetime(2026, 10, 25, 12, tzinfo=UTC)

    today = parse("due:today", now=then, zone=BERLIN).due

    assert today.before - today.after == timedelta(hours=25)


def test_a_number_alone_is_a_task_and_a_word_among_others():
    assert read("42").id_alone == 42
    assert read("42 clients").id_alone is None
    assert read("42 status:open").id_alone == 42


FAULTS = {
    "login stauts:open": ["At character 7: there is no “stauts:”; did you mean status: or"],
    "zzqq:1": ["At character 1: there is no “zzqq:”; There are assignee:, creator:,"],
    "status:opne": ["“opne” is none of what status: takes: pending, in_progress,"],
    "status:": ["is none of what status: takes"],
    "#urgnet": ["“#urgnet” is no priority: #low, #medium, #high, #urgent."],
    "priority:5": ["takes: low, medium, high, urgent"],
    "due:someday": ["“someday” is no date: write 2026-12-01,"],
    "due:2026-02-30": ["is no date"],
    "due:99999d": ["is no date"],
    "due:": ["is no date"],
    "due:1234-01-01": ["is no date"],
    "-due:today": ["due can't be excluded"],
    "tag>web": ["tag can't be compared"],
    "tag:": ["write what to look for, such as tag:web"],
    "creator:": ["write whom"],
    "is:late": ["takes: blocked, overdue,"],
    "id:x": ["write a task's id"],
    'a "b': ["At character 3: this quotation has no end"],
    'tag:"b': ["At character 1: this quotation has no end"],
    "status:done -status:done": ["leave no status at all"],
    "priority>high priority<high": ["leave no priority at all"],
    "is:overdue -is:overdue": ["exclude each other"],
    "due:none due:any": ["exclude each other"],
    "@ana @none": ["exclude each other"],
    "due:<2026-01-01 due:>2026-02-01": ["no time is within all that due: says"],
    "\0": ["leave out control characters"],
    "x" * (MOST_CHARACTERS + 1): ["Write at most 1000 characters; these are 1,001."],
    "x " * (MOST_TERMS + 1): ["Write at most 50 terms; these are 51."],
    "x" * 201: ["write at most 200 characters at once"],
    # All at once, in their order.
    "foo:1 due:never is:x": ["there is no “foo:”", "“never” is no date", "“x” is none"],
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_wrong_term_is_told_with_its_place_and_what_would_do(text):
    with pytest.raises(Invalid) as caught:
        read(text)

    found = [violation.detail for violation in caught.value.violations]
    assert caught.value.reason == "FILTER_INVALID"
    assert len(found) == len(FAULTS[text])
    for detail, expected in zip(found, FAULTS[text], strict=True):
        assert expected in detail


SOME_KEYS = ("due", "status", "tag", "is", "priority", "created", "by", "x")
SIGNS = ["@", "#", "-", '"', " ", ":", "<", ">=", "..", ",", "T-", "_"]
VALUES = ["42", "7d", "today", "open", "none", "2026-11-01", "TASK-1", "ana", "high"]
ODD = ["ı", "İ", "²", "\u2028", "ß"]
PIECES = st.sampled_from([*(f"{key}:" for key in SOME_KEYS), *SIGNS, *VALUES, *ODD])
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)


def understood(text):
    """What a text says; None where it is refused, which is told by no other error."""
    try:
        return read(text)
    except Invalid:
        return None


@given(TEXTS)
def test_any_text_is_understood_or_refused_and_never_more(text):
    found = understood(text)

    if found is not None and len(again := written(found)) <= MOST_CHARACTERS:
        assert parse(again, now=NOW, zone=BERLIN) == found


@pytest.mark.parametrize("piece", ['"', "-", "a:", "@", 'a:"', "x ", "(", '" ', "<", "#", "due:d"])
def test_the_longest_texts_are_understood_or_refused_too(piece):
    found = understood((piece * MOST_CHARACTERS)[:MOST_CHARACTERS])

    assert found is None or isinstance(found, Where)


DOCUMENT = (Path(__file__).parents[3] / "docs" / "filters.md").read_text()
TABLES = [line.split("|")[1] for line in DOCUMENT.splitlines() if line.startswith("| `")]
EXAMPLES = [text for cell in TABLES for text in re.findall(r"`([^`]+)`", cell)]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_document_is_understood(text):
    assert read(text) != Where()


def test_the_document_names_every_key_and_tells_faults_as_they_are():
    with pytest.raises(Invalid) as caught:
        read("stauts:open due:never")

    told = [each.detail for each in caught.value.violations]
    written_there = re.findall(r"^(At character .*) …$", DOCUMENT, re.MULTILINE)
    assert all(f"{key}:" in DOCUMENT or f"{key}>" in DOCUMENT for key in KEYS)
    assert all(each.startswith(start) for each, start in zip(told, written_there, strict=True))
    assert len(EXAMPLES) > 30
