"""CSV that spreadsheets don't calculate."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.spreadsheet import lines, plain, safe

TEXT = st.text(alphabet=st.sampled_from("'=+-@\t\r\n\",; aＢ＝"), max_size=8)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\ta", "\ra", "'=1", "＝1"])
def test_what_would_be_calculated_begins_with_an_apostrophe(text):
    assert safe(text) == "'" + text


@pytest.mark.parametrize("text", ["", "a=b", "'tis", "1-1", "'"])
def test_other_text_stays_as_it_is(text):
    assert safe(text) == text


@given(TEXT)
def test_what_was_made_safe_is_read_as_it_was(text):
    assert plain(safe(text)) == text


@given(st.lists(st.lists(TEXT, min_size=1, max_size=3), max_size=3))
def test_tables_are_read_as_they_were_written(rows):
    written = lines(rows).decode()

    found = [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(written, newline=""))]

    assert found == rows


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell():
    assert lines([["a", -3, None]]) == b'"a","-3",""\r\n'
