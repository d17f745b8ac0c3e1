from datetime import timedelta

import pytest

from services.gateway.dialog.drafts import (
    ConfirmDraft,
    Draft,
    PreviewDraft,
    State,
    WhichDraft,
    WhoDraft,
)
from services.gateway.dialog.effects import (
    Alter,
    Announce,
    Close,
    Command,
    Create,
    Decision,
    Enter,
    Invite,
    Keep,
    Redo,
    Say,
    Undo,
    Verb,
    dump,
    load,
)
from services.gateway.dialog.joining import stranger, token_hash
from services.gateway.dialog.model import (
    Ambiguity,
    Attached,
    Change,
    Conversation,
    Edited,
    Filter,
    Incoming,
    Joined,
    Listing,
    Named,
    NewTask,
    Pending,
    Pressed,
    Priority,
    Reading,
    Sender,
    Status,
    Written,
)
from services.gateway.dialog.needs import (
    Card,
    FindCard,
    FindDraft,
    FindOrigin,
    Interpret,
    Origin,
    People,
    Search,
    Tasks,
)
from services.gateway.dialog.reply import plain, reply
from tests.unit.gateway.talking import (
    ACT,
    ANA,
    BEN,
    DANA,
    DRAFT,
    FRIDAY,
    NOW,
    creating,
    decide,
    named,
    task,
)

FIX = NewTask("Fix the checkout bug", (named(ANA),), FRIDAY, Priority.URGENT)
OTHER = "00000000-0000-5000-8000-000000000002"
ANNA_K = Named("workspaces/1/people/9", "Anna K")
T42 = Named("workspaces/1/tasks/42", "Fix the header")
T43 = Named("workspaces/1/tasks/43", "Fix the footer")


def said(decision: Decision) -> str:
    return "\n\n".join(plain(one.reply) for one in decision.effects if isinstance(one, Say))


def buttons(decision: Decision) -> list[tuple[str, str]]:
    return [
        (button.label, button.data)
        for one in decision.effects
        if isinstance(one, Say)
        for row in one.reply.rows
        for button in row
    ]


def kept(decision: Decision) -> Draft:
    return next(one.draft for one in decision.effects if isinstance(one, Keep))


# Creating --------------------------------------------------------------------------------------


def test_a_sure_reading_is_acted_on_at_once():
    decision = decide("Ana fix the checkout bug", {Interpret: creating(FIX)})

    assert decision.effects == (Create((FIX,)),)


def test_an_unsure_reading_is_shown_and_nothing_is_made():
    decision = decide("hm, the checkout?", {Interpret: creating(FIX, sure=False)})

    assert kept(decision).content == PreviewDraft((FIX,))
    assert buttons(decision) == [("Create", f"create:{DRAFT}"), ("Cancel", f"cancel:{DRAFT}")]
    assert "Fix the checkout bug" in said(decision)
    assert not any(isinstance(one, Create) for one in decision.effects)


def test_a_preview_says_why_the_model_did_not_help():
    reading = creating(FIX, sure=False, model_failure="timeout")

    assert "took too long" in said(decide("a long muddle", {Interpret: reading}))


def test_two_people_of_one_name_are_offered_and_nothing_is_made():
    unclear = Ambiguity("assignees", "Anna", (named(ANA), ANNA_K))
    reading = creating(NewTask("Check the invoices"), sure=False, ambiguities=(unclear,))

    decision = decide("Anna checks the invoices", {Interpret: reading})

    assert buttons(decision) == [
        ("Ana", f"pick:{DRAFT}:0"),
        ("Anna K", f"pick:{DRAFT}:1"),
        ("Cancel", f"cancel:{DRAFT}"),
    ]
    assert not any(isinstance(one, Create) for one in decision.effects)


def test_for_an_unknown_name_the_likeliest_people_and_nobody_are_offered():
    reading = creating(NewTask("Call"), ambiguities=(Ambiguity("assignees", "Benn"),), sure=False)

    decision = decide("Benn calls", {Interpret: reading, People: (ANA, BEN, DANA)})

    assert "I know nobody called “Benn”" in said(decision)
    assert [label for label, _ in buttons(decision)] == [
        "Ben", "Ana", "Dana", "Nobody yet", "Cancel",
    ]  # fmt: skip


