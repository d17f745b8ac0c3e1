"""Answers of the bot as the terminal shows them."""

from services.cli.chat import buttons, shown

ANSWER = {
    "messages": [
        {
            "id": "1",
            "text": "T-1 fix the checkout bug",
            "buttons": [
                [{"label": "Undo", "data": "undo:a"}, {"label": "Start", "data": "start:1"}],
                [{"label": "Done", "data": "submit:1"}],
            ],
        },
        {"id": "2", "text": "Who is it for?", "buttons": [[{"label": "Ana", "data": "pick:d:0"}]]},
        {"id": "3", "text": "Bye", "buttons": []},
    ]
}


def test_buttons_are_numbered_through_all_messages():
    assert shown(ANSWER) == (
        "T-1 fix the checkout bug\n  [1] Undo  [2] Start  [3] Done\n\n"
        "Who is it for?\n  [4] Ana\n\nBye"
    )


def test_a_number_is_the_button_shown_with_it():
    assert [one["data"] for one in buttons(ANSWER)] == ["undo:a", "start:1", "submit:1", "pick:d:0"]
