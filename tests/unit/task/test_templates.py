"""Templates: what is built in holds together, and which one a name means."""

import string

import pytest
from boss.task.v1 import task_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.errors import Conflict, Stale
from services.task.convert.checks import Faults
from services.task.convert.tasks import TYPES
from services.task.convert.templates import filled, new_template, template_to_proto
from services.task.model import Priority
from services.task.rules.templates import (
    BUILT_IN,
    MAX_TEMPLATES,
    Stored,
    Template,
    edit,
    effective,
    require_room,
    unknown,
)

OWN_BUG = Stored(Template("BUG", "Ours", tags=("ours",)), 7, 1)


@pytest.mark.parametrize("template", BUILT_IN.values(), ids=BUILT_IN)
def test_what_is_built_in_could_have_been_made_by_anybody(template):
    faults = Faults()

    again = new_template(template_to_proto(1, Stored(template)), faults)

    faults.raise_if_any()
    assert again == template
    assert template.type in TYPES
    assert template.about
    assert template.priority
    assert len(template.criteria) >= 3
    assert len(template.subtasks) >= 4
    assert template.estimate_minutes


def test_an_own_one_takes_the_place_of_a_built_in_one():
    names = [stored.template.name for stored in effective([OWN_BUG])]

    assert sorted(names, key=str.casefold) == names
    assert len(names) == len(BUILT_IN)
    assert "BUG" in names
    assert "bug" not in names


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bgu", "Did you mean bug?"),
        ("hot fix", "hotfix"),
        ("deploy", "deployment"),
        ("Meetings", "meeting"),
        ("qqq", "There are bug, feature, hotfix"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(name, told):
    assert told in unknown(name, BUILT_IN)
    assert f"“{name}”" in unknown(name, BUILT_IN)


TEXTS = st.text(string.ascii_letters, min_size=1, max_size=20)
TEMPLATES = st.builds(
    Template,
    name=TEXTS,
    priority=st.none() | st.sampled_from(Priority),
    tags=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
    type=st.sampled_from(["", *sorted(TYPES)]),
    criteria=st.lists(TEXTS, max_size=3).map(tuple),
    estimate_minutes=st.none() | st.integers(1, 99),
)
TASKS = st.builds(
    task_pb2.Task,
    title=TEXTS,
    description=TEXTS,
    priority=st.integers(0, 4),
    tags=st.lists(TEXTS, max_size=2),
    type=st.sampled_from(["", "bug", "docs"]),
    estimate_minutes=st.none() | st.integers(1, 99),
)


@given(TASKS, TEMPLATES)
def test_a_template_fills_what_is_unset_and_nothing_else(task, template):
    before = task.SerializeToString(deterministic=True)

    made = filled(task, template)

    assert task.SerializeToString(deterministic=True) == before
    given_fields = {field.name for field, _ in task.ListFields()}
    for field, value in task.ListFields():
        assert getattr(made, field.name) == value
    if "priority" not in given_fields:
        assert made.priority == (template.priority.value if template.priority else 0)
    if "tags" not in given_fields:
        assert tuple(made.tags) == template.tags
    assert [each.text for each in made.criteria] == list(template.criteria)
    assert filled(made, template) == made


def test_an_edit_counts_its_version_and_is_refused_where_another_was_first():
    after = edit(OWN_BUG, {"about": "Theirs"}, etag=OWN_BUG.etag)

    assert (after.template.about, after.version) == ("Theirs", 2)
    assert edit(OWN_BUG, {"about": "Ours"}, etag="") is None
    with pytest.raises(Stale):
        edit(after, {"about": "Mine"}, etag=OWN_BUG.etag)


def test_a_workspace_has_room_for_a_hundred():
    require_room(MAX_TEMPLATES - 1)
    with pytest.raises(Conflict):
        require_room(MAX_TEMPLATES)