def test_what_a_member_writes_down_without_a_name_is_his_own():
    reading = creating(NewTask("Call the bank"))

    by_member = decide("call the bank", {Interpret: reading}, by=ANA)
    by_boss = decide("call the bank", {Interpret: reading})

    assert by_member.effects == (Create((NewTask("Call the bank", (named(ANA),)),)),)
    assert by_boss.effects == (Create((NewTask("Call the bank"),)),)


def test_a_members_edit_of_his_own_task_does_not_take_it_from_him():
    origin = Origin((Create((NewTask("Call the bank", (named(ANA),)),)),), (T42.name,), "61")
    answers = {FindOrigin: origin, Interpret: creating(NewTask("Call the big bank"))}

    decision = decide(Edited("call the big bank"), answers, by=ANA)

    change = Change(title="Call the big bank")
    assert decision.effects == (Alter(T42.name, change, edit=True),)


def test_a_task_command_makes_a_task_of_any_words():
    decision = decide("/task undo the wiring", {Interpret: Reading("undo", sure=True)})

    assert isinstance(kept(decision).content, PreviewDraft)
    assert "undo the wiring" in said(decision)


def test_a_task_command_reads_what_follows_and_keeps_places_in_the_whole_message():
    seen = []

    def reading(need: Interpret) -> Reading:
        seen.append(need.text)
        return creating(FIX)

    decision = decide("/task Ana fix the checkout bug", {Interpret: reading})

    assert seen == ["Ana fix the checkout bug"]
    assert decision.effects == (Create((FIX,)),)


# Acts on tasks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "verb"), [(DANA, Verb.COMPLETE), (ANA, Verb.SUBMIT)], ids=["boss", "member"]
)
@pytest.mark.parametrize("words", ["/done 42", "done with 42"])
def test_done_completes_for_a_boss_and_submits_for_a_member(by, verb, words):
    reading = Reading("complete", refs=(T42,), sure=True)

    decision = decide(words, {Interpret: reading}, by=by)

    assert decision.effects == (Command(verb, T42.name),)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("/startwork T-42", Command(Verb.START, T42.name)),
        ("/approve #42 well done", Command(Verb.APPROVE, T42.name, "well done")),
        ("/reject 42 footer moved", Command(Verb.REJECT, T42.name, "footer moved")),
        ("/cancel_task 42", Command(Verb.CANCEL, T42.name)),
    ],
)
def test_commands_by_number_need_no_reading(words, command):
    assert decide(words).effects == (command,)


@pytest.mark.parametrize(
    ("reading", "change"),
    [
        (Reading("reassign", change=Change(assignees=(named(BEN),))), "assignees"),
        (Reading("set_deadline", change=Change(deadline=FRIDAY)), "deadline"),
        (Reading("set_priority", change=Change(priority=Priority.HIGH)), "priority"),
        (Reading("rename", change=Change(title="Fix")), "title"),
    ],
)
def test_a_correction_changes_its_task(reading, change):
    sure = Reading(reading.intent, refs=(T42,), change=reading.change, sure=True)

    decision = decide("no, Ben", {Interpret: sure})

    (effect,) = decision.effects
    assert isinstance(effect, Alter)
    assert effect.task == T42.name
    assert getattr(effect.change, change) == getattr(reading.change, change)


def test_a_change_that_lacks_its_value_is_asked_for():
    reading = Reading("set_deadline", refs=(T42,), sure=True)

    assert "until when" in said(decide("move 42", {Interpret: reading}))


def test_an_unclear_task_is_offered_as_buttons():
    unclear = Ambiguity("task_ref", "the header", (T42, T43))
    reading = Reading("complete", ambiguities=(unclear,))

    decision = decide("done with the header", {Interpret: reading})

    assert kept(decision).content == WhichDraft("complete", Change(), (T42, T43))
    assert buttons(decision)[0] == ("T-42 Fix the header", f"pick:{DRAFT}:0")


