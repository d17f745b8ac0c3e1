"""Mentions in comments, and for how long what was said can be changed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import Conflict, Forbidden, Stale
from services.task.model import PersonId, TaskNumber
from services.task.rules.comments import (
    EDIT_WITHIN,
    MAX_LOOKED_AT,
    MAX_MENTIONS,
    Comment,
    edit,
    mentions,
    possible_names,
    require_delete,
)
from services.task.rules.names import fold
from services.task.rules.permissions import Right, may
from tests.unit.task.people import ANA, BOSS, GUEST, LEAD, MIA, NOW, OWNER, PEOPLE, task

KNOWN = {
    "ana": 4,
    "ana berg": 5,
    "jean-luc": 6,
    "o'brien": 7,
    "@ana_b": 8,
    "müller": 9,
    "van der berg": 10,
    "dr. who": 11,
}

SAID = [
    ("hello @ana", [4]),
    ("@Ana: look", [4]),
    ("(@ana)", [4]),
    ("@ana's work", [4]),
    ("@ANA Berg, please", [5]),
    ("@ana\nberg", [4]),
    ("@ana  berg.", [5]),
    ("@ana bergman", [4]),
    ("@Jean-Luc!", [6]),
    ("@O'Brien", [7]),
    ("@ana_b", [8]),
    ("@Müller und @ana", [9, 4]),
    ("@van der Berg and @Van Der Berg", [10]),
    ("@Dr. Who?", [11]),
    ("ana@berg.org", []),
    ("https://x.org/@ana", []),
    ("@ ana", []),
    ("@nobody", []),
    ("@anabel", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "meant"), SAID)
def test_who_is_mentioned(text, meant):
    assert list(mentions(text, KNOWN)) == meant


def test_a_text_mentions_so_many_and_no_more():
    text = " ".join(f"@p{n}" for n in range(MAX_LOOKED_AT + 10))
    known = {f"p{n}": PersonId(n) for n in range(MAX_LOOKED_AT + 10)}

    assert len(mentions(text, known)) == MAX_MENTIONS
    assert f"p{MAX_LOOKED_AT}" not in possible_names(text)


@given(st.text(max_size=300), st.dictionaries(st.text(max_size=12), st.integers(1, 9), max_size=5))
def test_only_names_that_were_looked_up_are_found(text, known):
    folded = {fold(name): PersonId(who) for name, who in known.items()}

    found = mentions(text, folded)

    assert set(found) <= {folded[name] for name in possible_names(text) & folded.keys()}
    assert len(found) == len(set(found))


@given(st.from_regex(r"\A\w{1,10}( \w{1,10}){0,3}\Z"))
def test_any_name_of_up_to_four_words_is_found_behind_an_at(name):
    assert mentions(f"see @{name}, thanks", {fold(name): ANA.id}) == (ANA.id,)


SAID_BY_ANA = Comment(1, TaskNumber(42), ANA.id, "Hello", NOW)


def changed(by=ANA, *, after=timedelta(0), text="Bye", etag=""):
    return edit(SAID_BY_ANA, text=text, attachments=None, actor=by, etag=etag, now=NOW + after)


def test_a_comment_is_changed_by_its_author_within_a_day():
    assert changed(after=EDIT_WITHIN).text == "Bye"
    assert changed(after=EDIT_WITHIN).edited_at == NOW + EDIT_WITHIN
    assert changed(text="Hello") is None
    with pytest.raises(Conflict):
        changed(after=EDIT_WITHIN + timedelta(seconds=1))
    with pytest.raises(Stale):
        changed(etag="1")
    for other in (OWNER, BOSS, LEAD, MIA, GUEST):
        with pytest.raises(Forbidden):
            changed(other)


@pytest.mark.parametrize(
    ("who", "may_delete"), [(ANA, 1), (OWNER, 1), (BOSS, 1), (LEAD, 0), (MIA, 0)]
)
def test_a_comment_is_deleted_by_its_author_or_a_boss(who, may_delete):
    if may_delete:
        require_delete(SAID_BY_ANA, who)
    else:
        with pytest.raises(Forbidden):
            require_delete(SAID_BY_ANA, who)


OF_ANA, OF_MIA = task(ANA), task(MIA)


@pytest.mark.parametrize(
    ("who", "what", "allowed"),
    [
        (OWNER, OF_MIA, True),
        (BOSS, OF_MIA, True),
        (LEAD, OF_ANA, True),
        (LEAD, OF_MIA, False),
        (LEAD, task(MIA, watchers=(LEAD.id,)), True),
        (ANA, OF_ANA, True),
        (ANA, OF_MIA, False),
        (ANA, task(MIA, creator=ANA), True),
        (ANA, task(MIA, watchers=(ANA.id,)), True),
        (ANA, task(MIA, suggested=(ANA.id,)), True),
        (GUEST, OF_MIA, True),
    ],
)
def test_who_may_comment(who, what, allowed):
    assert may(who, Right.COMMENT, task=what, people=PEOPLE, now=NOW) is allowed
