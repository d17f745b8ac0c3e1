"""What is in a message and what is not: the line between reading and making up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ai.quoted import Quoted, fold


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("Ana fix it by friday", "friday", "friday"),
        ("Ana fix it by Friday 5pm", "friday 5PM", "Friday 5pm"),
        ("by  friday\n 5pm", "friday 5pm", "friday\n 5pm"),
        ("the boss’s “big” plan", 'boss\'s "big" plan', "boss’s “big” plan"),
        ("Straße kehren", "STRASSE", "Straße"),
        ("fix T-42!", "T-42", "T-42"),
        ("🚨 renew the domain", "domain", "domain"),
    ],
)
def test_a_phrase_is_found_where_it_stands(text, phrase, found):
    place = Quoted.of(text).find(phrase)

    assert place is not None
    assert text[slice(*place)] == found


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Ana fix it by friday", "monday"),
        ("Anatoly fix it", "Ana"),
        ("order 42 chairs", "2"),
        ("call them on 5", "15"),
        ("call Ben", ""),
        ("call Ben", "   "),
        ("call Ben today", "Ben, today"),
    ],
)
def test_what_is_not_there_is_not_found(text, phrase):
    assert Quoted.of(text).find(phrase) is None


@pytest.mark.parametrize(
    "title",
    [
        "fix the login",
        "Fixes the login",
        "fixing a login",
        "The login, fixed",
    ],
)
def test_a_title_may_bend_the_words_of_the_message(title):
    assert Quoted.of("hey ana could fix that login of ours").says(title)


@pytest.mark.parametrize(
    "title",
    [
        "fix the payment",
        "fix the login with Ben",
        "fix the login by friday",
        "fix 2 logins",
        "fix the login 12",
        "",
        "!!!",
    ],
)
def test_a_title_may_not_bring_in_a_word_a_name_or_a_number(title):
    assert not Quoted.of("hey ana could fix that login of ours, 1 or 120").says(title)


@given(st.text(max_size=60), st.data())
def test_what_is_found_reads_as_the_phrase_does(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    phrase = text[start:end]

    place = Quoted.of(text).find(phrase)

    if place is not None:
        assert fold(phrase) in fold(text[place[0] : place[1]])


@given(st.lists(st.sampled_from(["ana", "Fix", "THE", "straße", "42", "🚨", "“x”"]), min_size=1))
def test_every_stretch_of_whole_words_is_found(words):
    text = "  ".join(words)

    assert Quoted.of(text).find(" ".join(words)) == (0, len(text))