def test_without_any_task_the_senders_open_ones_are_offered():
    mine = Listing((task(42, "Fix the header", ANA),), 1)

    decision = decide("/done", {Search: mine}, by=ANA)

    assert buttons(decision)[0][1] == f"pick:{DRAFT}:0"


def test_what_a_task_waits_for_is_added_to_what_it_waited_for():
    waits = Named("workspaces/1/tasks/41", "Order parts")
    known = task(42, "Fix the header", ANA, depends_on=(waits,))

    for words in ("/depends 42 on 43, 41", "/depends T-42 on T-43 and T-41"):
        decision = decide(words, {Tasks: (known,)})

        (effect,) = decision.effects
        assert isinstance(effect, Alter)
        assert [one.name for one in effect.change.depends_on] == [waits.name, T43.name]


@pytest.mark.parametrize("words", ["/depends", "/depends 42", "/depends 42 on it", "/depends on 4"])
def test_what_a_dependency_lacks_is_asked_for(words):
    assert "42 depends on 40" in said(decide(words))


def test_without_any_task_at_all_a_number_is_asked_for():
    decision = decide("/done", {Search: Listing((), 0)}, by=ANA)

    assert "by number" in said(decision)


def test_more_than_three_tasks_are_asked_about_first():
    refs = tuple(Named(f"workspaces/1/tasks/{n}", f"Task {n}") for n in range(1, 6))
    reading = Reading("complete", refs=refs, sure=True)

    decision = decide("all done", {Interpret: reading})

    assert kept(decision).content == ConfirmDraft("complete", refs, Change())
    assert "these 5 tasks" in said(decision)
    assert not any(isinstance(one, Command) for one in decision.effects)


def test_a_task_that_is_named_by_number_is_not_asked_about():
    unknown = Reading("approve", refs=(Named(T42.name, ""),), sure=False)

    decision = decide("approve 42", {Interpret: unknown, Tasks: (task(42, "Fix", ANA),)})

    assert decision.effects == (Command(Verb.APPROVE, T42.name),)


def test_a_number_that_is_no_task_is_said_so():
    unknown = Reading("approve", refs=(Named(T42.name, ""),), sure=False)

    assert "no such task" in said(decide("approve 42", {Interpret: unknown, Tasks: ()}))


def test_an_unsure_act_is_asked_about_first():
    reading = Reading("cancel", refs=(T42,), sure=False)

    decision = decide("maybe not 42", {Interpret: reading})

    assert buttons(decision)[0] == ("Yes", f"create:{DRAFT}")


# Rejecting: a question -------------------------------------------------------------------------


def test_a_rejection_without_a_reason_asks_for_it_and_takes_the_next_words():
    asked = decide("/reject 42")
    pending = asked.conversation.pending
    assert pending == Pending(T42.name, DANA.name, NOW)

    decision = decide("the footer moved", conversation=asked.conversation)

    assert decision.effects == (Command(Verb.REJECT, T42.name, "the footer moved"),)
    assert decision.conversation.pending is None


@pytest.mark.parametrize(
    ("words", "effects"),
    [("/skip", (Command(Verb.REJECT, T42.name, ""),)), ("/cancel", None), ("/undo", (Undo(),))],
)
def test_a_question_can_be_skipped_left_or_overtaken(words, effects):
    open_question = Conversation(pending=Pending(T42.name, DANA.name, NOW))

    decision = decide(words, conversation=open_question)

    assert decision.conversation.pending is None
    if effects is None:
        assert said(decision) == "Left as it was."
    else:
        assert decision.effects == effects


def test_anothers_words_are_no_answer_to_a_question():
    open_question = Conversation(pending=Pending(T42.name, DANA.name, NOW))

    decision = decide(
        "hello", {Interpret: Reading("smalltalk")}, by=ANA, conversation=open_question
    )

    assert not any(isinstance(one, Command) for one in decision.effects)


