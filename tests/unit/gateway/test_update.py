import pytest

from services.gateway.dialog.model import Attached, Edited, Joined, Pressed, Written
from services.gateway.telegram.update import (
    Unreadable,
    Update,
    chat_id,
    message_id,
    read,
    update_id,
)
from services.runtime.errors import Invalid

CHAT = {"id": 9001, "type": "private"}
GROUP = {"id": -100, "type": "supergroup"}
DANA = {"id": 9001, "is_bot": False, "first_name": "Dana", "last_name": "D", "username": "dana"}
BOT = {"id": 1, "is_bot": True, "first_name": "Boss", "username": "boss_bot"}


def message(text: str | None = "hello", **more: object) -> dict[str, object]:
    body: dict[str, object] = {"message_id": 5, "date": 1, "chat": CHAT, "from": DANA, **more}
    return body if text is None else {**body, "text": text}


def read_message(**parts: object) -> Update:
    update = read({"update_id": 7, **parts}, bot_username="Boss_Bot")
    assert isinstance(update, Update)
    return update


@pytest.mark.parametrize(
    "body",
    [None, [], "text", 5, {}, {"update_id": None}, {"update_id": "7"}, {"update_id": True},
     {"update_id": -1}, {"update_id": 2**63}, {"update_id": 7.0}, {"message": {}}],
)  # fmt: skip
def test_what_is_no_update_is_refused_with_its_field(body):
    with pytest.raises(Invalid) as refused:
        update_id(body)

    assert refused.value.violations[0].field == "update_id"


def test_a_message_tells_who_wrote_what_where():
    update = read_message(message=message("Ana fix it"))

    assert (update.id, update.place.id, update.place.private) == (7, 9001, True)
    assert update.incoming.content == Written("Ana fix it")
    assert update.incoming.message == "5"
    sender = update.incoming.sender
    assert sender is not None
    assert (sender.telegram_id, sender.name, sender.username) == (9001, "Dana D", "dana")


def test_an_edit_keeps_the_id_of_its_message():
    update = read_message(edited_message=message("Ana fix that"))

    assert update.incoming.content == Edited("Ana fix that")
    assert update.incoming.message == "5"


def test_a_press_tells_its_data_and_the_message_that_the_button_is_under():
    query = {"id": "q1", "from": DANA, "data": "undo:x", "message": message(message_id=31)}

    update = read_message(callback_query=query)

    assert update.incoming.content == Pressed("undo:x")
    assert update.incoming.message == "31"
    assert update.callback_id == "q1"


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ({"photo": [{}], "caption": "done with 42"}, Attached("photo", "done with 42")),
        ({"voice": {}}, Attached("voice message", "")),
        ({"sticker": {}}, Attached("sticker", "")),
        ({"new_chat_title": "x"}, Attached("message of this kind", "")),
    ],
)
def test_what_holds_no_words_is_named(part, content):
    assert read_message(message=message(None, **part)).incoming.content == content


@pytest.mark.parametrize(
    ("part", "addressed", "text"),
    [
        ({"text": "fix it"}, False, "fix it"),
        ({"text": "/tasks"}, True, "/tasks"),
        ({"text": "/tasks@boss_bot ben"}, True, "/tasks ben"),
        ({"text": "/tasks@other_bot"}, False, "/tasks@other_bot"),
        ({"text": "@boss_bot fix it"}, True, "fix it"),
        ({"text": "Ana, @Boss_Bot: fix it"}, True, "Ana, fix it"),
        ({"text": "@boss_bottle fix it"}, False, "@boss_bottle fix it"),
        ({"text": "2 to Ben", "reply_to_message": message(message_id=3, **{"from": BOT})},
         True, "2 to Ben"),
        ({"text": "2 to Ben", "reply_to_message": message(message_id=3)}, False, "2 to Ben"),
    ],
)  # fmt: skip
def test_in_a_group_the_bot_is_meant_by_command_mention_or_reply(part, addressed, text):
    incoming = read_message(message=message(chat=GROUP, **part)).incoming

    assert incoming.addressed is addressed
    assert incoming.content == Written(text)


def test_being_blocked_is_noted_not_answered():
    part = {"chat": CHAT, "from": DANA, "date": 1, "new_chat_member": {"status": "kicked"}}

    update = read_message(my_chat_member=part)

    assert update.incoming.content == Joined(there=False)
    assert update.incoming.addressed is False


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"poll": {"id": "1"}}, "unknown kind of update: poll"),
        ({}, "unknown kind of update: none"),
        ({"message": 5}, "malformed message: is no object"),
        ({"message": {"text": "x"}}, "malformed message: has no chat"),
        ({"message": {"text": "x", "chat": CHAT}}, "malformed message: has no sender"),
        ({"message": message(message_id="a")}, "malformed message: has no message_id"),
        ({"callback_query": {"from": DANA}}, "malformed callback_query: has no message or no data"),
    ],
)
def test_what_cannot_be_answered_is_named_for_the_dead_letters(body, reason):
    assert read({"update_id": 7, **body}, bot_username="boss_bot") == Unreadable(7, reason)


@pytest.mark.parametrize(
    ("body", "chat", "written"),
    [
        ({"message": message()}, 9001, 5),
        ({"edited_message": message()}, 9001, 5),
        ({"callback_query": {"message": message(), "from": DANA}}, 9001, None),
        ({"message_reaction": {"chat": GROUP, "user": DANA}}, -100, None),
        ({"inline_query": {"from": DANA}}, 9001, None),
        ({"poll": {"id": "1"}}, None, None),
        ({"message": {"chat": {"id": "x"}}}, None, None),
    ],
)
def test_an_update_of_any_kind_tells_its_chat_where_it_has_one(body, chat, written):
    whole = {"update_id": 7, **body}

    assert chat_id(whole) == chat
    assert message_id(whole) == written


def test_an_edited_photo_or_a_moving_location_asks_for_nothing():
    update = read_message(edited_message=message(None, location={}))

    assert update.incoming.addressed is False
