import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.dialog.reply import (
    TEXT_LIMIT,
    bold,
    code,
    italic,
    line,
    plain,
    reply,
    telegram_html,
    units,
)

NASTY = '<b>x</b> <script> & "=HYPERLINK()" @everyone'


def test_what_a_person_wrote_is_text_in_html():
    shown = telegram_html(reply(line("Title: ", bold(NASTY))))

    assert "<script>" not in shown
    assert html.unescape(re.sub(r"</?b>(?![^<]*&lt;/b)", "", shown)).count("script") == 1
    assert shown.startswith("Title: <b>&lt;b&gt;")


def test_plain_text_has_no_marks():
    shown = plain(reply(line(bold("T-1"), " ", italic(NASTY)), line(code("/help"))))

    assert shown == f"T-1 {NASTY}\n/help"


def test_rows_without_buttons_are_left_out():
    assert reply("x", rows=[[], []]).rows == ()


PIECES = st.sampled_from([str, bold, italic, code])


@given(
    st.lists(st.tuples(PIECES, st.text(st.characters(codec="utf-8"), max_size=5000)), max_size=30)
)
def test_html_is_always_short_enough_and_its_tags_match(parts):
    shown = telegram_html(reply(*[line(make(text)) for make, text in parts]))

    seen = html.unescape(re.sub(r"</?(b|i|code)>", "", shown))
    assert units(seen) <= TEXT_LIMIT
    for tag in ("b", "i", "code"):
        assert shown.count(f"<{tag}>") == shown.count(f"</{tag}>")


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("é", 1), ("👍", 2), ("", 0)])
def test_length_counts_as_telegram_counts(text, length):
    assert units(text) == length