def test_a_question_of_yesterday_is_forgotten():
    old = Pending(T42.name, DANA.name, NOW - timedelta(hours=25))

    decision = decide(
        "hello", {Interpret: Reading("smalltalk")}, conversation=Conversation(pending=old)
    )

    assert not any(isinstance(one, Command) for one in decision.effects)


# Lists and other answers -----------------------------------------------------------------------


def test_a_list_says_how_many_more_there_are():
    tasks = tuple(task(n, f"Task {n}", ANA) for n in range(1, 11))

    decision = decide("/tasks", {Search: Listing(tasks, 14)})

    assert said(decision).startswith("Open tasks (14)")
    assert "… and 4 more" in said(decision)
    assert decision.conversation.card_tasks == tuple(one.name for one in tasks)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("/mine", {"assignees": (ANA.name,)}),
        ("/overdue", {"due_before": NOW}),
        ("/today", {"due_after": None}),
        ("/tasks", {"assignees": (), "status": None}),
    ],
)
def test_lists_by_command(words, wanted):
    asked = []

    def search(need: Search) -> Listing:
        asked.append(need)
        return Listing((), 0)

    decision = decide(words, {Search: search}, by=ANA)

    assert {field: getattr(asked[0], field) for field in wanted} == wanted
    assert said(decision).endswith("nothing.")


def test_a_question_in_words_filters_as_it_was_understood():
    asked = []

    def search(need: Search) -> Listing:
        asked.append(need)
        return Listing((), 0)

    reading = Reading("query", filter=Filter((named(BEN),), "in_review", Priority.URGENT, "today"))

    decide("what urgent does Ben have in review today?", {Interpret: reading, Search: search})

    (need,) = asked
    assert (need.assignees, need.status, need.priority) == (
        (BEN.name,), Status.IN_REVIEW, Priority.URGENT,
    )  # fmt: skip
    assert need.due_before - need.due_after == timedelta(days=1)
    assert need.due_after < NOW < need.due_before


def test_show_gives_the_card_with_what_can_be_done_next():
    decision = decide("/show 42", {Tasks: (task(42, "Fix the header", ANA),)}, by=ANA)

    assert "Fix the header" in said(decision)
    assert [label for label, _ in buttons(decision)] == ["Start", "Done"]


def test_what_does_not_exist_is_said_so():
    assert said(decide("/show 999", {Tasks: ()})) == "There is no T-999."


def test_an_unknown_command_offers_the_nearest():
    assert "/overdue" in said(decide("/overdu"))


@pytest.mark.parametrize(("words", "effects"), [("/undo", (Undo(),)), ("/redo", (Redo(),))])
def test_undo_and_redo_by_command(words, effects):
    assert decide(words).effects == effects


def test_help_shows_each_role_what_it_can_use():
    assert "/invite" in said(decide("/help"))
    assert "/invite" not in said(decide("/help", by=ANA))


@pytest.mark.parametrize(
    ("intent", "part"), [("unclear", "don't understand"), ("remind", "be reminded")]
)
def test_what_does_not_work_gets_an_honest_answer_with_examples(intent, part):
    answer = said(decide("something", {Interpret: Reading(intent)}))

    assert part in answer
    assert "done with 42" in answer


def test_a_photo_gets_a_polite_answer():
    assert "I can't read a photo yet" in said(decide(Attached("photo", "")))


@pytest.mark.parametrize("content", [Joined(there=False), Written("hello all")])
def test_what_is_not_meant_for_the_bot_gets_no_answer(content):
    decision = decide(content, addressed=False, private=False)

    assert decision.effects == ()


def test_a_reply_to_an_older_card_speaks_of_its_tasks():
    asked = []

    def reading(need: Interpret) -> Reading:
        asked.append(need)
        return Reading("smalltalk")

    card = Card("77", (T42.name,))
    conversation = Conversation(last_task=T43.name, card_tasks=(T43.name,))

    decide("high", {Interpret: reading, FindCard: card}, reply_to="77", conversation=conversation)

    assert (asked[0].last_task, asked[0].tasks) == (T42.name, (T42.name,))


