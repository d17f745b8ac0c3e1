"""The index of open tasks: mended or made anew, it is the same."""

from hypothesis import given
from hypothesis import strategies as st

from services.ai.grammar.task_index import Tasks
from services.ai.model import OpenTask

TITLES = ["Fix the login", "Login crash", "Order chairs", "Fix chairs", "Renew it", "the of"]
WORKSPACE = st.dictionaries(st.integers(1, 9), st.sampled_from(TITLES))


def tasks_of(titles, workspace=1):
    return tuple(
        OpenTask(f"workspaces/{workspace}/tasks/{number}", number, title)
        for number, title in sorted(titles.items())
    )


@given(st.lists(WORKSPACE, min_size=1))
def test_an_index_mended_many_times_is_the_index_made_anew(states):
    for state in states:
        mended = Tasks.of(tasks_of(state))

    assert mended == Tasks.of(tasks_of(states[-1], workspace=1))
    anew = Tasks.of(tasks_of(states[-1], workspace=7))
    assert mended.by_stem == anew.by_stem
    assert mended.by_number.keys() == anew.by_number.keys()


def test_an_index_that_was_told_does_not_change():
    before = Tasks.of(tasks_of({1: "Fix the login", 2: "Login crash"}))
    told = {each: list(numbers) for each, numbers in before.by_stem.items()}

    Tasks.of(tasks_of({1: "Fix the chairs", 3: "Login page"}))

    assert before.by_stem == told


def test_the_same_object_is_indexed_once():
    tasks = tasks_of({1: "Fix the login"})

    assert Tasks.of(tasks) is Tasks.of(tasks)


def test_a_rarer_word_tells_more():
    index = Tasks.of(tasks_of({1: "Fix the login", 2: "Fix chairs", 3: "Fix it"}))

    assert index.weight("fix") < index.weight("login")
