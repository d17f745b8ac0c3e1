"""What can be taught, how it changes the reading of words, and that it gives nobody a right."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ai.learning.after import completed, lesson
from services.ai.learning.before import rewritten
from services.ai.learning.model import Rule, RuleField, RuleKind
from services.ai.learning.teaching import NotTaught, taught
from services.ai.model import (
    Ambiguity,
    Candidate,
    Change,
    Intent,
    Interpretation,
    Priority,
    Span,
    TaskDraft,
)
from tests.unit.ai.planning.plans import BEN, MIA, WEDNESDAY, ZOE, context

MEANS, DEFAULT = RuleKind.MEANS, RuleKind.DEFAULT


def who(person):
    return Candidate(person.name, person.display_name)


@pytest.mark.parametrize(
    ("sentence", "phrase", "value"),
    [
        ("ASAP means within 4 hours", "ASAP", "ASAP in 4 hours"),
        ("ASAP means 4 hours", "ASAP", "ASAP in 4 hours"),
        ("/teach soonish means 2 days", "soonish", "in 2 days"),
        ("quickly = 30 min", "quickly", "in 30 minutes"),
        ("the girls = Ana and Mia", "the girls", "Ana and Mia"),
        ("the girls are Ana and Mia", "the girls", "Ana and Mia"),
        ("“the beast” means the billing server", "the beast", "the billing server"),
        ("remember that the beast = the billing server.", "the beast", "the billing server"),
        ("when I say the beast I mean the billing server", "the beast", "the billing server"),
        ("by Q-day we mean the quarterly meeting", "Q-day", "the quarterly meeting"),
        ("teatime means 4pm", "teatime", "at 4pm"),
        ("the captain means Ben", "the captain", "Ben"),
    ],
)
def test_words_get_a_meaning(sentence, phrase, value):
    rule = taught(sentence, context())

    assert (rule.kind, rule.phrase, rule.value) == (MEANS, phrase, value)


@pytest.mark.parametrize(
    ("sentence", "phrase", "field", "value"),
    [
        ("hotfix is urgent", "hotfix", RuleField.PRIORITY, "urgent"),
        ("bugs are high priority", "bugs", RuleField.PRIORITY, "high"),
        ("hotfix means urgent", "hotfix", RuleField.PRIORITY, "urgent"),
        ("design tasks go to Mia", "design", RuleField.ASSIGNEES, "Mia"),
        ("from now on bugs go to Ben and Ana", "bugs", RuleField.ASSIGNEES, "Ben and Ana"),
        ("give all design work to Mia", "design", RuleField.ASSIGNEES, "Mia"),
        ("Mia does all design tasks", "design", RuleField.ASSIGNEES, "Mia"),
        ("newsletters are for Zoe", "newsletters", RuleField.ASSIGNEES, "Zoe"),
        ("design tasks need approval", "design", RuleField.APPROVAL, "yes"),
        ("docs don't need approval", "docs", RuleField.APPROVAL, "no"),
        ("design tasks take 2 days", "design", RuleField.ESTIMATE, "960"),
        ("hotfix tasks are due within 4 hours", "hotfix", RuleField.DEADLINE, "in 4 hours"),
        ("shop tasks get the tag #sales", "shop", RuleField.TAG, "sales"),
    ],
)
def test_tasks_get_what_nobody_says(sentence, phrase, field, value):
    rule = taught(sentence, context())

    assert (rule.kind, rule.phrase, rule.field, rule.value) == (DEFAULT, phrase, field, value)


def test_a_rule_may_be_about_a_persons_tasks():
    rule = taught("Ben's tasks need approval", context())

    assert (rule.field, rule.value, rule.person) == (RuleField.APPROVAL, "yes", who(BEN))


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "hello there",
        "Ben is owner",
        "Ben is an admin",
        "make Ben an admin",
        "Ben may approve",
        "the means a",
        "Ana means Ben",
        "x means x y",
        "the weather is nice",
        "design tasks go to Bob",
        "a" * 501,
        "x" * 61 + " means y",
    ],
)
def test_what_is_no_rule_is_said_to_be_none(sentence):
    with pytest.raises(NotTaught) as caught:
        taught(sentence, context())

    assert str(caught.value).endswith(".")


def test_a_rule_keeps_the_sentence_that_taught_it():
    rule = taught("/teach design tasks go to Mia.", context())

    assert rule.sentence == "design tasks go to Mia"


GIRLS = Rule(MEANS, "the girls", "Ana and Mia", name="workspaces/1/rules/1")
BEAST = Rule(MEANS, "the beast", "the billing server")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ask The Girls to fix the beast", "ask Ana and Mia to fix the billing server"),
        ("the  girls, please", "Ana and Mia, please"),
        ("the girlsroom and bathe beasts", "the girlsroom and bathe beasts"),
        ('write "the girls" on it', 'write "the girls" on it'),
        ("nothing of it", "nothing of it"),
    ],
)
def test_a_message_is_read_as_what_its_words_mean(text, read):
    assert rewritten(text, [GIRLS, BEAST]).text == read


def test_places_lead_back_to_the_message_as_it_was_written():
    text = "hey the girls fix it"
    found = rewritten(text, [GIRLS])

    who_span = found.back(Span("assignees", 4, 15))
    title = found.back(Span("title", 16, 22))

    assert text[who_span.start : who_span.end] == "the girls"
    assert text[title.start : title.end] == "fix it"


def test_what_a_word_means_is_not_read_again():
    rules = [Rule(MEANS, "one", "two"), Rule(MEANS, "two", "one")]

    assert rewritten("one two", rules).text == "two one"


def test_a_rule_that_took_part_is_told_once():
    applied = rewritten("the girls and the girls", [GIRLS, BEAST]).applied

    assert [each.rule for each in applied] == [GIRLS]
    assert applied[0].words == "By your rule “the girls”."


def create(*tasks, **more):
    return Interpretation(Intent.CREATE, tasks=tasks, **more)


def done(reading, *rules, text="design the logo"):
    return completed(reading, text, rules, context())


DESIGN_TO_MIA = taught("design tasks go to Mia", context())
DESIGN_LOGO = TaskDraft("Design the logo")


def test_a_default_fills_what_was_not_said_and_is_told():
    reading, applied = done(create(DESIGN_LOGO), DESIGN_TO_MIA)

    assert reading.tasks[0].assignees == (who(MIA),)
    assert [(each.words, each.field) for each in applied] == [
        ("By your rule “design tasks go to Mia”.", "assignees")
    ]


@pytest.mark.parametrize(
    "reading",
    [
        create(replace(DESIGN_LOGO, assignees=(who(BEN),))),
        create(DESIGN_LOGO, ambiguities=(Ambiguity("assignees", "Anna"),)),
        create(TaskDraft("Paint the door")),
        Interpretation(Intent.QUERY),
    ],
)
def test_what_was_said_stands(reading):
    assert done(reading, DESIGN_TO_MIA) == (reading, ())


def test_a_tag_or_a_template_counts_as_a_word():
    rules = (taught("hotfix is urgent", context()), taught("sales tasks go to Zoe", context()))

    reading, _ = done(create(TaskDraft("Mend it", tags=("sales",), template="hotfix")), *rules)

    assert reading.tasks[0].priority is Priority.URGENT
    assert reading.tasks[0].assignees == (who(ZOE),)


def test_every_field_is_filled():
    sentences = (
        "design tasks are due within 4 hours",
        "design tasks take 2 days",
        "design tasks get #look",
        "design tasks need approval",
        "design is high priority",
    )

    reading, applied = done(create(DESIGN_LOGO), *(taught(each, context()) for each in sentences))

    [task] = reading.tasks
    assert (task.deadline - WEDNESDAY).total_seconds() == 4 * 3600
    assert task.estimate_minutes == 960
    assert task.tags == ("look",)
    assert task.requires_approval is True
    assert task.priority is Priority.HIGH
    assert len(applied) == 5


def test_a_rule_of_a_person_follows_whoever_has_the_task():
    rules = (taught("Ben's tasks need approval", context()), taught("logo goes to Ben", context()))

    reading, _ = done(create(DESIGN_LOGO), *rules)
    mine, _ = done(create(replace(DESIGN_LOGO, assignees=(who(BEN),))), *rules)

    assert reading.tasks[0].assignees == (who(BEN),)
    assert mine.tasks[0].requires_approval is True


def test_more_words_count_more_and_of_equals_the_last():
    special = taught("logo design goes to Zoe", context())
    later = taught("design goes to Ben", context())

    first, _ = done(create(DESIGN_LOGO), special, DESIGN_TO_MIA)
    second, _ = done(create(DESIGN_LOGO), DESIGN_TO_MIA, later)

    assert first.tasks[0].assignees == (who(ZOE),)
    assert second.tasks[0].assignees == (who(BEN),)


def test_a_rule_about_somebody_who_left_does_nothing():
    rule = replace(DESIGN_TO_MIA, people=(Candidate("workspaces/1/people/99", "Max"),))

    assert done(create(DESIGN_LOGO), rule)[1] == ()


def test_a_correction_is_a_lesson_for_the_same_and_similar_wording():
    text = "fix the login page on the phone"
    [learnt] = lesson(text, Change(assignees=(who(BEN),)))
    wrong = create(TaskDraft("Fix the login page", assignees=(who(MIA),)))
    nothing = create(TaskDraft("Fix the login page"))

    same, _ = completed(wrong, "Fix the LOGIN page on the phone!", [learnt], context())
    like, _ = completed(nothing, "fix the login page on phones again", [learnt], context())
    said, _ = completed(wrong, "Mia fix the login page on phones again", [learnt], context())
    other, _ = completed(nothing, "paint the door", [learnt], context())

    assert same.tasks[0].assignees == (who(BEN),)
    assert like.tasks[0].assignees == (who(BEN),)
    assert said.tasks[0].assignees == (who(MIA),)
    assert other.tasks[0].assignees == ()


RULES = st.lists(
    st.builds(
        Rule,
        kind=st.sampled_from(RuleKind),
        phrase=st.sampled_from(["the girls", "fix", "a", "", "fix it", "."]) | st.text(max_size=20),
        value=st.sampled_from(["urgent", "in 4 hours", "Ana", "yes", "-1", "²"])
        | st.text(max_size=20),
        field=st.sampled_from([None, *RuleField]),
        people=st.sampled_from([(), (who(BEN),)]),
        person=st.sampled_from([None, who(BEN)]),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(max_size=200) | st.sampled_from(["the girls fix it", "fix it, Ben"]), rules=RULES
)
def test_any_rules_and_any_text_make_a_reading_with_places_in_the_text(text, rules):
    found = rewritten(text, rules)
    reading, _ = completed(create(TaskDraft(text)), text, rules, context())

    assert len(reading.tasks) == 1
    for start in range(len(found.text)):
        span = found.back(Span("title", start, start + 1))
        assert 0 <= span.start < span.end <= len(text)


TEACHING = [
    *("design tasks", "go to", "Mia", "means", "is", "=", "urgent", "the girls", "need approval"),
    *("4 hours", "'", '"', "due within", "#x", "take"),
]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(TEACHING), max_size=12).map(" ".join))
def test_whatever_is_taught_is_a_rule_or_told(sentence):
    def learnt():
        try:
            return taught(sentence, context())
        except NotTaught as wrong:
            return str(wrong)

    found = learnt()

    assert found
    assert found == learnt()


def test_a_message_never_grows_beyond_what_is_read():
    rule = Rule(MEANS, "ab", "x" * 200)

    assert len(rewritten("ab " * 2000, [rule]).text) <= 8000