# Buttons ---------------------------------------------------------------------------------------

NO_CARD = {FindCard: None}


@pytest.mark.parametrize(
    ("data", "effect"),
    [
        ("start:42", Command(Verb.START, T42.name)),
        ("submit:42", Command(Verb.SUBMIT, T42.name)),
        ("approve:42", Command(Verb.APPROVE, T42.name)),
        ("complete:42", Command(Verb.COMPLETE, T42.name)),
        ("seen:42", Command(Verb.SEE, T42.name)),
        (f"undo:{ACT}", Undo(ACT)),
    ],
)
def test_a_button_does_what_it_says(data, effect):
    assert decide(Pressed(data), NO_CARD).effects == (effect,)


@pytest.mark.parametrize(
    "data",
    ["", "x", "undo:1; drop", "start:", "start:-1", "start:٤٢", f"start:{10**12}", "undo:abc",
     "pick::", f"pick:{DRAFT}", "seen:x", "start:42:1:2", "nonsense:42", "start:42\n"],
)  # fmt: skip
def test_a_forged_button_changes_nothing(data):
    decision = decide(Pressed(data), {FindDraft: None, FindCard: None})

    assert all(isinstance(one, Say) for one in decision.effects)
    assert "don't know it any more" in said(decision)


def test_an_own_card_is_edited_and_anothers_is_not():
    own = decide(Pressed("start:42"), {FindCard: Card("55", (T42.name,))})
    of_many = decide(Pressed("start:42"), {FindCard: Card("55", (T42.name, T43.name))})

    assert own.edits == "55"
    assert of_many.edits is None


def test_reject_by_button_asks_a_boss_why():
    waiting = task(42, "Fix the header", ANA, status=Status.IN_REVIEW)

    decision = decide(Pressed("reject:42"), {Tasks: (waiting,)})

    assert decision.conversation.pending == Pending(T42.name, DANA.name, NOW)


def test_reject_by_a_member_is_left_to_the_permissions():
    waiting = task(42, "Fix the header", ANA, status=Status.IN_REVIEW)

    assert decide(Pressed("reject:42"), {Tasks: (waiting,)}, by=ANA).effects == (
        Command(Verb.REJECT, T42.name),
    )


def test_reject_of_what_is_not_in_review_shows_the_present_state():
    done = task(42, "Fix the header", ANA, status=Status.COMPLETED)

    decision = decide(Pressed("reject:42"), {Tasks: (done,)})

    assert decision.conversation.pending is None
    assert "completed" in said(decision)


# Drafts ----------------------------------------------------------------------------------------

WHO = WhoDraft(
    (NewTask("Check the invoices"),),
    (Ambiguity("assignees", "Anna", (named(ANA), ANNA_K)),),
    (named(ANA), ANNA_K),
)


def draft(content: object, **more: object) -> dict[type, object]:
    return {FindDraft: Draft(content, DANA.name, OTHER, message="60", **more), FindCard: None}


def test_a_choice_makes_the_task_and_closes_the_question():
    decision = decide(Pressed(f"pick:{OTHER}:1"), draft(WHO))

    assert decision.effects == (
        Create((NewTask("Check the invoices", (ANNA_K,)),)),
        Close(OTHER, State.DONE),
    )
    assert decision.edits == "60"


def test_nobody_is_a_choice_too():
    content = WhoDraft(WHO.tasks, WHO.open, (named(ANA), Named("", "Nobody yet")))

    decision = decide(Pressed(f"pick:{OTHER}:1"), draft(content))

    assert decision.effects[0] == Create((NewTask("Check the invoices"),))


def test_a_second_unclear_name_is_a_question_of_its_own():
    second = Ambiguity("assignees", "Bn", (named(BEN), named(DANA)), task=1)
    content = WhoDraft((NewTask("One"), NewTask("Two")), (*WHO.open, second), (named(ANA), ANNA_K))

    decision = decide(Pressed(f"pick:{OTHER}:0"), draft(content))

    following = kept(decision)
    assert following.id == DRAFT
    assert isinstance(following.content, WhoDraft)
    assert following.content.tasks[0].assignees == (named(ANA),)
    assert following.content.open == (second,)
    assert Close(OTHER, State.DONE) in decision.effects


