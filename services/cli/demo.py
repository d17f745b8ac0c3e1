"""A few people and tasks for a first look, made through the API like anybody's, and made once."""

from services.cli.api import Api

PEOPLE = (
    {"name": "Ana", "role": "member", "department": "dev"},
    {"name": "Ben", "role": "member", "department": "marketing"},
    {"name": "Mia", "role": "lead", "department": "design", "leads": ["design"]},
)
MESSAGES = (
    "Ana fix the checkout bug by Friday 5pm, urgent",
    "Ben write the newsletter by tomorrow 3pm",
    "Mia draw the new logo, low priority",
)


def fill(api: Api) -> None:
    """Add them, where there is nobody but the owner yet.

    Raises:
        ApiError: the system refuses.
    """
    if len(api.ask("GET", "/api/people")["people"]) > 1:
        return
    for person in PEOPLE:
        api.ask("POST", "/api/people", body=person)
    for text in MESSAGES:
        api.ask("POST", "/api/messages", body={"text": text})