@pytest.mark.parametrize("data", [f"pick:{OTHER}:0", f"cancel:{OTHER}", f"create:{OTHER}"])
def test_a_second_press_answers_with_the_present_state(data):
    answers = draft(WHO, state=State.DONE, tasks=(T42.name,))
    answers[Tasks] = (task(42, "Check the invoices", ANA),)

    decision = decide(Pressed(data), answers)

    assert all(isinstance(one, Say) for one in decision.effects)
    assert "Check the invoices" in said(decision)


def test_cancel_leaves_nothing_behind():
    decision = decide(Pressed(f"cancel:{OTHER}"), draft(WHO))

    assert decision.effects[0] == Close(OTHER, State.CANCELLED)
    assert "Nothing was created" in said(decision)


def test_a_question_that_is_too_old_is_put_again():
    decision = decide(Pressed(f"pick:{OTHER}:0"), draft(WHO, expired=True))

    assert kept(decision).id == DRAFT
    assert f"pick:{DRAFT}:0" in [data for _, data in buttons(decision)]
    assert not any(isinstance(one, Create) for one in decision.effects)


def test_anothers_question_is_not_ones_to_answer():
    decision = decide(Pressed(f"pick:{OTHER}:0"), draft(WHO), by=ANA)

    assert all(isinstance(one, Say) for one in decision.effects)
    assert "somebody else" in said(decision)


@pytest.mark.parametrize("data", [f"pick:{OTHER}:7", f"create:{OTHER}"])
def test_a_button_that_the_question_does_not_have_changes_nothing(data):
    decision = decide(Pressed(data), draft(WHO))

    assert all(isinstance(one, Say) for one in decision.effects)


@pytest.mark.parametrize(
    ("content", "data", "effect"),
    [
        (PreviewDraft((FIX,)), f"create:{OTHER}", Create((FIX,))),
        (
            WhichDraft("complete", Change(), (T42, T43)),
            f"pick:{OTHER}:1",
            Command(Verb.COMPLETE, T43.name),
        ),
        (
            WhichDraft("reassign", Change(), (named(BEN),), (T42,), field="assignees"),
            f"pick:{OTHER}:0",
            Alter(T42.name, Change(assignees=(named(BEN),))),
        ),
        (
            ConfirmDraft("cancel", (T42,), Change()),
            f"create:{OTHER}",
            Command(Verb.CANCEL, T42.name),
        ),
    ],
)
def test_the_answer_to_a_question_does_what_was_asked(content, data, effect):
    decision = decide(Pressed(data), draft(content))

    assert decision.effects == (effect, Close(OTHER, State.DONE))


# Edits -----------------------------------------------------------------------------------------

MADE = Origin((Create((FIX,)),), (T42.name,), "61")


def edit(reading: Reading | None, origin: Origin | None) -> Decision:
    return decide(
        Edited("the new words"), {FindOrigin: origin, Interpret: reading, FindDraft: None}
    )


def test_an_edit_changes_what_reads_differently_and_nothing_else():
    new = NewTask("Fix the checkout page", (named(BEN),), FRIDAY, Priority.URGENT)

    decision = edit(creating(new), MADE)

    change = Change(assignees=(named(BEN),), title="Fix the checkout page")
    assert decision.effects == (Alter(T42.name, change, edit=True),)
    assert decision.edits == "61"


def test_an_edit_that_takes_a_field_away_clears_it():
    decision = edit(creating(NewTask("Fix the checkout bug", (named(ANA),))), MADE)

    assert decision.effects == (
        Alter(T42.name, Change(clears=("deadline", "priority")), edit=True),
    )


@pytest.mark.parametrize(
    ("reading", "part"),
    [
        (Reading("smalltalk"), "don't read a task"),
        (creating(FIX, FIX), "it made 1, and now reads as 2"),
        (creating(FIX, sure=False), "not sure"),
    ],
)
def test_an_edit_that_is_not_simple_is_said_to_be_not_applied(reading, part):
    decision = edit(reading, MADE)

    assert all(isinstance(one, Say) for one in decision.effects)
    assert "did not apply your edit" in said(decision)
    assert part in said(decision)


def test_an_edit_that_changes_nothing_says_so():
    assert "changes nothing" in said(edit(creating(FIX), MADE))


def test_an_edit_of_a_done_command_is_not_applied():
    origin = Origin((Command(Verb.COMPLETE, T42.name),), (T42.name,), "61")

    assert "is done already" in said(edit(None, origin))


def test_an_edit_of_what_led_to_nothing_is_a_new_message():
    origin = Origin((Say(reply("?")),), (), None)

    assert edit(creating(FIX), origin).effects == (Create((FIX,)),)


def test_an_edit_without_its_message_counts_as_a_message():
    assert edit(creating(FIX), None).effects == (Create((FIX,)),)


def test_an_edit_of_a_message_with_an_open_question_withdraws_the_question():
    question = Draft(WHO, DANA.name, OTHER)
    origin = Origin((Keep(question), Say(reply("Who?"))), (), None)

    decision = edit(creating(FIX), origin)

    assert decision.effects == (Create((FIX,)), Close(OTHER, State.CANCELLED))


def test_an_edit_of_a_message_whose_question_was_answered_makes_no_second_task():
    question = Draft(WHO, DANA.name, OTHER)
    origin = Origin((Keep(question), Say(reply("Who?"))), (), None)
    answered = Draft(WHO, DANA.name, OTHER, State.DONE)

    decision = decide(Edited("new"), {FindOrigin: origin, FindDraft: answered})

    assert "did not apply" in said(decision)


# Who is not here yet ---------------------------------------------------------------------------

EVE = Sender(666, "Eve", "eve")


def strange(words: str, conversation: Conversation, **more: object) -> Decision:
    return stranger(Incoming(Written(words), EVE, **more), conversation, NOW)


def test_a_stranger_is_answered_once_a_day_and_the_owner_is_told():
    first = strange("delete all tasks", Conversation())
    second = strange("please", first.conversation)
    later = stranger(Incoming(Written("hello"), EVE), first.conversation, NOW + timedelta(hours=25))

    assert [type(one) for one in first.effects] == [Say, Announce]
    assert second.effects == ()
    assert [type(one) for one in later.effects] == [Say, Announce]


def test_a_stranger_in_a_group_is_not_answered():
    assert strange("/tasks", Conversation(), private=False).effects == ()


def test_a_link_lets_a_stranger_in_and_its_token_is_not_kept():
    token = "a" * 43

    decision = strange(f"/start {token}", Conversation())

    assert decision.effects == (Enter(token_hash(token), EVE),)
    assert token not in dump(decision)


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        ("/invite Ana", Invite("Ana")),
        ("/invite Ana dev", Invite("Ana", "dev")),
        ("/invite Ana Maria", Invite("Ana Maria")),
        ("/invite ana", Invite("ana")),
    ],
)
def test_a_boss_invites(words, effect):
    assert decide(words).effects == (effect,)


def test_a_member_cannot_invite():
    assert "Only the owner and bosses" in said(decide("/invite Eve", by=ANA))


def test_the_team_is_listed_with_roles():
    answer = said(decide("/team", {People: (ANA, BEN, DANA)}))

    assert "People (3)" in answer
    assert "Dana · boss" in answer


# Kept ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decision",
    [
        decide("x", {Interpret: creating(FIX)}),
        decide("x", {Interpret: creating(FIX, sure=False)}),
        decide(Pressed(f"pick:{OTHER}:1"), draft(WHO)),
        decide("/reject 42"),
        strange("hello", Conversation()),
        decide("/invite Ana dev"),
        edit(creating(NewTask("Fix")), MADE),
    ],
    ids=lambda decision: type(decision.effects[0]).__name__,
)
def test_a_decision_outlives_being_kept(decision):
    assert load(dump(decision)) == decision
